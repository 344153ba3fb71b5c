// The page at `/`: log in, check in, begin habits, and look at a year of one.
import { ask as send, reason } from "../common/api.js";
import { draw, isDone, longDate, walk } from "./year.js";

const app = document.querySelector("#app").dataset;
const find = (selector, inside = document) => inside.querySelector(selector);
const [problem, state, guest, home, list, year] = ["#problem", "#state", "#guest", "#home", "#habits", "#year"].map((it) => find(it));
const days = (number) => `${number} ${number === 1 ? "day" : "days"}`;
const capital = (text) => text[0].toUpperCase() + text.slice(1);
const percent = (rate) => (rate === null ? "–" : `${Math.round(rate * 100)} %`);
let chosen = null; // the habit whose year is shown
let shownYear = null;

// Ask the API with the login's cookie; return the answer's JSON, or throw the problem.
async function ask(url, method = "GET", json = undefined) {
  const { answer } = await send(url, { method, json, csrf: app.csrf });
  return answer;
}

// Do something and show its problem, if there is one; without a login, ask for it.
async function attempt(work) {
  problem.hidden = true;
  try {
    return await work();
  } catch (error) {
    if (error.status === undefined) throw error;
    if (error.status === 401 && guest.hidden) return welcome();
    problem.textContent = reason(error);
    problem.hidden = false;
  }
}

function welcome() {
  state.textContent = "";
  home.hidden = true;
  guest.hidden = false;
}

// Log in and out

find("form", guest).addEventListener("submit", (event) => {
  event.preventDefault();
  const { username, password } = event.target.elements;
  const account = { username: username.value, password: password.value };
  attempt(async () => {
    if (event.submitter?.value === "register") {
      const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
      await ask(app.register, "POST", { ...account, time_zone: timeZone ?? "UTC" });
    }
    await ask(app.login, "POST", account);
    event.target.reset();
    await begin();
  });
});

find("#logout").addEventListener("click", () => attempt(async () => {
  await ask(app.logout, "POST");
  year.hidden = true;
  chosen = null;
  welcome();
}));

// List habits

async function begin() {
  const me = await ask(app.me);
  find("#who").textContent = `${me.username} · ${me.time_zone}`;
  const today = new Intl.DateTimeFormat("en-CA", { timeZone: me.time_zone }).format(); // 2026-03-01
  find("#today").textContent = longDate(today);
  guest.hidden = true;
  home.hidden = false;
  await load();
}

async function load() {
  const habits = await ask(`${app.habits}?per_page=100`);
  const cards = await Promise.all(habits.map(card));
  list.replaceChildren(...cards);
  state.textContent = habits.length ? "" : "No habits yet: begin the first one below.";
  find("#begin").open ||= !habits.length;
  const again = habits.find(({ id }) => id === chosen?.id) ?? habits[0];
  if (again) await open(again);
  else year.hidden = true;
}

async function card(habit) {
  const item = find("#habit").content.cloneNode(true).firstElementChild;
  const url = `${app.habits}/${habit.id}`;
  const stats = await ask(`${url}/stats`);
  find("#today").textContent = longDate(stats.today);
  item.dataset.id = habit.id;
  find(".open", item).textContent = habit.name;
  find(".open", item).addEventListener("click", () => attempt(() => open(habit)));
  const on = habit.weekdays.length === 7 ? "every day" : habit.weekdays.map(capital).join(", ");
  find(".schedule", item).textContent = habit.target_per_day > 1 ? `${on}, ${habit.target_per_day} times` : on;
  find(".streak b", item).textContent = days(stats.current_streak);
  find(".streak span", item).textContent = stats.current_streak ? "in a row" : "in a row yet";
  const check = find(".check", item);
  const done = stats.count_today >= habit.target_per_day;
  const of = habit.target_per_day > 1 ? ` ${stats.count_today} / ${habit.target_per_day}` : "";
  check.textContent = done ? `✓ Done today${of}` : `Check in${of}`;
  check.classList.toggle("quiet", done);
  check.setAttribute("aria-label", `${habit.name}: ${check.textContent}`);
  check.addEventListener("click", () => attempt(async () => {
    check.disabled = true; // a second tap would undo the first one
    try {
      await (done ? ask(`${url}/check-ins/${stats.today}`, "DELETE") : ask(`${url}/check-in`, "POST"));
    } finally {
      check.disabled = false;
    }
    chosen = habit;
    await load();
    find(`[data-id="${habit.id}"] .check`).focus();
  }));
  return item;
}

find("#begin form").addEventListener("submit", (event) => {
  event.preventDefault();
  const { name, target, weekday } = event.target.elements;
  const weekdays = [...weekday].filter((box) => box.checked).map((box) => box.value);
  attempt(async () => {
    chosen = await ask(app.habits, "POST", { name: name.value, target_per_day: Number(target.value), weekdays });
    event.target.reset();
    find("#begin").open = false;
    await load();
  });
});

// Show a year

async function open(habit) {
  if (chosen?.id !== habit.id) shownYear = null;
  chosen = habit;
  const url = `${app.habits}/${habit.id}`;
  const [stats, calendar] = await Promise.all([
    ask(`${url}/stats`),
    ask(`${url}/calendar${shownYear ? `?year=${shownYear}` : ""}`),
  ]);
  shownYear = calendar.year;
  find("#name").textContent = habit.name;
  find("output", year).textContent = calendar.year;
  const doneInYear = calendar.days.filter(({ state }) => state === "done").length;
  const figures = {
    "Current streak": days(stats.current_streak), "Longest streak": days(stats.longest_streak),
    "Last 30 days": percent(stats.rate), [`Done in ${calendar.year}`]: days(doneInYear),
  };
  find("dl", year).replaceChildren(...Object.entries(figures).map(([term, text]) => {
    const pair = document.createElement("div");
    pair.append(Object.assign(document.createElement("dt"), { textContent: term }), Object.assign(document.createElement("dd"), { textContent: text }));
    return pair;
  }));
  find("#weekdays").replaceChildren(...stats.per_weekday.map(({ weekday, done, missed }) => {
    const item = document.createElement("li");
    const rate = done + missed === 0 ? null : done / (done + missed);
    const bar = Object.assign(document.createElement("meter"), { min: 0, max: 1, value: rate ?? 0 });
    const text = rate === null ? "off" : `${percent(rate)} (${done} of ${done + missed})`;
    bar.setAttribute("aria-hidden", "true");
    item.append(capital(weekday), bar, text);
    return item;
  }));
  list.querySelectorAll("li").forEach((item) => {
    const isOpen = item.dataset.id === String(habit.id);
    item.classList.toggle("chosen", isOpen);
    find(".open", item).setAttribute("aria-expanded", isOpen);
  });
  year.hidden = false;
  draw(find("table", year), calendar, (day) => attempt(async () => {
    await ask(`${url}/check-ins/${day.date}`, isDone(day) ? "DELETE" : "PUT");
    await load();
    find(`[data-date="${day.date}"]`, year).focus();
  }));
}

year.querySelectorAll("[value]").forEach((button) => button.addEventListener("click", () => attempt(() => {
  shownYear += Number(button.value);
  return open(chosen);
})));

find("#delete").addEventListener("click", () => attempt(async () => {
  if (!window.confirm(`Delete “${chosen.name}” and all its check-ins?`)) return;
  await ask(`${app.habits}/${chosen.id}`, "DELETE");
  chosen = null;
  await load();
}));

walk(find("table", year));
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !home.hidden) attempt(load); // it may be another day by now
});
attempt(begin);
