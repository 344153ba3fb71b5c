// The statistics of one link, drawn and kept up to date; copying a link.
import { ask, reason } from "../common/api.js";

function element(name, text = "", ...children) {
  const made = document.createElement(name);
  made.append(text, ...children);
  return made;
}

function shape(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export const counted = (number) => `${number.toLocaleString()} ${number === 1 ? "click" : "clicks"}`;

function chart(days) {
  const most = Math.max(...days.map((day) => day.clicks));
  const sum = days.reduce((total, day) => total + day.clicks, 0);
  const bars = days.map(({ date, clicks }, number) => {
    const height = clicks ? Math.max(2, (clicks / most) * 100) : 1;
    const title = shape("title", {}, `${date}: ${counted(clicks)}`);
    return shape("rect", { x: number * 10 + 1, y: 100 - height, width: 8, height, class: clicks ? "some" : "none" }, title);
  });
  const label = `${counted(sum)} in ${days.length} days, at most ${most} on a day`;
  const frame = { viewBox: `0 0 ${days.length * 10} 100`, preserveAspectRatio: "none", role: "img", "aria-label": label };
  const axis = element("p", "", element("span", days[0].date), element("span", `at most ${most} a day`),
    element("span", days.at(-1).date));
  axis.className = "axis muted";
  return element("figure", "", shape("svg", frame, ...bars), axis);
}

function referrers(hosts) {
  const rows = hosts.map(({ host, clicks }) => {
    const bar = shape("rect", { width: (clicks / hosts[0].clicks) * 100, height: 1, class: "some" });
    const frame = { viewBox: "0 0 100 1", preserveAspectRatio: "none", "aria-hidden": "true" };
    return element("li", "", element("span", host ?? "direct or unknown"), shape("svg", frame, bar),
      element("span", clicks.toLocaleString()));
  });
  const list = element("ol", "", ...rows);
  list.className = "referrers";
  return rows.length ? list : element("p", "No clicks in this time.");
}

// Draw the statistics at `url` into `place`, again whenever they change, until the returned
// function is called.
export function watch(place, url, onClicks) {
  let shown = "";
  const refresh = async () => {
    if (document.hidden) return;
    try {
      const { answer } = await ask(url);
      if (JSON.stringify(answer) === shown) return;
      shown = JSON.stringify(answer);
      onClicks(answer.clicks);
      place.replaceChildren(chart(answer.per_day), element("h3", "From where"), referrers(answer.top_referrers));
    } catch (problem) {
      shown = "";
      place.replaceChildren(element("p", reason(problem)));
      place.firstChild.className = "error";
    }
  };
  place.replaceChildren(element("p", "Loading…"));
  refresh();
  const timer = setInterval(refresh, 2000);
  return () => clearInterval(timer);
}

export async function copy(button, text) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied ✓";
    setTimeout(() => { button.textContent = before; }, 1500);
  } catch {
    window.prompt("Copy the link:", text); // browsers close the clipboard to pages without https
  }
}
