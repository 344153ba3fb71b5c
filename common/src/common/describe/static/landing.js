// Sends what the "try it" forms say, shows the answers, and keeps the command lines in step.
const token = document.getElementById("token");
const newest = document.getElementById("newest");
const forms = [...document.querySelectorAll("form.try")];

// --- requests

/** Send a request with the token; return its status line, its text, and what the text says as JSON. */
async function send(url, { method = "GET", header = "", headers = {}, body } = {}) {
  const all = { ...headers };
  if (header && token.value) {
    const [name, start] = header.split(": ");
    all[name] = start + token.value;
  }
  // With a token no cookie is needed, and so no proof that the request comes from this page.
  const credentials = token?.value ? "omit" : "same-origin";
  const response = await fetch(url, { method, headers: all, body, credentials });
  const type = response.headers.get("Content-Type") ?? "";
  const status = `${response.status} ${response.statusText}`;
  if (type.startsWith("image/")) return { ok: response.ok, status, text: "", image: await response.blob() };
  const text = await response.text();
  let json;
  try { json = JSON.parse(text); } catch { /* not JSON: shown as it is */ }
  return { ok: response.ok, status, text: json === undefined ? text : JSON.stringify(json, null, 2), json };
}

function show(output, answer) {
  output.textContent = `${answer.status}\n${answer.text}`;
  if (!answer.image) return;
  const image = document.createElement("img");
  image.src = URL.createObjectURL(answer.image);
  image.alt = "The picture that was answered";
  output.append(image);
}

function noAnswer(output, error) {
  output.textContent = `No answer: ${error.message}. Is the server running?`;
}

// --- forms

/** Return the URL that a form leads to. */
function urlOf(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  for (const input of form.querySelectorAll("input")) {
    if (input.dataset.place === "path") path = path.replace(`{${input.name}}`, encodeURIComponent(input.value));
    if (input.dataset.place === "query" && input.value) query.append(input.name, input.value);
  }
  return form.dataset.root + path + (query.size ? `?${query}` : "");
}

/** Return the headers and the body that a form sends. */
function contentOf(form) {
  const headers = {};
  const inputs = [...form.querySelectorAll("input")];
  for (const input of inputs) {
    if (input.dataset.place === "header" && input.value) headers[input.name] = input.value;
  }
  if (form.dataset.type === "application/json") {
    headers["Content-Type"] = "application/json";
    return { headers, body: form.elements.body.value };
  }
  if (!form.dataset.type) return { headers };
  const body = new FormData();
  for (const input of inputs) {
    if (input.dataset.place === "form") body.append(input.name, input.value);
    for (const file of input.files ?? []) body.append(input.name, file);
  }
  return { headers, body };
}

/** Quote a word for a shell, where it needs that. */
function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function refreshCommand(form) {
  const code = form.parentElement.querySelector(".command");
  const body = form.elements.body?.value ?? "";
  code.textContent = code.dataset.template
    .replace("{url}", () => quoted(location.origin + urlOf(form)))
    .replace("{body}", () => quoted(body));
}

for (const form of forms) {
  const output = form.querySelector("output");
  form.addEventListener("input", (event) => {
    event.target.dataset.source = "typed";
    refreshCommand(form);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { method, header, scheme } = form.dataset;
    output.textContent = "Sending…";
    try {
      const answer = await send(urlOf(form), { method, header, ...contentOf(form) });
      show(output, answer);
      if (!answer.ok) return;
      if (answer.json) learn(answer.json, form.dataset.path);
      if (method !== "GET") showNewest();
    } catch (error) {
      noAnswer(output, error);
    }
  });
}

// --- what answers tell: a token, and names for the paths of other routes

function learn(answer, path) {
  for (const form of forms) {
    const given = answer.access_token ?? answer[`${form.dataset.scheme}_token`];
    if (given && form.dataset.header) setToken(given);
  }
  fillPaths(answer, path, "answered");
}

function setToken(value) {
  token.value = value;
  token.dispatchEvent(new Event("input"));
}

/** Fill in parameters of paths: {token} by the thing's token, /events/{event_id} by the id of an event. */
function fillPaths(thing, list, source) {
  for (const form of forms) {
    for (const input of form.querySelectorAll('input[data-place="path"]')) {
      const isItem = form.dataset.path.startsWith(`${list}/{${input.name}}`);
      const value = thing[input.name] ?? (isItem ? thing.id : undefined);
      const isBetter = input.dataset.source === "typed" || (source === "listed" && input.dataset.source === "answered");
      if (value === undefined || isBetter) continue;
      input.value = value;
      input.dataset.source = source;
      refreshCommand(form);
    }
  }
}

// --- who you are

token?.addEventListener("input", () => {
  document.getElementById("export").textContent = `TOKEN=${token.value || "…"}`;
  showNewest();
});

document.getElementById("login")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const output = document.getElementById("login-answer");
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify(Object.fromEntries(new FormData(event.target)));
  try {
    const answer = await send(event.target.dataset.url, { method: "POST", headers, body });
    output.textContent = answer.ok ? "" : `${answer.status}: ${answer.json?.detail ?? answer.text}`;
    if (answer.json?.access_token) setToken(answer.json.access_token);
  } catch (error) {
    noAnswer(output, error);
  }
});

// --- the first list, as it is now

async function showNewest() {
  if (!newest) return;
  const text = document.getElementById("newest-text");
  const table = newest.querySelector("table");
  const { url, path, header } = newest.dataset;
  if (header && !token.value) {
    text.textContent = "This needs a token.";
    table.hidden = true;
    return;
  }
  try {
    const answer = await send(url, { header });
    const rows = answer.ok ? answer.json : [];
    table.hidden = rows.length === 0;
    text.textContent = answer.ok ? countOf(rows) : `${answer.status}: ${answer.json?.detail ?? ""}`;
    fillTable(table, rows.slice(0, 5));
    if (rows.length) fillPaths(rows[0], path, "listed");
  } catch (error) {
    noAnswer(text, error);
  }
}

function countOf(rows) {
  if (rows.length === 0) return "Nothing here yet. Make something below.";
  return rows.length > 5 ? "The first five:" : "";
}

function fillTable(table, rows) {
  const names = Object.keys(rows[0] ?? {}).filter((name) => typeof rows[0][name] !== "object").slice(0, 6);
  const cells = (tag, values) => {
    const row = document.createElement("tr");
    for (const value of values) {
      const cell = document.createElement(tag);
      cell.textContent = value ?? "";
      row.append(cell);
    }
    return row;
  };
  table.replaceChildren(cells("th", names), ...rows.map((row) => cells("td", names.map((name) => row[name]))));
}

showNewest();
