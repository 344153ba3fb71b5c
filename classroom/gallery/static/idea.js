// Shows that the app is starting until its first page is there, and which page it is on.

const screen = document.querySelector(".screen");
const frame = screen.querySelector("iframe");
const address = document.querySelector(".toolbar code");

function loaded() {
  screen.classList.remove("starting");
  try {
    address.textContent = frame.contentWindow.location.pathname;
  } catch {
    // The app led to another site; its address is not ours to read.
  }
}

const { readyState, URL: url } = frame.contentDocument ?? {};
if (readyState !== "complete" || url === "about:blank") screen.classList.add("starting");
frame.addEventListener("load", loaded);
