// The page at `/`: shows the card of a link as soon as it is pasted or typed.
import { ask } from "../common/api.js";

const [form, state, card] = ["#ask", "#state", "#card"].map((id) => document.querySelector(id));
const input = form.elements.url;
const find = (selector) => card.querySelector(selector);
let latest = 0; // number of the latest request, so that a slow older answer is not shown after it
let asked = "";

function say(text, isError = false) {
  state.textContent = text;
  state.className = isError ? "error" : "muted";
  state.hidden = !text;
}

function put(element, text, href) {
  element.textContent = text ?? "";
  if (href) element.href = href;
  else if (element.matches("a")) element.removeAttribute("href");
}

function show(preview) {
  const { hostname } = new URL(preview.url);
  const name = preview.site_name ?? hostname;
  put(find(".letter"), [...name][0].toUpperCase());
  put(find(".name"), name);
  put(find(".badge"), preview.type);
  put(find("h2 a"), preview.title ?? preview.url, preview.canonical_url ?? preview.url);
  put(find(".description"), preview.description);
  put(find(".picture a"), preview.image, preview.image);
  find(".picture").hidden = !preview.image;
  const facts = [hostname, preview.lang, preview.size !== null && `${preview.size.toLocaleString()} bytes`,
    `fetched ${new Date(preview.fetched_at).toLocaleTimeString()}${preview.cached ? ", from the cache" : ""}`];
  put(find(".about"), facts.filter(Boolean).join(" · "));
  put(find("pre"), JSON.stringify(preview, null, 2));
  find("h2").lang = find(".description").lang = preview.lang ?? "";
  card.hidden = false;
}

async function look({ refresh = false } = {}) {
  const text = input.value.trim();
  const url = /^[\w-]+(\.[\w-]+)+([:/?#]|$)/.test(text) ? `https://${text}` : text;
  if (!url) return;
  const number = ++latest;
  asked = text;
  say("Fetching…");
  card.classList.add("old");
  try {
    const { answer } = await ask(`${form.dataset.preview}?${new URLSearchParams({ url, refresh })}`);
    if (number !== latest) return;
    show(answer);
    say("");
  } catch (error) {
    if (number !== latest) return;
    card.hidden = true;
    const reason = error.errors?.[0].msg ?? error.message;
    say(error.status === 0 ? reason : `No card: ${reason.replace(/^No preview: /, "")}`, true);
  } finally {
    if (number === latest) card.classList.remove("old");
  }
}

let typing;
input.addEventListener("input", ({ inputType }) => {
  clearTimeout(typing);
  const text = input.value.trim();
  const complete = /^https?:\/\/[^/]+\.[^/]{2,}/.test(text) || /^https?:\/\/[\d.]+:\d+\//.test(text);
  if (text === asked || !(complete || inputType === "insertFromPaste")) return;
  typing = setTimeout(look, inputType === "insertFromPaste" ? 0 : 600);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(typing);
  look();
});
find("#refresh").addEventListener("click", () => {
  input.value = asked;
  look({ refresh: true });
});
form.addEventListener("click", ({ target }) => {
  if (!target.value || target.type !== "button") return;
  input.value = target.value;
  look();
});
