// What pages gain from a script: they stay live, obey keys, and let the reader choose light or
// dark.  Everything else works without it.

const page = document.body;
const SINGLE = { n: () => focus("#note"), "/": () => focus(".search input"), "?": help };
const AFTER_G = { o: "/", i: "/incidents", c: "/on-call", s: "/silences", q: "/queue" };
const LOST_AFTER_MS = 8000;
const SOON_MS = 60;
const CALM_MS = 1500;

// ---------- keys ----------

let afterG = false;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, dialog[open]")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (afterG && AFTER_G[event.key]) return void location.assign(AFTER_G[event.key]);
  afterG = event.key === "g";
  if (SINGLE[event.key]) {
    event.preventDefault();
    SINGLE[event.key]();
  } else if (event.key === "j" || event.key === "k") {
    step(event.key === "j" ? 1 : -1);
  } else if (!event.repeat) { // a key held down is one decision, not twenty
    document.querySelector(`button[data-key="${CSS.escape(event.key)}"]:not([disabled])`)?.click();
  }
});

function focus(selector) {
  const found = document.querySelector(selector);
  found?.focus();
  found?.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const rows = [...document.querySelectorAll("[data-row] a:first-of-type")].filter((a) => a.offsetParent);
  const here = rows.indexOf(document.activeElement);
  const next = rows[here < 0 ? (by > 0 ? 0 : rows.length - 1) : here + by];
  next?.focus();
}

function help() {
  document.querySelector("#help").showModal();
}

// ---------- light or dark ----------

for (const button of document.querySelectorAll("[data-theme-toggle], [data-help]")) button.hidden = false;
document.querySelector("[data-help]")?.addEventListener("click", help);
document.querySelector("[data-theme-toggle]")?.addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
  document.dispatchEvent(new Event("tocsin:redraw"));
});

// ---------- how long ago ----------

const UNITS = [
  [86400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
];

// The server's clock counts, not the reader's: only the time since the page came is added.
const shownAt = Date.parse(document.querySelector("#as-of").dateTime);
let serverAt = shownAt;
let arrivedAt = performance.now();

// Two units above an hour, one below: the same words as the server's `ago` in pages/render.py.
function ago(ms) {
  const ahead = ms < 0;
  let left = Math.round(Math.abs(ms) / 1000);
  if (left < 5) return "just now";
  const first = UNITS.findIndex(([size]) => left >= size);
  const words = [];
  for (const [size, unit] of UNITS.slice(first, left < 3600 ? first + 1 : first + 2)) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count) words.push(`${count} ${unit}`);
  }
  return ahead ? `in ${words.join(" ")}` : `${words.join(" ")} ago`;
}

function tickTimes() {
  const now = serverAt + performance.now() - arrivedAt;
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const text = ago(now - Date.parse(time.dateTime));
    if (time.textContent !== text) time.textContent = text;
  }
}

setInterval(tickTimes, 5000);

// ---------- live ----------

let waiting = 0;
let waitsUntil = 0;
let asking = false;
let lostTimer = 0;

// What somebody did is shown at once; numbers that only moved are shown together, a little later.
function refreshIn(delay) {
  const at = performance.now() + delay;
  if (waiting && waitsUntil <= at) return;
  clearTimeout(waiting);
  waitsUntil = at;
  waiting = setTimeout(refreshNow, delay);
}

async function refreshNow() {
  waiting = 0;
  if (asking) return refreshIn(SOON_MS);
  asking = true;
  try {
    await refresh();
  } finally {
    asking = false;
  }
}

function heard(event) {
  refreshIn(JSON.parse(event.data).changed.length ? SOON_MS : CALM_MS);
}

async function refresh() {
  let answer;
  try {
    answer = await fetch(location.href, { headers: { "X-Live": "1" }, redirect: "error" });
  } catch {
    return lost();
  }
  if (!answer.ok) return lost();
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const asOf = fresh.querySelector("#as-of");
  serverAt = Date.parse(asOf.dateTime);
  arrivedAt = performance.now();
  document.querySelector("#as-of").replaceWith(document.adoptNode(asOf));
  let drawn = false;
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(part.id);
    if (!next) part.remove();
    else if (!busy(part) && without(part) !== without(next)) {
      drawn ||= part.querySelector("[data-chart]") !== null;
      replace(part, next);
    }
  }
  for (const next of fresh.querySelectorAll("[data-live]")) {
    if (!document.getElementById(next.id)) await place(fresh, next);
  }
  document.title = fresh.title;
  found();
  if (drawn) document.dispatchEvent(new Event("tocsin:redraw"));
}

// What the reader is typing in, or has open, is not taken from under their hands.
function busy(part) {
  const typed = [...part.querySelectorAll("input[type=text], textarea")].some((f) => f.value !== f.defaultValue);
  return typed || (part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select"));
}

function without(part) {
  const copy = part.cloneNode(true);
  for (const chart of copy.querySelectorAll("[data-chart]")) chart.replaceChildren();
  for (const time of copy.querySelectorAll("time[data-ago]")) time.textContent = "";
  for (const item of copy.querySelectorAll(".new")) item.classList.remove("new");
  for (const open of copy.querySelectorAll("details")) open.removeAttribute("open");
  return copy.innerHTML.replaceAll(' class=""', "");
}

function replace(part, next) {
  const known = new Set([...part.querySelectorAll("[id]")].map((one) => one.id));
  const details = (of) => [...of.querySelectorAll("details")].map((one, place) => [one.id || place, one]);
  const open = new Map(details(part).map(([name, one]) => [name, one.open]));
  const focused = document.activeElement && part.contains(document.activeElement) ? document.activeElement : null;
  const again = focused && (focused.dataset.key ? `[data-key="${focused.dataset.key}"]` : focused.getAttribute("href") && `a[href="${CSS.escape(focused.getAttribute("href"))}"]`);
  const fresh = document.adoptNode(next);
  for (const [name, one] of details(fresh)) one.open = Boolean(open.get(name));
  for (const one of fresh.querySelectorAll("li[id]")) if (!known.has(one.id)) one.classList.add("new");
  part.replaceWith(fresh);
  if (again) fresh.querySelector(again)?.focus();
}

// A part that was not there before goes behind the one that precedes it in the fresh page.
async function place(fresh, next) {
  const parts = [...fresh.querySelectorAll("[data-live]")];
  const before = parts.slice(0, parts.indexOf(next)).reverse().find((one) => document.getElementById(one.id));
  const anchor = before && document.getElementById(before.id);
  if (anchor) anchor.after(document.adoptNode(next));
}

function lost() {
  page.classList.add("lost");
  const at = new Date(serverAt).toISOString().replace("T", " ").slice(0, 19);
  document.querySelector("#live-note").textContent = `Connection lost. This is what was known at ${at} UTC.`;
}

function found() {
  clearTimeout(lostTimer);
  lostTimer = 0;
  page.classList.remove("lost");
  document.querySelector("#live-note").textContent = "";
}

if (page.hasAttribute("data-live-page")) {
  const stream = new EventSource("/live");
  stream.addEventListener("changed", heard);
  stream.onopen = () => {
    if (page.classList.contains("lost")) refresh();
    clearTimeout(lostTimer);
    lostTimer = 0;
  };
  stream.onerror = () => (lostTimer ||= setTimeout(lost, LOST_AFTER_MS));
  // numbers move even when nothing is written about them
  setInterval(() => document.visibilityState === "visible" && refreshIn(SOON_MS), 60000);
  addEventListener("pagehide", () => stream.close());
}
