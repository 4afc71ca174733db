"use strict";
// Everything is computed from the report embedded in the page: no network, no library.
const report = JSON.parse(document.getElementById("report").textContent);
const signals = new Map(report.signals.map((signal) => [signal.signal, signal]));
const limits = new Map(); // "signal.side" -> index into the signal's grid, or null for no limit
const WIDTH = 900;

function share(part, whole) {
  return whole ? `${((100 * part) / whole).toFixed(2)} %` : "–";
}

function removedBy(signal, side, index) {
  if (index === null) return 0;
  const { below, at_or_below, grid } = signal.distribution;
  const known = at_or_below[grid.length - 1];
  return side === "min" ? below[index] : known - at_or_below[index];
}

function place(signal, value) {
  const { edges, scale } = signal.histogram;
  const of = scale === "log" ? (x) => Math.log1p(Math.max(x, 0)) : (x) => x;
  const low = of(edges[0]), high = of(edges[edges.length - 1]);
  return Math.min(WIDTH, Math.max(0, (WIDTH * (of(value) - low)) / (high - low || 1)));
}

function nearestIndex(grid, value) {
  let best = 0;
  grid.forEach((each, index) => {
    if (Math.abs(each - value) < Math.abs(grid[best] - value)) best = index;
  });
  return best;
}

function format(value) {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}

function show(name, side) {
  const signal = signals.get(name), index = limits.get(`${name}.${side}`);
  const control = document.getElementById(`${name}.${side}`);
  const removed = removedBy(signal, side, index), over = removed > report.max_dropped_share * report.sampled;
  control.querySelector(".limit").value = index === null ? "no limit" : format(signal.distribution.grid[index]);
  const output = control.querySelector(".share");
  output.value = share(removed, report.sampled);
  output.classList.toggle("bad", over);
  output.title = over ? `more than ${100 * report.max_dropped_share} % of the sample` : "";
  const line = document.getElementById(`${name}.${side}.line`), out = document.getElementById(`${name}.${side}.out`);
  if (!line) return;
  line.style.display = out.style.display = index === null ? "none" : "";
  if (index === null) return;
  const x = place(signal, signal.distribution.grid[index]);
  line.setAttribute("x1", x);
  line.setAttribute("x2", x);
  out.setAttribute("x", side === "min" ? 0 : x);
  out.setAttribute("width", side === "min" ? x : WIDTH - x);
}

function showTogether() {
  const chosen = [...limits].filter(([, index]) => index !== null);
  const n = report.joint.documents;
  let removed = 0;
  for (let row = 0; row < n; row += 1) {
    removed += chosen.some(([key, index]) => {
      const side = key.slice(-3), name = key.slice(0, -4), values = report.joint.values[name];
      if (!values || values[row] === null) return false;
      const limit = signals.get(name).distribution.grid[index];
      return side === "min" ? values[row] < limit : values[row] > limit;
    });
  }
  document.getElementById("together").value = share(removed, n);
  const lines = ["decide:", "  thresholds:", `    ${report.lang}:`];
  for (const signal of report.signals) {
    const parts = ["min", "max"].flatMap((side) => {
      const index = limits.get(`${signal.signal}.${side}`) ?? null; // no slider: no document has a value
      // All its digits: as a limit of a run it removes exactly the share that is shown.
      if (index !== null) return [`${side}: ${signal.distribution.grid[index]}`];
      return side in signal.limits ? [`${side}: null`] : [];
    });
    if (parts.length) lines.push(`      ${signal.signal}: {${parts.join(", ")}}`);
  }
  document.getElementById("yaml").textContent = lines.join("\n");
}

function set(name, side, index) {
  const count = signals.get(name).distribution.grid.length;
  limits.set(`${name}.${side}`, index);
  const input = document.getElementById(`${name}.${side}`).querySelector("input");
  input.value = index === null ? (side === "min" ? -1 : count) : index;
  show(name, side);
}

for (const control of document.querySelectorAll(".control")) {
  const { signal: name, side } = control.dataset, signal = signals.get(name);
  const grid = signal.distribution.grid, input = control.querySelector("input");
  input.min = side === "min" ? -1 : 0; // the outer end of a slider is no limit
  input.max = side === "min" ? grid.length - 1 : grid.length;
  set(name, side, side in signal.limits ? nearestIndex(grid, signal.limits[side]) : null);
  input.addEventListener("input", () => {
    const index = Number(input.value);
    set(name, side, index < 0 || index >= grid.length ? null : index);
    showTogether();
  });
}

for (const button of document.querySelectorAll("button[data-limit]")) {
  button.addEventListener("click", () => {
    const { signal: name, side, limit } = button.dataset;
    set(name, side, nearestIndex(signals.get(name).distribution.grid, Number(limit)));
    showTogether();
  });
}

// A link can carry limits: calibration.html#words.min=20&words.max=none
for (const [key, value] of new URLSearchParams(location.hash.slice(1))) {
  if (limits.has(key)) {
    const name = key.slice(0, -4), grid = signals.get(name).distribution.grid;
    set(name, key.slice(-3), value === "none" ? null : nearestIndex(grid, Number(value)));
  }
}
showTogether();
