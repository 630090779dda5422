// Puts the parts together when the page has been read.

function setRange(from, to) {
  list.axis = makeAxis(from, to);
  const gaps = list.axis.filter((piece) => piece.gap);
  const ticks = ticksOf(list.axis);
  const axis = byId("axis");
  const isWhole = from === WHOLE.from && to === WHOLE.to;
  axis.replaceChildren(...readable(ticks, gaps).map(tickOf), ...gaps.map(gapOf));
  if (!isWhole) {
    const back = () => setRange(WHOLE.from, WHOLE.to);
    axis.append(element("button", { type: "button", class: "quiet back", onclick: back }, "Whole run"));
  }
  document.querySelector(".list").style.setProperty("--lines", backgroundOf(list.axis, ticks));
  redraw();
}

// Returns the ticks whose labels do not touch one another, nor the marks of gaps.
function readable(ticks, gaps) {
  const room = 48 / Math.max(byId("axis").clientWidth, 1);
  let last = -1;
  return ticks.filter((tick) => {
    const isFree = tick.at - last > room && gaps.every((gap) => Math.abs(gap.left + gap.width / 2 - tick.at) > room / 2);
    if (isFree) last = tick.at;
    return isFree;
  });
}

function tickOf(tick) {
  const made = element("span", { class: `tick${tick.at > 0.93 ? " last" : ""}` }, tick.label);
  made.style.left = `${tick.at * 100}%`;
  return made;
}

function gapOf(piece) {
  const made = element("span", { class: "gap", title: `for ${duration(piece.to - piece.from)} nothing worked on the run` }, "‖");
  made.style.left = `${(piece.left + piece.width / 2) * 100}%`;
  return made;
}

const WHOLE = {
  from: 0,
  to: [...RUN.walks.map(([, end]) => end), ...STEPS.map((step) => step.start + step.took)].reduce((one, other) => Math.max(one, other), 1),
};

function choose(step, byPerson) {
  list.chosen = step;
  activate(step);
  showDetails(step, byPerson);
  if (byPerson && location.hash !== hashOf(step)) history.pushState(null, "", hashOf(step));
  else history.replaceState(null, "", hashOf(step));
}

function followHash() {
  let wanted = location.hash.slice(1);
  try {
    wanted = decodeURIComponent(wanted);
  } catch {
    return;
  }
  const step = BY_ID.get(wanted);
  if (step === undefined) {
    if (!wanted && list.chosen !== null) closeDetails();
    return;
  }
  openTab(byId("tab-steps"));
  choose(step, false);
}

function start() {
  document.documentElement.classList.add("scripted");
  for (const time of document.querySelectorAll("time")) time.textContent = clockText(Date.parse(time.dateTime), true);
  const listElement = document.querySelector(".list");
  listElement.classList.toggle("no-agents", !STEPS.some((step) => step.agent));
  listElement.classList.toggle("no-spent", !STEPS.some((step) => step.tokens || step.usd));
  list.onChoose = choose;
  openAtFirst();
  listenToFilter();
  listenToTabs();
  listenToTheme();
  listenToList();
  listenToGraph();
  fillHistory();
  fillValues();
  setRange(WHOLE.from, WHOLE.to);
  applyFilter();
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && list.chosen !== null) closeDetails();
    else if (event.key === "/" && !/INPUT|TEXTAREA/.test(document.activeElement.tagName)) {
      event.preventDefault();
      openTab(byId("tab-steps"));
      searchElement.focus();
    }
  });
  window.addEventListener("hashchange", followHash);
  window.addEventListener("popstate", followHash);
  followHash();
  document.documentElement.dataset.ready = "yes";
}

start();
