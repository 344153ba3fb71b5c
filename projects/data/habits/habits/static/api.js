// Requests to the API with the login's cookie. A change also sends the CSRF token that the login
// left in a second cookie: a page of another site can send cookies, but not read them.
export const app = document.querySelector("#app").dataset;

function csrf() {
  const cookie = document.cookie.split("; ").find((text) => text.startsWith(`${app.csrf}=`));
  return cookie ? { "X-CSRF-TOKEN": cookie.split("=")[1] } : {};
}

// Return the answer's JSON, or throw the problem: {status, detail, …}.
export async function ask(url, method = "GET", body = undefined) {
  const headers = { Accept: "application/json", ...(method === "GET" ? {} : csrf()) };
  if (body) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
  } catch {
    throw { status: 0, detail: "The server does not answer. Are you online?" };
  }
  const answer = response.status === 204 ? null : await response.json().catch(() => null);
  if (!response.ok) throw answer ?? { status: response.status, detail: response.statusText };
  return answer;
}
