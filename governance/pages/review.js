"use strict";
const sheet = JSON.parse(document.getElementById("sheet").textContent);
const key = `review ${sheet.sample} ${sheet.lang}`;
const articles = [...document.querySelectorAll("article")];
let labels = {};
try { labels = JSON.parse(localStorage.getItem(key)) || {}; } catch { labels = {}; }

function show() {
  for (const article of articles) {
    const label = labels[article.id];
    article.classList.toggle("done", label !== undefined);
    for (const input of article.querySelectorAll("input")) input.checked = input.value === label;
  }
  const done = articles.filter((article) => labels[article.id] !== undefined).length;
  document.getElementById("done").textContent = `${done} of ${articles.length} labelled`;
}

document.addEventListener("change", (event) => {
  if (event.target.type !== "radio") return;
  labels[event.target.name] = event.target.value;
  try { localStorage.setItem(key, JSON.stringify(labels)); } catch { /* a browser without storage: save the sheet */ }
  show();
});

function cell(text) {
  const quoted = sheet.formula.some((start) => text.startsWith(start)) ? `'${text}` : text;
  return `"${quoted.replaceAll('"', '""')}"`;
}

document.getElementById("save").addEventListener("click", () => {
  const rows = articles.map((article) => [
    article.id, sheet.lang, labels[article.id] || "", article.querySelector("pre").textContent,
  ]);
  const csv = "\ufeff" + [sheet.columns, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csv], { type: "text/csv;charset=utf-8" }));
  link.download = `${sheet.lang}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
});

show();
