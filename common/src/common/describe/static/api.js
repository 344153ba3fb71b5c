// Asks the API of the same application. A module of a project imports it so:
//
//     import { ask } from "../common/api.js";
//
// The browser reads this from the module's own URL: /static/page.js finds /common/api.js, and
// /any/prefix/static/page.js finds /any/prefix/common/api.js.

/** An answer that is an error: has `status`, `detail` and what else the API says, like `errors`. */
export class Problem extends Error {
  constructor(members) {
    super(members.detail);
    Object.assign(this, members);
  }
}

/**
 * Send a request and return { answer, response }: the answer's JSON (null where it has none), and
 * the Response for its headers.
 *
 * `json` is sent as JSON, `form` (FormData) as a form. Throws a Problem for an error; its status is
 * 0 where no answer came. Where `signal` has ended the request, it throws the browser's AbortError.
 *
 * `csrf` is for pages with a login of common.accounts: the cookie that templates know as
 * `csrf_cookie`. A change sends its value in a header, too: a page of another site can make the
 * browser send cookies, but cannot read them.
 */
export async function ask(url, { method = "GET", json, form, headers, csrf, signal } = {}) {
  const type = json === undefined ? {} : { "Content-Type": "application/json" };
  const token = csrf && method !== "GET" ? cookie(csrf) : undefined;
  const proof = token ? { "X-CSRF-TOKEN": token } : {};
  const body = json === undefined ? form : JSON.stringify(json);
  let response, text;
  try {
    const all = { Accept: "application/json", ...type, ...proof, ...headers };
    response = await fetch(url, { method, body, signal, headers: all });
    text = await response.text();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ status: 0, detail: "The server does not answer. Is it running?" });
  }
  const answer = read(text);
  if (!response.ok) throw new Problem({ status: response.status, detail: `The server answered ${response.status}.`, ...answer });
  return { answer, response };
}

/** What is wrong, in one line: each place with what the API says about it, or the whole. */
export function reason(error) {
  const places = error.errors?.map(({ loc, msg }) => `${loc.at(-1)}: ${msg}`);
  return places?.join(" · ") ?? error.message;
}

function cookie(name) {
  const found = document.cookie.split("; ").find((text) => text.startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // 204 has no text, the error of a proxy is HTML
  }
}
