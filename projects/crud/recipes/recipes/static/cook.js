// Cooking from a recipe: #7 shows recipe 7, #7/12 for twelve. The API does the arithmetic.
import { ask, reason } from "../common/api.js";
import { calmly, duration, element, failure, tone } from "./elements.js";

const dialog = document.querySelector("#recipe");
const body = document.querySelector("#recipe-body");
let running = new AbortController();
let shown = null; // id of the recipe in the dialog

export function followAddress(recipes) {
  const follow = () => {
    const [id, servings] = location.hash.slice(1).split("/");
    if (!/^\d+$/.test(id)) dialog.close();
    else if (id !== shown) open(`${recipes}/${id}`, id, servings);
  };
  window.addEventListener("hashchange", follow);
  follow();
}

dialog.addEventListener("close", () => {
  shown = null;
  if (location.hash) history.pushState(null, "", location.pathname + location.search);
});
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
document.querySelector("#close").addEventListener("click", () => dialog.close());

function newest() {
  running.abort();
  running = new AbortController();
  return running.signal;
}

async function open(url, id, servings) {
  shown = id;
  body.replaceChildren(element("p", { class: "muted", role: "status" }, "Opening the cookbook…"));
  if (!dialog.open) dialog.showModal();
  try {
    const { answer } = await ask(servings ? `${url}?servings=${servings}` : url, { signal: newest() });
    show(url, answer);
  } catch (error) {
    if (error.name !== "AbortError") body.replaceChildren(failure(error, () => open(url, id, servings)));
  }
}

function show(url, recipe) {
  const most = Math.max(12, recipe.original_servings * 3, recipe.servings);
  const amounts = element("ul", { class: "amounts" }, ...recipe.ingredients.map(line));
  const complaint = element("p", { class: "error", role: "alert" });
  const count = element("input", { id: "servings", type: "number", min: 1, max: 1000, value: recipe.servings, inputmode: "numeric" });
  const slide = element("input", { type: "range", min: 1, max: most, value: recipe.servings, "aria-label": "Servings, by slider" });
  const note = element("p", { class: "muted note", role: "status" });

  const scale = calmly(async () => {
    amounts.setAttribute("aria-busy", "true");
    try {
      const { answer } = await ask(`${url}?servings=${encodeURIComponent(count.value)}`, { signal: newest() });
      complaint.textContent = "";
      update(amounts, answer.ingredients);
      say(answer);
      history.replaceState(null, "", `#${answer.id}/${answer.servings}`);
    } catch (error) {
      if (error.name === "AbortError") return;
      complaint.textContent = reason(error);
    }
    amounts.removeAttribute("aria-busy");
  }, 90);
  const say = ({ servings, original_servings: original }) => {
    note.textContent = servings === original ? "As it was written." : `Scaled from ${original}. The cooking time may differ.`;
  };
  const set = (value) => {
    count.value = value;
    slide.value = value;
    scale();
  };
  count.addEventListener("input", () => { slide.value = count.value; scale(); });
  slide.addEventListener("input", () => set(slide.value));
  const step = (by, label, sign) => element("button", { type: "button", class: "quiet round", "aria-label": label,
    onclick: () => set(Math.min(1000, Math.max(1, Number(count.value) + by))) }, sign);

  say(recipe);
  dialog.className = tone(recipe.cuisine);
  body.replaceChildren(
    element("p", { class: "cuisine" }, recipe.cuisine ?? "from anywhere"),
    element("h2", { id: "recipe-title", tabindex: -1 }, recipe.title),
    element("p", { class: "lead" }, recipe.description),
    element("ul", { class: "tags" }, element("li", { class: "time" }, duration(recipe.minutes)),
      ...recipe.diets.map((diet) => element("li", {}, diet))),
    element("div", { class: "cook" },
      element("section", {},
        element("h3", {}, "Ingredients"),
        element("div", { class: "servings" },
          element("label", { for: "servings" }, "Servings"),
          step(-1, "One serving less", "−"), count, step(1, "One serving more", "+"), slide),
        complaint, amounts, note),
      element("section", {},
        element("h3", {}, "Method"),
        element("ol", { class: "steps" }, ...recipe.steps.map((text) => element("li", {}, text))))));
  body.querySelector("h2").focus(); // a screen reader begins with the title
}

function line({ name, display, quantity, note }) {
  const rounded = /^(about|less than) /.test(display);
  return element("li", {},
    element("span", { class: "amount" }, display.replace("about ", "≈ ").replace("less than ", "< "),
      rounded ? element("small", {}, `exactly ${mixed(quantity)}`) : null),
    element("span", {}, name, note ? element("small", {}, `, ${note}`) : null));
}

/** Write "16/9" as "1 7/9". */
function mixed(quantity) {
  const [above, below] = quantity.split("/").map(Number);
  const whole = Math.floor(above / (below || 1));
  return below && whole ? `${whole} ${above % below}/${below}` : quantity;
}

/** Replace the lines whose amount has changed, and let those catch the eye. */
function update(list, ingredients) {
  ingredients.forEach((ingredient, index) => {
    const fresh = line(ingredient);
    const old = list.children[index];
    if (old.textContent === fresh.textContent) return;
    fresh.classList.add("changed");
    old.replaceWith(fresh);
  });
}
