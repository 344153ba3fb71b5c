// Filters the ideas and moves between them by keyboard. Without it the page is a plain list.

const form = document.querySelector(".filters");
const search = form.elements.q;
const cards = [...document.querySelectorAll(".card")];

const fits = (card, words, level, concept, builtOnly) =>
  words.every((word) => card.dataset.words.includes(word)) &&
  (!level || card.dataset.level === level) &&
  (!concept || (card.dataset.concepts ?? "").split("|").includes(concept)) &&
  (!builtOnly || !card.matches(".planned"));

function filter() {
  const { q, level, concept, built } = form.elements;
  const words = q.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const card of cards) card.hidden = !fits(card, words, level.value, concept.value, built.checked);
  for (const floor of document.querySelectorAll(".floor")) {
    floor.hidden = !floor.querySelector(".card:not([hidden])");
  }
  const shown = cards.filter((card) => !card.hidden).length;
  form.querySelector("output").value = `${shown} of ${cards.length} ideas`;
  document.querySelector(".nothing").hidden = shown > 0;
}

function remember() {
  const state = new URLSearchParams([...new FormData(form)].filter(([, value]) => value.trim()));
  history.replaceState(null, "", `${location.pathname}${state.size ? `?${state}` : ""}${location.hash}`);
}

function recall() {
  const state = new URLSearchParams(location.search);
  search.value = state.get("q") ?? "";
  form.elements.concept.value = state.get("concept") ?? "";
  if (!form.elements.concept.value) form.elements.concept.value = "";
  form.elements.built.checked = state.has("built");
  for (const radio of form.elements.level) radio.checked = radio.value === (state.get("level") ?? "");
  if (!form.elements.level.value) form.elements.level[0].checked = true;
}

function clear() {
  form.reset();
  filter();
  remember();
}

// The card that an arrow key leads to: the next one in the list, or the nearest in the next row.
function neighbour(from, key) {
  const links = [...document.querySelectorAll(".card:not([hidden]) h3 a")];
  const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
  if (step) return links[links.indexOf(from) + step];
  const here = from.closest(".card").getBoundingClientRect();
  const away = (link) => {
    const there = link.closest(".card").getBoundingClientRect();
    const rows = key === "ArrowDown" ? there.top - here.top : here.top - there.top;
    return rows > 1 ? rows * 1000 + Math.abs(there.left - here.left) : Infinity;
  };
  const nearest = links.reduce((best, link) => (away(link) < away(best) ? link : best), from);
  return nearest === from && key === "ArrowUp" ? search : nearest;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { target, key } = event;
  if (key === "Escape") {
    clear();
  } else if (key === "/" && target !== search) {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (target === search && key === "ArrowDown") {
    event.preventDefault();
    document.querySelector(".card:not([hidden]) h3 a")?.focus();
  } else if (key.startsWith("Arrow") && target.matches(".card h3 a")) {
    event.preventDefault();
    neighbour(target, key)?.focus();
  }
});

form.addEventListener("input", () => {
  filter();
  remember();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  document.querySelector(".card:not([hidden]) h3 a")?.focus();
});
document.querySelector(".nothing button").addEventListener("click", () => {
  clear();
  search.focus();
});

form.hidden = false;
document.querySelector(".keys").hidden = false;
recall();
filter();
