// The page at `/`: make a link, then list, search, copy, watch and delete links.
import { ask, reason } from "../common/api.js";
import { copy, counted, watch } from "./stats.js";

const [form, problem, result, list, state, pages, search, total] =
  ["#shorten", "#problem", "#result", "#links", "#state", "#pages", "#search", "#total"].map((id) => document.querySelector(id));
const api = document.querySelector("#app").dataset.links;
const perPage = 10;
const shown = new Map(); // code of a listed link: { count: shows a number, stop: ends its statistics }
let page = 1;
let latest = 0; // number of the latest request, so that a slow older answer is not shown after it

// Make a link

function complain(error) {
  const [text, suggestion] = problem.children;
  text.textContent = error ? reason(error) : "";
  suggestion.textContent = `Use ${error?.suggestion}`;
  suggestion.hidden = !error?.suggestion;
  problem.hidden = !error;
}

function wish() {
  const { url, alias, expires_at, max_visits, permanent } = form.elements;
  const text = url.value.trim();
  return {
    url: /^[\w-]+(\.[\w-]+)+([:/?#]|$)/.test(text) ? `https://${text}` : text,
    alias: alias.value.trim() || null,
    expires_at: expires_at.value ? new Date(expires_at.value).toISOString() : null,
    max_visits: max_visits.value ? Number(max_visits.value) : null,
    permanent: permanent.checked,
  };
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector(".entry button");
  button.disabled = true;
  complain(null);
  try {
    const { answer } = await ask(`${api}?reuse=${form.elements.reuse.checked}`, { method: "POST", json: wish() });
    const link = result.querySelector("a");
    link.href = link.textContent = answer.short_url;
    result.hidden = false;
    form.reset();
    search.value = "";
    page = 1;
    load();
    result.querySelector("button").focus();
  } catch (error) {
    complain(error);
    form.elements.url.focus();
  } finally {
    button.disabled = false;
  }
});

problem.querySelector("button").addEventListener("click", ({ target }) => {
  form.elements.alias.value = target.textContent.replace("Use ", "");
  form.requestSubmit();
});

result.querySelector("button").addEventListener("click", ({ target }) => copy(target, result.querySelector("a").href));

// List links

function entry(link) {
  const item = document.querySelector("#link").content.cloneNode(true).firstElementChild;
  const find = (selector) => item.querySelector(selector);
  find(".short").textContent = link.code;
  find(".short").href = link.short_url;
  find(".target").textContent = find(".target").title = link.url;
  const expired = link.expires_at && new Date(link.expires_at) <= new Date();
  const usedUp = link.max_visits !== null && link.clicks >= link.max_visits;
  item.classList.toggle("ended", expired || usedUp);
  const badge = expired ? "expired" : usedUp ? "used up" : link.permanent ? "permanent" : "";
  find(".badge").textContent = badge;
  find(".badge").hidden = !badge;
  find("[data-preview]").href = `${link.short_url}+`;
  const own = {
    count: (clicks) => {
      [find(".clicks b").textContent, find(".clicks span").textContent] = counted(clicks).split(" ");
    },
  };
  own.count(link.clicks);
  find(".actions").setAttribute("aria-label", `Actions for ${link.code}`);
  shown.set(link.code, own);
  find("[data-copy]").addEventListener("click", ({ target }) => copy(target, link.short_url));
  find("[data-stats]").addEventListener("click", ({ target }) => {
    own.stop?.();
    own.stop = own.stop ? null : watch(find(".stats"), `${api}/${link.code}/stats`, own.count);
    find(".stats").hidden = !own.stop;
    target.setAttribute("aria-expanded", Boolean(own.stop));
  });
  find("[data-delete]").addEventListener("click", async () => {
    if (!window.confirm(`Delete ${link.code} for good? Its code is never given again.`)) return;
    await ask(`${api}/${link.code}`, { method: "DELETE" }).catch(complain);
    load();
  });
  return item;
}

async function read() {
  const query = new URLSearchParams({ page, per_page: perPage });
  if (search.value.trim()) query.set("q", search.value.trim());
  const { answer, response } = await ask(`${api}?${query}`);
  return { links: answer, count: Number(response.headers.get("X-Total-Count")) };
}

async function load() {
  const number = ++latest;
  try {
    const { links, count } = await read();
    if (number !== latest) return;
    shown.forEach((own) => own.stop?.());
    shown.clear();
    list.replaceChildren(...links.map(entry));
    list.hidden = !links.length;
    total.textContent = count.toLocaleString();
    state.textContent = count ? "" : search.value ? "No link matches." : "No links yet: make the first one above.";
    pages.hidden = count <= perPage;
    pages.children[0].disabled = page === 1;
    pages.children[1].disabled = page * perPage >= count;
  } catch (error) {
    if (number === latest) state.textContent = reason(error);
  }
}

async function recount() {
  if (document.hidden) return;
  const { links } = await read().catch(() => ({ links: [] }));
  links.forEach((link) => shown.get(link.code)?.count(link.clicks));
}

let typing;
search.addEventListener("input", () => {
  clearTimeout(typing);
  page = 1;
  typing = setTimeout(load, 200);
});
pages.addEventListener("click", ({ target }) => {
  if (!target.value) return;
  page += Number(target.value);
  load();
});
document.addEventListener("visibilitychange", recount);
setInterval(recount, 3000);
load();
