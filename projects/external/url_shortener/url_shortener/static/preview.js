// The page behind `+`: statistics and a button that copies.
import { copy, watch } from "./stats.js";

const place = document.querySelector("[data-stats]");
const clicks = document.querySelector("dd");
watch(place, place.dataset.stats, (count) => { clicks.textContent = count.toLocaleString(); });
document.querySelector("[data-copy]").addEventListener("click", ({ target }) => copy(target, target.dataset.copy));
