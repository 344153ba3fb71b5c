// The page at `/`: log in, change the email address, see and end sessions, log out.
//
// The cookie is HttpOnly: this script never sees it, and so no injected script does. What it has is
// the CSRF token, in a variable alone. The token belongs to the cookie, which each login and logout
// changes; so it is asked for at the start and after each of them.

import { ask as send, reason } from "../common/api.js";

const page = document.querySelector("#app");
const state = document.querySelector("#state");
const problem = document.querySelector("#problem");
const out = document.querySelector("#out");
const signedIn = document.querySelector("#in");
const list = document.querySelector("#sessions");
const urls = page.dataset;
let token = "";

// Ask the API: the answer, or throws a problem with its `status` and `detail`.
async function ask(url, method = "GET", json = undefined) {
  const headers = method === "GET" ? {} : { "X-CSRF-Token": token }; // the browser adds Origin
  const { answer } = await send(url, { method, json, headers });
  return answer;
}

function complain(text) {
  problem.textContent = text;
  problem.hidden = !text;
}

function say(text) {
  state.textContent = text;
  state.hidden = !text;
}

// Show what the server says: who is logged in, and where.
async function show() {
  // The token first: if another tab logs in as somebody else right now, it is a token of before, and
  // refused. After the user it could be a token to act as somebody whom this page does not show.
  token = (await ask(urls.csrf)).csrf_token;
  const me = await ask(urls.me).catch((error) => {
    if (error.status === 401) return null;
    throw error;
  });
  const rows = me ? await ask(urls.sessions) : [];
  out.hidden = Boolean(me);
  signedIn.hidden = !me;
  if (!me) return;
  document.querySelector("#username").textContent = me.username;
  document.querySelector("#address").value = me.email;
  document.querySelector("#others").hidden = rows.length < 2;
  list.replaceChildren(...rows.map(item));
}

function item({ id, device, address, created_at, last_seen_at, current }) {
  const made = document.querySelector("#session").content.cloneNode(true);
  const [name, badge, details] = made.querySelectorAll("b, span");
  const moment = (text) => new Date(text).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  name.textContent = device;
  badge.hidden = !current;
  details.textContent = `${address} · since ${moment(created_at)} · last seen ${moment(last_seen_at)}`;
  const button = made.querySelector("button");
  button.setAttribute("aria-label", `End the session of ${device}`);
  button.addEventListener("click", () => act(button, "The session has ended.", () => ask(`${urls.sessions}/${id}`, "DELETE")));
  return made;
}

// Do something that changes something, then show what came of it.
async function act(button, success, what) {
  button.disabled = true;
  complain("");
  say("");
  const wasSignedIn = !signedIn.hidden;
  const used = token;
  let wrong = "";
  let status = 200;
  try {
    await what();
  } catch (error) {
    wrong = reason(error);
    status = error.status;
  }
  try {
    if (status !== 422) await show(); // what was typed wrong stays, to be mended
    // Another tab has logged in or out, maybe as somebody else: never send the same again by itself.
    if (status === 403 && token !== used) wrong = "You have logged in or out in another tab. This page is up to date again: look, and try once more.";
    else if (wrong && wasSignedIn && signedIn.hidden) wrong = "Your session has ended. Please log in again.";
  } catch (error) {
    wrong = error.detail;
  }
  complain(wrong);
  say(wrong ? "" : success);
  button.disabled = false;
  if (wasSignedIn === signedIn.hidden) focus(); // the button that was pressed is gone
}

function focus() {
  document.querySelector(out.hidden ? "#main" : "[name=username]").focus();
}

function onSubmit(form, success, what) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    act(form.querySelector("button"), success, () => what(form.elements));
  });
}

onSubmit(document.querySelector("#login"), "", async ({ username, password }) => {
  await ask(urls.login, "POST", { username: username.value.trim(), password: password.value });
  password.value = "";
});

onSubmit(document.querySelector("#email"), "The email address has been changed.", ({ email }) =>
  ask(urls.email, "POST", { email: email.value }));

document.querySelector("#logout").addEventListener("click", ({ target }) =>
  act(target, "You are logged out.", () => ask(urls.logout, "POST")));

document.querySelector("#others").addEventListener("click", ({ target }) =>
  act(target, "You are logged out everywhere else.", () => ask(urls.sessions, "DELETE")));

complain("");
show().then(() => { say(""); focus(); }, (error) => { say(""); complain(error.detail); });
