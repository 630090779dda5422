// What there is to know of one step.

const detailsElement = byId("details");
const MARKS = { added: "+", deleted: "−", modified: "~", renamed: "→" };

// Shows a step beside the list; `withFocus` where a person asked for it, so that the keyboard is there.
function showDetails(step, withFocus) {
  const close = element("button", { type: "button", class: "close", "aria-label": "Close" , onclick: closeDetails }, "×");
  const title = element("h2", { tabindex: "-1", dir: "auto" }, step.name || step.short);
  detailsElement.replaceChildren(
    element("div", { class: "details-top" }, element("p", { class: "badge", "data-status": step.status }, sign(step.status), statusWord(step)), close),
    title,
    element("p", { class: "link" }, element("a", { href: hashOf(step), title: "Link to this step" }, `#${step.id}`)),
    factsOf(step),
    ...historyOf(step),
    ...inOrder(partsOf(step)).map(partOf),
    zoomButton(step),
  );
  detailsElement.hidden = false;
  detailsElement.scrollTop = 0;
  // What went wrong stands at the end.
  if (step.status === "failed") for (const log of detailsElement.querySelectorAll(".log")) log.scrollTop = log.scrollHeight;
  document.body.classList.add("has-details");
  if (withFocus && isNarrow()) title.focus();
}

function isNarrow() {
  return window.matchMedia("(max-width: 760px)").matches;
}

function hashOf(step) {
  return `#${encodeURIComponent(step.id).replaceAll("%3A", ":")}`;
}

function stepLink(step, label) {
  return element("a", { href: hashOf(step) }, element("bdi", {}, label || step.name || step.id));
}

function factsOf(step) {
  const holder = STEPS[step.parent];
  const facts = [
    ["Type", step.type],
    ["Item", step.item],
    ["Began", `${clockText(RUN.base + step.start, true)} (+${duration(step.start)})`],
    ["Took", attemptsOf(step).length ? duration(step.took) : null],
    ["Agent", step.agent],
    ["Model", step.model],
    ["Tokens", step.tokens ? step.tokens.toLocaleString("en") : null],
    ["Cost", step.usd ? usdText(step.usd) : null],
    ["Pass", step.pass > 1 ? String(step.pass) : null],
    ["In", holder ? stepLink(holder, holder.id) : null],
    ["Holds", step.children.length ? childrenText(step).replace(`${step.type} · `, "") : null],
  ];
  return factList(facts);
}

function factList(facts) {
  const made = element("dl", { class: "facts" });
  for (const [name, value] of facts) {
    if (value) made.append(element("div", {}, element("dt", {}, name), element("dd", { dir: "auto" }, value)));
  }
  return made;
}

// Returns the tries of a step and what it waited for in between, if there is more to say than that it ran.
function historyOf(step) {
  const tries = isTried(step) ? attemptsOf(step) : [];
  if (tries.length < 2 && !step.waits.length) return [];
  const entries = [
    ...tries.map((each) => ({ at: each.start, end: each.end, status: each.outcome, text: `Try ${each.number}: ${outcomeWord(each.outcome)}` })),
    ...step.waits.map((each) => ({ at: each.start, end: each.end, status: "pending", text: WAITS[each.reason] || each.reason })),
  ].sort((one, other) => one.at - other.at);
  const lines = entries.map((each) =>
    element("li", {}, sign(each.status), element("span", {}, each.text), element("span", { class: "dim" }, duration(each.end - each.at))),
  );
  return [section("Tries and waits", element("ol", { class: "story" }, ...lines))];
}

function section(title, ...content) {
  return element("section", {}, element("h3", {}, title), ...content);
}

const PLACES = ["error", "gate", "answer", "files", "logs", "check", "text", "facts"];

// Returns what a person looks for first, first.
function inOrder(parts) {
  return [...parts].sort(([one], [other]) => PLACES.indexOf(one) - PLACES.indexOf(other));
}

