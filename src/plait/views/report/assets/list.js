// The steps as a tree, with their bars in time. Only rows that can be seen are in the document.

const OVERSCAN = 12;
const FEW_CHILDREN = 30;
const MOST_MARKS = 200;

const list = {
  rows: [],
  places: new Map(),
  open: new Set(),
  shown: null,
  hits: null,
  folded: new Set(),
  active: null,
  chosen: null,
  axis: [],
  rowHeight: 36,
  drawn: new Map(),
  onChoose: () => {},
};

const rowsElement = byId("rows");

function openAtFirst() {
  for (const step of STEPS) {
    if (step.children.length && (step.children.length <= FEW_CHILDREN || STEPS.length <= 60)) list.open.add(step);
  }
}

// Works out which rows there are; `list.shown` has the steps that a filter lets through, or is null.
function arrange() {
  const rows = [];
  const visit = (steps) => {
    for (const step of steps) {
      if (list.shown !== null && !list.shown.has(step)) continue;
      rows.push(step);
      if (step.children.length && isOpen(step)) visit(step.children);
    }
  };
  visit(ROOTS);
  list.rows = rows;
  list.places = new Map(rows.map((step, place) => [step, place]));
  if (!list.places.has(list.active)) list.active = rows[0] || null;
  rowsElement.setAttribute("aria-rowcount", rows.length);
  redraw();
}

function isOpen(step) {
  return list.shown !== null ? !list.folded.has(step) : list.open.has(step);
}

function toggle(step, wanted) {
  if (!step.children.length || isOpen(step) === wanted) return;
  if (list.shown !== null) list.folded[isOpen(step) ? "add" : "delete"](step);
  else list.open[isOpen(step) ? "delete" : "add"](step);
  arrange();
}

function redraw() {
  for (const row of list.drawn.values()) row.remove();
  list.drawn.clear();
  draw();
}

function draw() {
  list.rowHeight = parseFloat(getComputedStyle(rowsElement).getPropertyValue("--row")) || 36;
  const height = list.rowHeight;
  rowsElement.style.height = `${Math.max(list.rows.length, 1) * height}px`;
  const top = -rowsElement.getBoundingClientRect().top;
  const first = Math.max(Math.floor(top / height) - OVERSCAN, 0);
  const end = Math.min(Math.ceil((top + window.innerHeight) / height) + OVERSCAN, list.rows.length);
  for (const [place, row] of list.drawn) {
    if (place < first || place >= end) {
      row.remove();
      list.drawn.delete(place);
    }
  }
  const fresh = document.createDocumentFragment();
  for (let place = first; place < end; place += 1) {
    if (list.drawn.has(place)) continue;
    const row = rowOf(list.rows[place], place);
    list.drawn.set(place, row);
    fresh.append(row);
  }
  rowsElement.append(fresh);
  const active = list.active === null ? null : list.drawn.get(list.places.get(list.active));
  if (active) rowsElement.setAttribute("aria-activedescendant", active.id);
  else rowsElement.removeAttribute("aria-activedescendant");
}

function rowOf(step, place) {
  const isHolder = step.children.length > 0;
  const row = element("div", {
    role: "row",
    class: `row${step === list.active ? " active" : ""}${list.hits !== null && list.shown !== null && !list.hits.has(step) ? " around" : ""}`,
    id: `~row-${step.number}`,
    "data-status": step.status,
    "aria-level": step.depth + 1,
    "aria-rowindex": place + 1,
    "aria-selected": step === list.chosen ? "true" : "false",
    "aria-expanded": isHolder ? String(isOpen(step)) : null,
  });
  row.style.transform = `translateY(${place * list.rowHeight}px)`;
  row.append(
    nameCell(step, isHolder),
    element("span", { role: "gridcell", class: "c-agent", dir: "auto" }, [step.agent, step.model].filter(Boolean).join(" ")),
    element("span", { role: "gridcell", class: "c-spent" }, spentText(step.tokens, step.usd)),
    element("span", { role: "gridcell", class: "c-took" }, attemptsOf(step).length ? duration(step.took) : ""),
    laneCell(step),
  );
  return row;
}

function nameCell(step, isHolder) {
  const cell = element("span", { role: "gridcell", class: "c-name" });
  const depth = Math.min(step.depth, 8);
  cell.style.paddingInlineStart = `calc(var(--indent) * ${depth})`;
  cell.append(
    element("span", { class: `twist${isHolder ? (isOpen(step) ? " open" : "") : " none"}`, "aria-hidden": "true" }),
    sign(step.status),
    element("span", { class: "hidden" }, `${statusWord(step)} `),
    element("bdi", { class: "label" }, step.name || step.short),
    element("bdi", { class: "more" }, moreOf(step)),
  );
  return cell;
}

// Returns the one line that says more of a step than its name.
function moreOf(step) {
  const words = [];
  if (step.item) words.push(step.item);
  if (step.error && !(step.counts && step.counts.failed)) words.push(step.error);
  if (step.name) words.push(step.short);
  if (step.children.length) words.push(childrenText(step));
  else if (!step.item) words.push(step.type);
  if (step.pass > 1) words.push(`pass ${step.pass}`);
  if (step.tries > 1 && isTried(step)) words.push(`${step.tries} tries`);
  return words.join(" · ");
}

