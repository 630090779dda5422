// Which steps are shown: those that have a text and one of the chosen statuses, with the steps around them.

const searchElement = byId("search");
const deepElement = byId("deep");
const statuses = new Set();
const deepTexts = new Map();

function wordsOf(step) {
  return `${step.id}\n${step.name}\n${step.item}\n${step.type}\n${step.agent}\n${step.model}\n${step.error}`.toLowerCase();
}

// Returns all that can be read of a step, for a search; JSON has its texts one after the other.
function deepTextOf(step) {
  if (!deepTexts.has(step.number)) {
    const shown = partsOf(step).map((part) => JSON.stringify(part).replaceAll("\\n", " ").replaceAll('\\"', '"'));
    deepTexts.set(step.number, shown.join("\n").toLowerCase());
  }
  return deepTexts.get(step.number);
}

function applyFilter() {
  const wanted = searchElement.value.trim().toLowerCase();
  list.folded.clear();
  if (!wanted && !statuses.size) {
    list.shown = list.hits = null;
  } else {
    const matches = (step) =>
      (!statuses.size || statuses.has(step.status)) &&
      (!wanted || wordsOf(step).includes(wanted) || (deepElement.checked && deepTextOf(step).includes(wanted)));
    list.hits = new Set(STEPS.filter(matches));
    list.shown = new Set();
    for (const hit of list.hits) {
      for (let step = hit; step !== undefined && !list.shown.has(step); step = STEPS[step.parent]) list.shown.add(step);
    }
  }
  const count = list.hits === null ? STEPS.length : list.hits.size;
  byId("found").textContent = list.hits === null ? plural(count, "step") : `${count.toLocaleString("en")} of ${plural(STEPS.length, "step")}`;
  document.querySelector(".list").classList.toggle("nothing", count === 0);
  arrange();
}

function clearFilter() {
  searchElement.value = "";
  statuses.clear();
  for (const chip of byId("chips").children) chip.setAttribute("aria-pressed", "false");
  applyFilter();
}

function listenToFilter() {
  const counts = {};
  for (const step of STEPS) counts[step.status] = (counts[step.status] || 0) + 1;
  const order = Object.keys(WORDS).filter((status) => counts[status]);
  if (order.length > 1) {
    byId("chips").append(...order.map((status) => chipOf(status, counts[status])));
  }
  let timer = 0;
  searchElement.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(applyFilter, STEPS.length > 2000 ? 120 : 0);
  });
  searchElement.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      rowsElement.focus();
    }
  });
  deepElement.addEventListener("change", applyFilter);
  byId("unfold").addEventListener("click", () => foldAll(false));
  byId("fold").addEventListener("click", () => foldAll(true));
  if (!STEPS.some((step) => step.children.length)) document.querySelector(".folding").hidden = true;
}

function chipOf(status, count) {
  const chip = element("button", { type: "button", class: "chip", "aria-pressed": "false", "data-status": status }, sign(status), `${WORDS[status]} `, element("b", {}, count.toLocaleString("en")));
  chip.addEventListener("click", () => {
    if (!statuses.delete(status)) statuses.add(status);
    chip.setAttribute("aria-pressed", String(statuses.has(status)));
    applyFilter();
  });
  return chip;
}

function foldAll(isFolded) {
  const holders = STEPS.filter((step) => step.children.length);
  list.open = new Set(isFolded ? [] : holders);
  list.folded = new Set(isFolded ? holders : []);
  arrange();
}
