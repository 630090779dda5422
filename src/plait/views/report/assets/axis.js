// Where a time stands in the chart. Times in which no process walked the run are drawn as narrow bands.

const NARROWEST_GAP = 0.02;
const GAP_WIDTH = 0.04;
const GAPS_WIDTH = 0.2;
const TICKS = 6;
const TICK_STEPS = [
  0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800,
];

// Returns stretches of time from `from` to `to`, in milliseconds, and their places between 0 and 1.
function makeAxis(from, to) {
  const span = Math.max(to - from, 1);
  const pieces = [];
  let at = from;
  for (const [start, end] of RUN.walks) {
    const begin = Math.max(start, from);
    const stop = Math.min(end, to);
    if (stop < from || begin > to) continue;
    if (begin - at > span * NARROWEST_GAP) {
      pieces.push({ from: at, to: begin, gap: true });
      at = begin;
    }
    const last = pieces[pieces.length - 1];
    if (last !== undefined && !last.gap) last.to = Math.max(stop, last.to);
    else pieces.push({ from: at, to: Math.max(stop, at), gap: false });
    at = Math.max(stop, at);
  }
  const last = pieces[pieces.length - 1];
  if (last === undefined || last.gap) pieces.push({ from: at, to, gap: false });
  else if (to - at > span * NARROWEST_GAP) pieces.push({ from: at, to, gap: true });
  else last.to = Math.max(last.to, to);
  place(pieces);
  return pieces;
}

function place(pieces) {
  const gaps = pieces.filter((piece) => piece.gap).length;
  const width = Math.min(GAP_WIDTH, GAPS_WIDTH / Math.max(gaps, 1));
  const worked = pieces.reduce((sum, piece) => sum + (piece.gap ? 0 : piece.to - piece.from), 0) || 1;
  const room = gaps === pieces.length ? 0 : 1 - gaps * width;
  let at = 0;
  for (const piece of pieces) {
    piece.left = at;
    piece.width = piece.gap ? width : (room * (piece.to - piece.from)) / worked;
    at += piece.width;
  }
}

// Returns the place of a time between 0 and 1.
function placeOf(axis, time) {
  for (const piece of axis) {
    if (time <= piece.to) {
      const part = (time - piece.from) / Math.max(piece.to - piece.from, 1);
      return piece.left + piece.width * Math.min(Math.max(part, 0), 1);
    }
  }
  return 1;
}

function ticksOf(axis) {
  const worked = axis.reduce((sum, piece) => sum + (piece.gap ? 0 : piece.to - piece.from), 0);
  const step = 1000 * (TICK_STEPS.find((each) => worked / 1000 / each <= TICKS) || TICK_STEPS[TICK_STEPS.length - 1]);
  const ticks = [];
  for (const piece of axis.filter((each) => !each.gap)) {
    for (let time = Math.ceil(piece.from / step) * step; time <= piece.to; time += step) {
      ticks.push({ time, at: placeOf(axis, time), label: tickLabel(time, step) });
    }
  }
  return ticks;
}

function tickLabel(milliseconds, step) {
  const seconds = milliseconds / 1000;
  if (step < 1000) return seconds ? `${seconds.toFixed(step < 100 ? 2 : 1)}s` : "0s";
  if (seconds < MINUTE || step % 60000 !== 0) {
    const minutes = Math.floor(seconds / MINUTE);
    return minutes ? `${minutes}m ${Math.round(seconds % MINUTE)}s` : `${Math.round(seconds)}s`;
  }
  const minutes = Math.round(seconds / MINUTE);
  if (minutes < MINUTE) return `${minutes}m`;
  return minutes % MINUTE ? `${Math.floor(minutes / MINUTE)}h ${minutes % MINUTE}m` : `${minutes / MINUTE}h`;
}

// Returns a background that has the lines of the ticks and the bands of the gaps.
function backgroundOf(axis, ticks) {
  const percent = (part) => `${(part * 100).toFixed(3)}%`;
  const layers = [];
  for (const piece of axis.filter((each) => each.gap)) {
    const [left, right] = [percent(piece.left), percent(piece.left + piece.width)];
    layers.push(`linear-gradient(90deg, transparent ${left}, var(--gap) ${left}, var(--gap) ${right}, transparent ${right})`);
  }
  for (const tick of ticks) {
    const left = percent(tick.at);
    layers.push(`linear-gradient(90deg, transparent ${left}, var(--grid) ${left}, var(--grid) calc(${left} + 1px), transparent calc(${left} + 1px))`);
  }
  return layers.join(", ") || "none";
}
