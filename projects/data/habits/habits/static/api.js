// Requests to the API with the login's cookie.
import { ask as send } from "../common/api.js";

export const app = document.querySelector("#app").dataset;

// Return the answer's JSON, or throw the problem: {status, detail, …}.
export async function ask(url, method = "GET", json = undefined) {
  const { answer } = await send(url, { method, json, csrf: app.csrf });
  return answer;
}
