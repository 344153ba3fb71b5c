// Finding recipes: the form is the truth, the address bar its copy, the API does the filtering.
import { ask } from "../common/api.js";
import { calmly, duration, element, failure, tone } from "./elements.js";
import { followAddress } from "./cook.js";

const { recipes, cuisines, diets, ingredients } = document.querySelector("#app").dataset;
const form = document.querySelector("#filters");
const slider = document.querySelector("#max-minutes");
const known = document.querySelector("#known");
const results = document.querySelector("#results");
const status = document.querySelector("#status");
const clear = document.querySelector("#clear");
const pages = document.querySelector("#pages");
const TIMES = [10, 15, 20, 30, 45, 60, 90, 120, null]; // what the slider's places mean
const tokens = { with: new Set(), without: new Set() };
let page = 1;
let running = new AbortController();

function query() {
  const asked = new URLSearchParams();
  const { q, cuisine } = form.elements;
  if (q.value.trim()) asked.set("q", q.value.trim());
  if (cuisine.value) asked.set("cuisine", cuisine.value);
  for (const box of form.querySelectorAll("[name=diet]:checked")) asked.append("diet", box.value);
  for (const [name, values] of Object.entries(tokens)) {
    for (const value of values) asked.append(name, value);
  }
  const minutes = TIMES[slider.value - 1];
  if (minutes) asked.set("max_minutes", minutes);
  return asked;
}

function restore(asked) {
  form.elements.q.value = asked.get("q") ?? "";
  form.elements.cuisine.value = asked.get("cuisine") ?? "";
  for (const box of form.querySelectorAll("[name=diet]")) box.checked = asked.getAll("diet").includes(box.value);
  for (const name of ["with", "without"]) {
    tokens[name] = new Set(asked.getAll(name));
    showTokens(name);
  }
  const place = TIMES.findIndex((minutes) => minutes >= Number(asked.get("max_minutes")));
  slider.value = asked.has("max_minutes") && place >= 0 ? place + 1 : TIMES.length;
  const number = Number(asked.get("page"));
  page = Number.isInteger(number) && number > 0 ? number : 1;
  showMinutes();
}

function showMinutes() {
  const minutes = TIMES[slider.value - 1];
  const text = minutes ? `${duration(minutes)} or less` : "any time";
  document.querySelector("#minutes").textContent = text;
  slider.setAttribute("aria-valuetext", text);
}

function showTokens(name) {
  const input = form.querySelector(`[data-filter=${name}]`);
  const chips = [...tokens[name]].map((value) => element("li", {},
    element("button", { type: "button", class: `chip ${name}`, "aria-label": `Remove ${value}`,
      onclick: () => { tokens[name].delete(value); showTokens(name); changed(); input.focus(); } },
    value, element("span", { "aria-hidden": "true" }, " ×"))));
  input.parentElement.querySelector("ul").replaceChildren(...chips);
}

function card(recipe) {
  const facts = [duration(recipe.minutes), `serves ${recipe.servings}`].join(" · ");
  return element("li", { class: `card recipe ${tone(recipe.cuisine)}` },
    element("p", { class: "cuisine" }, recipe.cuisine ?? "from anywhere"),
    element("h2", {}, element("a", { href: `#${recipe.id}` }, recipe.title)),
    element("p", { class: "about" }, recipe.description),
    element("p", { class: "facts" }, facts),
    element("ul", { class: "tags", "aria-label": "Suits" },
      ...recipe.diets.map((diet) => element("li", {}, diet))));
}

async function load() {
  running.abort();
  running = new AbortController();
  const asked = query();
  clear.hidden = !asked.size;
  if (page > 1) asked.set("page", page);
  history.replaceState(null, "", (asked.size ? `?${asked}` : location.pathname) + location.hash);
  results.setAttribute("aria-busy", "true");
  if (!results.children.length) results.append(...Array.from({ length: 6 }, () => element("li", { class: "card ghost" })));
  try {
    const { answer, response } = await ask(`${recipes}?${asked}`, { signal: running.signal });
    const total = Number(response.headers.get("X-Total-Count"));
    const link = response.headers.get("Link") ?? "";
    const last = Number(/[?&]page=(\d+)>; rel="last"/.exec(link)?.[1] ?? 1);
    if (page > last) { // an address of before, when there were more
      page = last;
      return load();
    }
    status.textContent = total === 0 ? "Nothing suits all of that. Take a filter away?"
      : `${total} ${total === 1 ? "recipe" : "recipes"}${page > 1 ? `, page ${page}` : ""}`;
    results.replaceChildren(...answer.map(card));
    pages.hidden = !/rel="(next|prev)"/.test(link);
    pages.querySelector("[data-step='-1']").disabled = !link.includes('rel="prev"');
    pages.querySelector("[data-step='1']").disabled = !link.includes('rel="next"');
    pages.querySelector("span").textContent = `Page ${page}`;
  } catch (error) {
    if (error.name === "AbortError") return;
    status.textContent = "";
    pages.hidden = true;
    results.replaceChildren(element("li", { class: "card problem" }, failure(error, load)));
  }
  results.removeAttribute("aria-busy");
}

function changed() {
  page = 1;
  load();
}

async function offerChoices() {
  const [one, two] = await Promise.all([ask(cuisines), ask(diets)]);
  form.elements.cuisine.append(...one.answer.map(({ name, recipes: count }) =>
    element("option", { value: name }, `${name} (${count})`)));
  document.querySelector("#diets").append(...two.answer.map(({ name, recipes: count }) =>
    element("label", { class: "pill" }, element("input", { type: "checkbox", name: "diet", value: name }),
      element("span", {}, name, element("small", {}, ` ${count}`)))));
}

const suggest = calmly(async (text) => {
  const { answer } = await ask(`${ingredients}?${new URLSearchParams({ q: text, per_page: 20 })}`).catch(() => ({ answer: [] }));
  known.replaceChildren(...answer.map(({ name }) => element("option", { value: name })));
});

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", (event) => { if (event.target.matches("select, [name=diet]")) changed(); });
form.elements.q.addEventListener("input", calmly(changed));
slider.addEventListener("input", showMinutes);
slider.addEventListener("input", calmly(changed));
for (const input of form.querySelectorAll("[data-filter]")) {
  const name = input.dataset.filter;
  const take = () => {
    if (!input.value.trim()) return;
    tokens[name].add(input.value.trim());
    input.value = "";
    showTokens(name);
    changed();
  };
  input.addEventListener("focus", () => suggest(""));
  input.addEventListener("input", (event) => {
    if (event.inputType === "insertReplacementText" || !event.inputType) take(); // picked from the list
    else suggest(input.value);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === ",") { event.preventDefault(); take(); }
  });
  input.addEventListener("blur", take);
}
clear.addEventListener("click", () => { restore(new URLSearchParams()); changed(); form.elements.q.focus(); });
pages.addEventListener("click", (event) => {
  const step = Number(event.target.dataset.step);
  if (!step) return;
  page += step;
  load();
  document.querySelector("#main").scrollIntoView();
});

if (matchMedia("(max-width: 46rem)").matches && !location.search) document.querySelector("#more").open = false;
await offerChoices().catch(() => {}); // the list itself will say what is wrong
restore(new URLSearchParams(location.search));
load();
followAddress(recipes);
