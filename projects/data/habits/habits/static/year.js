// A year as a heat map: a row for each weekday, a column for each week, a button for each day.
const WORDS = {
  done: "done", missed: "missed", open: "open", off: "off", before: "before the beginning", future: "to come",
  partial: "done in part", extra: "done on a day off",
};
const STARTED = { missed: "partial", off: "extra" }; // where it was done at least once
const NAMES = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const utc = (text) => new Date(`${text}T00:00:00Z`); // a date is no moment: look at it in one zone
const show = (text, options) => utc(text).toLocaleDateString("en-GB", { timeZone: "UTC", ...options });
const weekday = (text) => (utc(text).getUTCDay() + 6) % 7; // 0 is Monday

// Return the word for a day, which says more than its state where something was done.
const wordFor = ({ state, count }) => (count > 0 && STARTED[state]) || state;

export const isDone = (day) => ["done", "partial", "extra"].includes(wordFor(day));
export const longDate = (text) => show(text, { weekday: "long", day: "numeric", month: "long" });

// Draw `calendar` into `table`; `pick(day)` is called with the day that somebody chooses.
export function draw(table, calendar, pick) {
  const rows = NAMES.map((name) => {
    const row = document.createElement("tr");
    row.append(Object.assign(document.createElement("th"), { scope: "row", textContent: name }));
    return row;
  });
  const months = document.createElement("tr");
  months.append(document.createElement("td"));
  const first = weekday(calendar.days[0].date);
  for (let number = 0; number < first; number++) rows[number].append(document.createElement("td"));
  calendar.days.forEach((day) => {
    const cell = document.createElement("td");
    cell.append(square(day, calendar, pick));
    rows[weekday(day.date)].append(cell);
    if (day.date.endsWith("-01")) {
      const week = rows[weekday(day.date)].children.length; // columns before it, the header's too
      const name = Object.assign(document.createElement("th"), { scope: "col", textContent: show(day.date, { month: "short" }) });
      const taken = [...months.children].reduce((sum, it) => sum + it.colSpan, 0);
      months.lastChild.colSpan += Math.max(0, week - 1 - taken);
      months.append(name);
    }
  });
  table.tHead.replaceChildren(months);
  table.tBodies[0].replaceChildren(...rows);
  const start = table.querySelector(`[data-date="${calendar.today}"]`) ?? table.querySelector("button");
  start.tabIndex = 0;
  const { parentElement: map } = table;
  const [from, to] = [map, start].map((it) => it.getBoundingClientRect().left);
  map.scrollLeft += to - from - map.clientWidth * 0.8; // where the map is wider than the screen
}

function square(day, calendar, pick) {
  const button = document.createElement("button");
  const count = day.target > 1 || day.count > 1 ? `, ${day.count} of ${day.target}` : "";
  button.type = "button";
  button.className = wordFor(day);
  button.classList.toggle("today", day.date === calendar.today);
  button.dataset.date = day.date;
  button.title = `${longDate(day.date)}: ${WORDS[wordFor(day)]}${count}`;
  button.setAttribute("aria-label", button.title);
  button.tabIndex = -1; // one of them is reached by Tab, the others from there by arrow keys
  button.addEventListener("click", () => pick(day));
  return button;
}

const STEPS = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -7, ArrowRight: 7 };

// Let the arrow keys move through the days of `table`.
export function walk(table) {
  table.addEventListener("keydown", (event) => {
    const date = event.target.dataset?.date;
    if (!date || !(event.key in STEPS)) return;
    const next = utc(date);
    next.setUTCDate(next.getUTCDate() + STEPS[event.key]);
    const button = table.querySelector(`[data-date="${next.toISOString().slice(0, 10)}"]`);
    if (!button) return;
    event.preventDefault();
    event.target.tabIndex = -1;
    button.tabIndex = 0;
    button.focus();
  });
}
