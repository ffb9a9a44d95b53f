"use strict";
// Everything works without this script; it only saves a reload or a copied text.
const LOOK_AGAIN = 30000;
const one = (selector) => document.querySelector(selector);

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  });
}

const problem = one(".problem");
if (problem) {
  problem.tabIndex = -1;
  problem.focus();
}
// A form that is not whole yet: its button is grey, and says what is missing when it is pressed.
for (const form of document.querySelectorAll("form[data-whole]")) {
  const button = form.querySelector("button.danger"), told = form.querySelector("[data-lacks]");
  const lacks = () => {
    const reason = form.querySelector("input[name=reason]:checked");
    if (!reason) return "Choose a reason.";
    const note = form.elements.note;
    return reason.dataset.needsNote === "1" && !note.value.trim() ? "Write a note: the reason explains nothing by itself." : "";
  };
  const show = () => {
    button.setAttribute("aria-disabled", lacks() ? "true" : "false");
    if (!lacks()) told.hidden = true;
  };
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => {
    if (!lacks()) return;
    event.preventDefault();
    told.textContent = lacks();
    told.hidden = false;
  });
  show();
}

// What changes while the page is open: numbers, and a line that says so. Nothing else moves by itself.
const clock = one(".foot time");
const loaded = clock ? Date.parse(clock.dateTime) : 0;
const line = one("#news");
let told = "";

function count(link, number) {
  let badge = link.querySelector(".count");
  if (!number) {
    if (badge) badge.remove();
    return;
  }
  if (!badge) {
    badge = document.createElement("span");
    badge.className = "count";
    link.append(" ", badge);
  }
  if (badge.firstChild && badge.firstChild.data === String(number)) return;
  const name = document.createElement("span");
  name.className = "hidden-name";
  name.textContent = " waiting";
  badge.replaceChildren(String(number), name);
}

function say(text) {
  if (text === told) return;
  told = text;
  const again = document.createElement("a");
  again.href = location.href;
  again.textContent = "Show";
  line.replaceChildren(`${text} `, again);
  line.hidden = false;
}

function show(news) {
  for (const [name, number] of Object.entries(news.waiting)) {
    for (const link of document.querySelectorAll(`a[data-waiting="${name}"]`)) {
      const tile = link.closest(".tile");
      const figure = tile && tile.querySelector(".number");
      if (figure) figure.textContent = String(number);
      else if (!tile) count(link, number);
    }
  }
  const since = news.changes.filter((change) => Date.parse(change.at) > loaded);
  const here = since.find((change) => change.href === location.pathname);
  if (!line) return;
  if (here) say(`${here.text}, by ${here.who}. What you see is from before.`);
  else if (since.length && document.body.dataset.list === "yes") say("Something changed since this page was loaded.");
}

let stream = null;
let timer = 0;

async function poll() {
  const answer = await fetch("/live.json", { redirect: "error" }).catch(() => null);
  if (answer && answer.ok) show(await answer.json());
  timer = setTimeout(poll, LOOK_AGAIN);
}

function hush() {
  clearTimeout(timer);
  if (stream) stream.close();
  stream = null;
}

function listen() {
  hush();
  if (document.hidden) return;
  stream = new EventSource("/live");
  stream.onmessage = (event) => show(JSON.parse(event.data));
  stream.onerror = () => {
    if (stream && stream.readyState === EventSource.CLOSED) {
      hush();
      timer = setTimeout(poll, LOOK_AGAIN);
    }
  };
}

// Two minutes before the session ends: a button that keeps it.
const idle = Number(document.body.dataset.idle || 0);
const staying = one("#stay");

function expect() {
  setTimeout(() => { staying.hidden = false; }, Math.max(idle - 120, 1) * 1000);
}

if (idle && staying) {
  staying.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await fetch(staying.action, { method: "POST", body: new URLSearchParams(new FormData(staying)) }).catch(() => null);
    if (answer && answer.ok) {
      staying.hidden = true;
      expect();
    }
  });
  expect();
}

if (idle) {
  document.addEventListener("visibilitychange", listen);
  addEventListener("pagehide", hush);
  listen();
}