function partOf([kind, title, text, data]) {
  if (kind === "facts") return section(title, factList(data));
  if (kind === "files") return section(title, filesOf(data), text ? textBlock(text, "Diff", "diff", diffLines) : null);
  if (kind === "gate") return section(title, textBlock(text, title, "prose"), gateOf(data));
  if (kind === "logs") return section(data.length > 1 ? "Logs" : title, ...data.map((log) => logOf(log, data.length > 1)));
  if (kind === "answer" || kind === "error") return section(title, textBlock(text, title, `prose ${kind}`));
  return section(title, textBlock(text, title));
}

// Returns text as it is; where a part of it is left out, a note stands in its place.
function textBlock(text, title, kind, shown = (part) => [part]) {
  const [head, leftOut, tail] = typeof text === "string" ? [text, 0, ""] : text;
  const parts = [];
  if (head || !leftOut) parts.push(element("pre", { dir: "auto" }, ...shown(head)));
  if (leftOut) parts.push(element("p", { class: "cut" }, `… ${bytesText(leftOut)} left out …`));
  if (tail) parts.push(element("pre", { dir: "auto" }, ...shown(tail)));
  const isLong = head.length + tail.length > 1200 || head.split("\n").length > 16;
  return element("div", { class: `text ${kind || ""}`, tabindex: isLong ? "0" : null, role: isLong ? "region" : null, "aria-label": isLong ? title : null }, ...parts);
}

// Returns a diff in pieces, each of lines of one kind: what came, what went, which file it is, and the rest.
function diffLines(text) {
  const pieces = [];
  let isHead = false;
  for (const line of text.match(/[^\n]*\n|[^\n]+$/g) || []) {
    if (line.startsWith("diff --git ")) isHead = true;
    else if (line.startsWith("@@ ")) isHead = false;
    const kind = isHead ? "file" : DIFF_KINDS[line[0]] || "";
    const last = pieces[pieces.length - 1];
    if (last && last.kind === kind) last.text += line;
    else pieces.push({ kind, text: line });
  }
  return pieces.map((piece) => (piece.kind ? element("span", { class: piece.kind }, piece.text) : piece.text));
}

const DIFF_KINDS = { "+": "came", "-": "went", "@": "dim" };

function logOf([attempt, text, path], isOneOfMany) {
  const block = textBlock(text, `Log of try ${attempt}`, "log");
  const where = typeof text === "string" ? null : element("p", { class: "where" }, "All of it: ", element("code", {}, `${RUN.folder}/${path}`));
  return element("div", {}, isOneOfMany ? element("h4", {}, `Try ${attempt}`) : null, block, where);
}

function filesOf({ files, more }) {
  const lines = files.map(([change, path, from]) =>
    element("li", { class: change },
      element("span", { class: "mark", "aria-hidden": "true" }, MARKS[change] || "?"),
      element("bdi", {}, from ? `${from} → ${path}` : path),
      element("span", { class: "dim" }, change)));
  if (!files.length) return element("p", { class: "dim" }, "Nothing was changed.");
  if (more) lines.push(element("li", { class: "dim" }, `and ${plural(more, "more file")}`));
  return element("ul", { class: "files" }, ...lines);
}

function gateOf({ options, choice, comment, by }) {
  const chips = options.map((option) =>
    element("span", { class: `option${option === choice ? " chosen" : ""}` }, option === choice ? `✓ ${option}` : option));
  const answer = choice === null ? "No answer yet." : `${by || "An input"} chose “${choice}”${comment ? `: ${comment}` : "."}`;
  return element("div", {}, element("p", { class: "options" }, ...chips), element("p", { dir: "auto" }, answer));
}

function zoomButton(step) {
  if (step.took <= 0 || !attemptsOf(step).length) return null;
  const zoom = () => setRange(step.start, step.start + step.took);
  return element("p", {}, element("button", { type: "button", class: "quiet", onclick: zoom }, "Show its time alone in the chart"));
}

function closeDetails() {
  const step = list.chosen;
  list.chosen = null;
  detailsElement.hidden = true;
  document.body.classList.remove("has-details");
  history.replaceState(null, "", location.href.split("#")[0]);
  redraw();
  if (step !== null) rowsElement.focus({ preventScroll: true });
}
