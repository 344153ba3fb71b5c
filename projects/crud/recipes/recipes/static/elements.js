// What both halves of the page need: making elements, writing times, saying what is wrong.
import { reason } from "../common/api.js";

/** Make an element: element("p", { class: "muted" }, "text", child, …). Text is never read as HTML. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

/** Call `action` once things have been quiet for a moment. */
export function calmly(action, milliseconds = 180) {
  let timer;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...given), milliseconds);
  };
}

/** Write 95 as "1 h 35 min". */
export function duration(minutes) {
  const hours = Math.floor(minutes / 60);
  return [hours && `${hours} h`, minutes % 60 && `${minutes % 60} min`].filter(Boolean).join(" ");
}

/** A message for when something went wrong, with a way to go on. */
export function failure(error, retry) {
  return element("div", { role: "alert" },
    element("p", { class: "error" }, reason(error)),
    element("button", { type: "button", class: "quiet", onclick: retry }, "Try again"));
}

/** Each cuisine has one of six colours, always the same; the stylesheet knows them. */
export function tone(cuisine) {
  let sum = 0;
  for (const letter of cuisine ?? "") sum = (sum * 33 + letter.codePointAt(0)) % 6007;
  return `tone-${sum % 6}`;
}
