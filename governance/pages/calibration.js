"use strict";
// Everything is computed from the report embedded in the page: no network, no library.
const report = JSON.parse(document.getElementById("report").textContent);
const signals = new Map(report.signals.map((signal) => [signal.signal, signal]));
const limits = new Map(); // "signal.side" -> index into the signal's grid, or null for no limit
const EXAMPLES = 3; // on either side of a limit

function share(part, whole) {
  return whole ? `${((100 * part) / whole).toFixed(2)} %` : "–";
}

function removedBy(signal, side, index) {
  if (index === null) return 0;
  const { below, at_or_below, grid } = signal.distribution;
  const judged = at_or_below[grid.length - 1];
  return side === "min" ? below[index] : judged - at_or_below[index];
}

// A histogram and its sliders have one scale: 0 at its first edge, 1 at its last.
function scaled(signal, value) {
  return signal.histogram.scale === "log" ? Math.log1p(Math.max(value, 0)) : value;
}

function place(signal, value) {
  const { edges } = signal.histogram;
  const low = scaled(signal, edges[0]), high = scaled(signal, edges[edges.length - 1]);
  return Math.min(1, Math.max(0, (scaled(signal, value) - low) / (high - low || 1)));
}

function valueAt(signal, position) {
  const { edges, scale } = signal.histogram;
  const low = scaled(signal, edges[0]), high = scaled(signal, edges[edges.length - 1]);
  const value = low + position * (high - low);
  return scale === "log" ? Math.expm1(value) : value;
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

function fails(side, value, limit) {
  return side === "min" ? value < limit : value > limit;
}

function showLine(name, side, position) {
  const line = document.getElementById(`${name}.${side}.line`), out = document.getElementById(`${name}.${side}.out`);
  if (!line) return;
  line.style.display = out.style.display = position === null ? "none" : "";
  if (position === null) return;
  const width = line.ownerSVGElement.viewBox.baseVal.width, x = position * width;
  line.setAttribute("x1", x);
  line.setAttribute("x2", x);
  out.setAttribute("x", side === "min" ? 0 : x);
  out.setAttribute("width", side === "min" ? x : width - x);
}

function show(name, side) {
  const signal = signals.get(name), index = limits.get(`${name}.${side}`);
  const control = document.getElementById(`${name}.${side}`);
  const removed = removedBy(signal, side, index), over = removed > report.max_dropped_share * report.sampled;
  const limit = control.querySelector(".limit"), output = control.querySelector(".share");
  limit.value = index === null ? "no limit" : format(signal.distribution.grid[index]);
  output.value = share(removed, report.sampled);
  output.classList.toggle("bad", over);
  control.querySelector(".over").textContent = over ? `more than ${100 * report.max_dropped_share} %` : "";
  showLine(name, side, index === null ? null : place(signal, signal.distribution.grid[index]));
}

function showExamples(name, side) {
  const box = document.getElementById(`${name}.examples`), signal = signals.get(name);
  const index = limits.get(`${name}.${side}`);
  if (!box || index === null) return;
  const limit = signal.distribution.grid[index];
  const near = [...signal.examples].sort((a, b) => Math.abs(a.value - limit) - Math.abs(b.value - limit));
  for (const kind of ["failing", "passing"]) {
    const list = box.querySelector(`.${kind} ol`);
    const chosen = near.filter((each) => fails(side, each.value, limit) === (kind === "failing"));
    list.replaceChildren(...chosen.slice(0, EXAMPLES).map((each) => {
      const item = document.createElement("li"), head = document.createElement("small");
      const text = document.createElement("span");
      head.textContent = `${format(each.value)} · ${each.source} · ${each.doc_id}`;
      text.dir = "auto";
      text.lang = report.lang;
      text.textContent = each.text;
      item.append(head, text);
      return item;
    }));
    if (!chosen.length) list.replaceChildren(Object.assign(document.createElement("li"), { textContent: "none" }));
  }
  box.querySelector("summary").textContent = `Documents at the ${side} of ${format(limit)}; personal data hidden`;
}

function showTogether() {
  const chosen = [...limits].filter(([, index]) => index !== null);
  const n = report.joint.documents;
  let removed = 0;
  for (let row = 0; row < n; row += 1) {
    removed += chosen.some(([key, index]) => {
      const side = key.slice(-3), name = key.slice(0, -4), values = report.joint.values[name];
      if (!values || values[row] === null) return false;
      return fails(side, values[row], signals.get(name).distribution.grid[index]);
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
  const signal = signals.get(name), { grid } = signal.distribution;
  const control = document.getElementById(`${name}.${side}`);
  const [use, number] = [control.querySelector("[type=checkbox]"), control.querySelector("[type=number]")];
  const range = control.querySelector("[type=range]");
  limits.set(`${name}.${side}`, index);
  use.checked = index !== null;
  number.disabled = index === null;
  if (index !== null) number.value = format(grid[index]);
  if (range) {
    range.disabled = index === null;
    if (index !== null) range.value = 1000 * place(signal, grid[index]);
    range.setAttribute("aria-valuetext", index === null ? "no limit" : format(grid[index]));
  }
  show(name, side);
  showExamples(name, side);
}

// Keys go from value to value: on the scale, many lie within one step and others thousands apart.
const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -20, PageUp: 20 };

for (const control of document.querySelectorAll(".control")) {
  const { signal: name, side } = control.dataset, signal = signals.get(name);
  const { grid } = signal.distribution, last = grid.length - 1;
  const number = control.querySelector("[type=number]"), range = control.querySelector("[type=range]");
  const move = (index) => {
    set(name, side, index);
    showTogether();
  };
  control.querySelector("[type=checkbox]").addEventListener("change", (event) => {
    move(event.target.checked ? (side === "min" ? 0 : last) : null);
  });
  number.addEventListener("change", () => {
    if (number.value !== "") move(nearestIndex(grid, Number(number.value)));
  });
  set(name, side, side in signal.limits ? nearestIndex(grid, signal.limits[side]) : null);
  if (!range) continue;
  range.addEventListener("input", () => move(nearestIndex(grid, valueAt(signal, range.value / 1000))));
  range.addEventListener("keydown", (event) => {
    const at = limits.get(`${name}.${side}`);
    const goal = event.key === "Home" ? 0 : event.key === "End" ? last : at + (STEPS[event.key] ?? NaN);
    if (Number.isNaN(goal)) return;
    event.preventDefault();
    move(Math.min(last, Math.max(0, goal)));
  });
}

for (const button of document.querySelectorAll("button[data-limit]")) {
  button.addEventListener("click", () => {
    const { signal: name, side, limit } = button.dataset;
    set(name, side, nearestIndex(signals.get(name).distribution.grid, Number(limit)));
    showTogether();
  });
}

for (const radio of document.querySelectorAll("[name=bars]")) {
  radio.addEventListener("change", () => {
    const height = radio.value === "root" ? Math.sqrt : (x) => x;
    for (const bar of document.querySelectorAll("rect[data-share]")) {
      const whole = bar.ownerSVGElement.viewBox.baseVal.height, own = whole * height(Number(bar.dataset.share));
      bar.setAttribute("y", whole - own);
      bar.setAttribute("height", own);
    }
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