// Says whether the walks through a step are tries: of steps that hold others, and of gates, they are not.
function isTried(step) {
  return !step.children.length && step.type !== "gate";
}

function childrenText(step) {
  const counts = Object.entries(step.counts).filter(([status]) => status !== "completed" && status !== "skipped");
  const odd = counts.map(([status, count]) => `${count.toLocaleString("en")} ${WORDS[status] || status}`);
  const isFan = step.children[0].index >= 0;
  const all = plural(step.children.length, isFan ? "item" : "step");
  const text = [all, ...odd].join(", ");
  return step.type === "item" ? text : `${step.type} · ${text}`;
}

function laneCell(step) {
  const lane = element("span", { role: "gridcell", class: "c-lane" });
  for (const wait of step.waits) lane.append(bar(wait.start, wait.end, "wait", WAITS[wait.reason] || "waited"));
  for (const attempt of attemptsOf(step)) {
    const which = attempt.number > 1 ? `try ${attempt.number}: ` : "";
    lane.append(bar(attempt.start, attempt.end, step.children.length ? "holder" : "try", which + outcomeWord(attempt.outcome), attempt.outcome));
  }
  if (step.children.length && !isOpen(step)) {
    const failed = step.children.filter((child) => child.status === "failed").slice(0, MOST_MARKS);
    lane.append(...failed.map((child) => bar(child.start, child.start, "mark", child.short, "failed")));
  }
  return lane;
}

const WAITS = {
  retry: "waited to try again", limit: "waited for a limit to pass", turn: "waited for its turn with the agent", person: "waited for a person",
  budget: "waited for a larger budget", stopped: "the run was stopped",
};

function bar(start, end, kind, title, outcome) {
  if (end < list.axis[0].from || start > list.axis[list.axis.length - 1].to) return "";
  const left = placeOf(list.axis, start);
  const right = placeOf(list.axis, end);
  const made = element("i", { class: `bar ${kind}`, "data-status": outcome, title: `${title}, ${duration(end - start)}` });
  made.style.left = `${(Math.min(left, 0.997) * 100).toFixed(3)}%`;
  made.style.width = `${(Math.max(right - left, 0) * 100).toFixed(3)}%`;
  return made;
}

// Moves to a step, and shows it if it is out of sight.
function activate(step) {
  for (let holder = STEPS[step.parent]; holder !== undefined; holder = STEPS[holder.parent]) {
    list.open.add(holder);
    if (list.shown !== null) list.folded.delete(holder);
  }
  if (list.shown !== null && !list.shown.has(step)) clearFilter();
  list.active = step;
  arrange();
  const place = list.places.get(step);
  if (place === undefined) return;
  const box = rowsElement.getBoundingClientRect();
  const top = box.top + place * list.rowHeight;
  const margin = list.rowHeight * 2 + 40;
  if (top < margin) window.scrollBy(0, top - margin);
  else if (top + margin > window.innerHeight) window.scrollBy(0, top + margin - window.innerHeight);
  draw();
}

function listenToList() {
  rowsElement.addEventListener("click", (event) => {
    const row = event.target.closest(".row");
    if (row === null) return;
    const step = STEPS[Number(row.id.slice("~row-".length))];
    if (event.target.classList.contains("twist") && step.children.length) {
      list.active = step;
      toggle(step, !isOpen(step));
    } else {
      list.onChoose(step, true);
    }
  });
  rowsElement.addEventListener("keydown", (event) => {
    const move = KEYS[event.key];
    if (move === undefined || event.altKey || event.ctrlKey || event.metaKey || list.active === null) return;
    event.preventDefault();
    move(list.active, list.places.get(list.active));
  });
  let asked = false;
  const soon = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
  window.addEventListener("scroll", soon, { passive: true });
  new ResizeObserver(() => requestAnimationFrame(redraw)).observe(document.querySelector(".list"));
}

function moveTo(place) {
  const step = list.rows[Math.min(Math.max(place, 0), list.rows.length - 1)];
  activate(step);
  if (list.chosen !== null) list.onChoose(step, false);
}

const KEYS = {
  ArrowDown: (_, place) => moveTo(place + 1),
  ArrowUp: (_, place) => moveTo(place - 1),
  PageDown: (_, place) => moveTo(place + 15),
  PageUp: (_, place) => moveTo(place - 15),
  Home: () => moveTo(0),
  End: () => moveTo(list.rows.length - 1),
  ArrowRight: (step, place) => (step.children.length && isOpen(step) ? moveTo(place + 1) : toggle(step, true)),
  ArrowLeft: (step) => {
    if (step.children.length && isOpen(step)) toggle(step, false);
    else if (step.parent >= 0) moveTo(list.places.get(STEPS[step.parent]));
  },
  Enter: (step) => list.onChoose(step, true),
  " ": (step) => list.onChoose(step, true),
};
