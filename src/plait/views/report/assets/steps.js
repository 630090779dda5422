// The steps, read from the data of the page.

const DATA = JSON.parse(byId("data").textContent);
const RUN = DATA.run;

function readSteps() {
  const { columns, names, attempts, waits } = DATA.steps;
  const steps = columns.id.map((id, number) => ({
    number,
    id,
    parent: columns.parent[number],
    type: names.type[columns.type[number]],
    status: names.status[columns.status[number]],
    name: names.name[columns.name[number]],
    item: names.item[columns.item[number]],
    start: columns.start[number],
    took: columns.took[number],
    index: columns.index[number],
    pass: columns.pass[number],
    error: names.error[columns.error[number]],
    agent: names.agent[columns.agent[number]],
    model: names.model[columns.model[number]],
    tokens: columns.tokens[number],
    usd: columns.usd[number],
    tries: columns.tries[number],
    continued: columns.continued[number] === 1,
    attempts: readAttempts(attempts[number], names.outcome),
    waits: readWaits(waits[number], names.outcome),
    depth: 0,
    short: id,
    children: [],
    counts: null,
  }));
  for (const step of steps) {
    const holder = steps[step.parent];
    if (holder === undefined) continue;
    if (step.id.startsWith(":")) {
      step.short = step.id.slice(1);
      step.id = holder.id + step.id;
    }
    step.depth = holder.depth + 1;
    holder.children.push(step);
    holder.counts = holder.counts || {};
    holder.counts[step.status] = (holder.counts[step.status] || 0) + 1;
  }
  for (const step of steps) step.children.sort((one, other) => one.index - other.index || one.number - other.number);
  return steps;
}

function readAttempts(found, outcomes) {
  if (found === undefined) return null;
  return found.map(([number, start, end, code]) => ({ number, start, end, outcome: outcomes[code] }));
}

function readWaits(found, outcomes) {
  return (found || []).map(([start, end, code]) => ({ start, end, reason: outcomes[code] }));
}

const STEPS = readSteps();
const ROOTS = STEPS.filter((step) => step.parent < 0);
const BY_ID = new Map(STEPS.map((step) => [step.id, step]));

// Returns the tries of a step; one that simply ran has none written down.
function attemptsOf(step) {
  if (step.attempts !== null) return step.attempts;
  if (step.status === "skipped") return [];
  return [{ number: 1, start: step.start, end: step.start + step.took, outcome: step.status }];
}

const WORDS = {
  completed: "completed", failed: "failed", skipped: "skipped", paused: "waits", running: "running",
  pending: "not begun", interrupted: "interrupted", aborted: "aborted", forgotten: "run again since",
};

function statusWord(step) {
  return step.continued ? "failed, and the run went on" : WORDS[step.status] || step.status;
}

const OUTCOMES = {
  waiting: "ran into a limit", lost: "lost, as its process was gone", paused: "stopped to wait",
  forgotten: "done, but run again since", running: "under way",
};

function outcomeWord(outcome) {
  return OUTCOMES[outcome] || outcome;
}

let texts = null;

// Returns what there is to read of a step: lists of kind, title, text and data.
function partsOf(step) {
  texts = texts || JSON.parse(byId("texts").textContent);
  return texts[step.number] || [];
}
