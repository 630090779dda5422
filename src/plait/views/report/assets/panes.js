// The other parts of the page: the graph, what befell the run, its inputs and outputs; and the tabs between them.

const TABS = [...document.querySelectorAll('[role="tab"]')].filter((tab) => !tab.hidden);

function openTab(tab) {
  for (const each of TABS) {
    const isOpen = each === tab;
    each.setAttribute("aria-selected", String(isOpen));
    each.tabIndex = isOpen ? 0 : -1;
    document.getElementById(each.getAttribute("aria-controls")).hidden = !isOpen;
  }
  if (tab === byId("tab-steps")) redraw();
}

function listenToTabs() {
  for (const tab of TABS) tab.addEventListener("click", () => openTab(tab));
  document.querySelector('[role="tablist"]').addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const place = TABS.indexOf(document.activeElement);
    if (step === undefined || place < 0) return;
    const next = TABS[(place + step + TABS.length) % TABS.length];
    openTab(next);
    next.focus();
  });
}

// A node's title begins with its id, in which a star stands for the numbers of items.
function listenToGraph() {
  for (const node of document.querySelectorAll(".graph g.node")) {
    const [id] = node.querySelector("title").textContent.split("\n");
    const [before, after] = id.split("*");
    const isOccurrence = (step) => step.id.startsWith(before) && (after === undefined || step.id.endsWith(after));
    const step = BY_ID.get(id) || (after === undefined ? undefined : STEPS.find(isOccurrence));
    if (step === undefined) continue;
    node.classList.add("known");
    node.addEventListener("click", () => {
      openTab(byId("tab-steps"));
      choose(step, true);
    });
  }
}

function fillHistory() {
  const lines = DATA.story.map(([at, status, text, row]) =>
    element("li", {},
      sign(status),
      element("span", { class: "at dim", title: `${duration(at)} after the start` }, clockText(RUN.base + at, true)),
      element("span", { dir: "auto" }, STEPS[row] ? stepLink(STEPS[row], STEPS[row].id) : null, STEPS[row] ? " " : null, text)));
  byId("pane-history").append(element("ol", { class: "story wide" }, ...lines));
}

function fillValues() {
  const block = (title, values, none) =>
    section(title, ...(values.length
      ? values.map(([name, text]) => element("div", { class: "value" }, element("h4", { dir: "auto" }, name), textBlock(text, name)))
      : [element("p", { class: "dim" }, none)]));
  byId("pane-values").append(
    block("Inputs", RUN.inputs, "The workflow was given none."),
    block("Outputs", RUN.outputs, "The run has none."),
  );
}

// The graph's own style asks what the system prefers, which the button may overrule.
function paintGraph(isDark) {
  for (const sheet of document.styleSheets) {
    for (const rule of sheet.cssRules) {
      if (sheet.ownerNode.closest("svg") && rule instanceof CSSMediaRule) rule.media.mediaText = isDark ? "all" : "not all";
    }
  }
}

function listenToTheme() {
  const button = byId("theme");
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme || (prefersDark.matches ? "dark" : "light")) === "dark";
  const say = () => {
    button.setAttribute("aria-pressed", String(isDark()));
    paintGraph(isDark());
  };
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    say();
  });
  prefersDark.addEventListener("change", say);
  say();
}
