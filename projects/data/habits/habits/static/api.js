// Requests to the API with the login's cookie. A change also sends the CSRF token that the login
// left in a second cookie: a page of another site can send cookies, but not read them.
import { ask as send } from "../common/api.js";

export const app = document.querySelector("#app").dataset;

function csrf() {
  const cookie = document.cookie.split("; ").find((text) => text.startsWith(`${app.csrf}=`));
  return cookie ? { "X-CSRF-TOKEN": cookie.split("=")[1] } : {};
}

// Return the answer's JSON, or throw the problem: {status, detail, …}.
export async function ask(url, method = "GET", json = undefined) {
  const { answer } = await send(url, { method, json, headers: method === "GET" ? {} : csrf() });
  return answer;
}
