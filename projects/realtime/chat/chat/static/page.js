// Rooms, members and messages on the page.
import { ask, reason } from "../common/api.js";
import { Connection } from "./connection.js";

const find = (selector) => document.querySelector(selector);
const urls = find("#app").dataset;
const home = find("#home");
const list = find("#messages");
const LIMIT = 50;
const rooms = new Map(); // id: room, and for each id the same object as long as it is there
let me, connection, current;

// Return the answer's JSON, or throw the problem.
async function fetchJson(url, method = "GET", json = undefined) {
  const { answer } = await ask(url, { method, json, csrf: urls.csrf });
  return answer;
}

const isMember = (room) => Boolean(room) && room.read_id !== null;
const nameOf = (room) => (room.direct ? room.name.split(" & ").find((name) => name !== me) : room.name);

function complain(error) {
  const place = find(home.hidden ? "#login .error" : "#trouble");
  place.textContent = error ? reason(error) : "";
  place.hidden = !error;
}

async function attempt(action) {
  complain(null);
  try {
    return await action();
  } catch (error) {
    if (error.status === undefined) throw error; // a mistake of ours
    complain(error);
    return undefined;
  }
}

// Who am I?

async function start() {
  me = (await fetchJson(urls.me)).username;
  find("#me").textContent = me;
  find("#welcome").hidden = true;
  home.hidden = false;
  await loadRooms();
  const url = new URL(urls.socket, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  connection = new Connection(url, { frame: receive, state: showState });
}

find("#login").addEventListener("submit", (event) => {
  event.preventDefault();
  const { username, password } = event.target.elements;
  const account = { username: username.value, password: password.value };
  attempt(async () => {
    if (event.submitter?.value === "register") await fetchJson(urls.register, "POST", account);
    await fetchJson(urls.login, "POST", account);
    await start();
  });
});

find("#logout").addEventListener("click", async () => {
  connection?.end();
  await attempt(() => fetchJson(urls.logout, "POST"));
  location.reload();
});

function showState(state) {
  const badge = find("#link");
  badge.textContent = state;
  badge.className = `badge ${state === "online" ? "good" : "warn"}`;
}

// Rooms

// Note what an answer says of a room. It may be older than what frames have told us since; and where
// it knows less of what we have read, perhaps a connection broke before that was told: tell it again.
function keep(news) {
  const room = rooms.get(news.id) ?? { item: itemOf(news.id), last_id: 0, read_id: null };
  if (news.read_id !== null && news.read_id < room.read_id) connection?.put({ type: "read", room: news.id, id: room.read_id });
  const readId = news.read_id === null ? null : Math.max(news.read_id, room.read_id);
  rooms.set(news.id, Object.assign(room, news, { last_id: Math.max(news.last_id, room.last_id), read_id: readId }));
}

let roomLoads = 0;

async function loadRooms() {
  const load = ++roomLoads;
  const found = await fetchJson(`${urls.rooms}?per_page=100`);
  for (const id of connection?.last.keys() ?? []) {
    const isKnown = isMember(rooms.get(id)) || found.some((room) => room.id === id);
    if (!isKnown) found.push(await fetchJson(`${urls.rooms}/${id}`)); // one of mine that is not among the newest
  }
  if (load !== roomLoads) return; // a later answer is there, or on its way
  found.forEach(keep);
  showRooms();
}

function itemOf(id) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.addEventListener("click", () => attempt(() => enter(id)));
  item.append(button);
  return item;
}

// The order stays while somebody points at the list or walks through it: nobody shall hit a neighbour.
function showRooms() {
  for (const room of rooms.values()) {
    const button = room.item.firstElementChild;
    button.textContent = (room.direct ? "@ " : room.private ? "◇ " : "# ") + nameOf(room);
    button.setAttribute("aria-current", room.id === current?.id);
    button.classList.toggle("unread", isMember(room) && room.last_id > room.read_id);
    button.classList.toggle("outside", !isMember(room));
    button.title = isMember(room) ? (room.private ? "Private" : "Public") : "Enter this room";
  }
  const sorted = [...rooms.values()].sort((a, b) => isMember(b) - isMember(a) || b.last_id - a.last_id || b.id - a.id);
  const all = sorted.map((room) => room.item);
  const place = find("#rooms");
  if (place.matches(":hover, :focus-within")) place.append(...all.filter((item) => item.parentElement !== place));
  else place.replaceChildren(...all);
}

find("#rooms").addEventListener("pointerleave", showRooms);
find("#rooms").addEventListener("focusout", () => setTimeout(showRooms)); // when the focus has gone

function drop(id) {
  rooms.get(id)?.item.remove();
  rooms.delete(id);
  if (current?.id === id) find("#back").click();
  if (!current) find("#open").hidden = !(find("#nothing").hidden = false);
}

async function enter(id) {
  if (!isMember(rooms.get(id))) {
    await fetchJson(`${urls.rooms}/${id}/members/${me}`, "PUT");
    keep(await fetchJson(`${urls.rooms}/${id}`));
  }
  current = rooms.get(id);
  home.classList.add("inside");
  find("#nothing").hidden = true;
  find("#open").hidden = false;
  find("#name").textContent = nameOf(current);
  find("#invite").hidden = current.direct;
  list.replaceChildren();
  showRooms();
  showMembers(); // those that we know, until we know better
  find("#say input").focus(); // now: later somebody may be typing elsewhere
  const found = await fetchJson(`${urls.rooms}/${id}/messages?limit=${LIMIT}`);
  if (current?.id !== id) return;
  find("#older").hidden = found.length < LIMIT;
  found.forEach((message) => show(message));
  list.scrollTop = list.scrollHeight;
  markRead();
  await loadMembers();
}

find("#back").addEventListener("click", () => {
  home.classList.remove("inside");
  current = undefined;
  showRooms();
});

find("#older").addEventListener("click", () => attempt(async () => {
  const { id } = current;
  const first = list.querySelector("li[data-id]")?.dataset.id;
  const found = await fetchJson(`${urls.rooms}/${id}/messages?limit=${LIMIT}&before=${first}`);
  if (current?.id !== id) return;
  find("#older").hidden = found.length < LIMIT;
  const height = list.scrollHeight;
  found.forEach((message) => show(message));
  list.scrollTop += list.scrollHeight - height;
}));

let loads = 0;

async function loadMembers() {
  const { id } = current, load = ++loads;
  const members = await fetchJson(`${urls.rooms}/${id}/members?per_page=100`);
  if (current?.id !== id || load !== loads) return; // a later answer may be there already
  current.members = new Map(members.map((member) => [member.username, member]));
  showMembers();
}

function showMembers() {
  find("#members").replaceChildren(...[...(current.members?.values() ?? [])].map((member) => {
    const item = document.createElement("li");
    const seen = member.last_seen ? `last seen ${new Date(member.last_seen).toLocaleString()}` : "never seen";
    item.textContent = member.username;
    item.classList.toggle("online", member.online);
    item.title = member.online ? "online" : seen;
    return item;
  }));
  showMarks();
}

for (const [id, make] of [
  ["#make", ({ name, private: secret }) => fetchJson(urls.rooms, "POST", { name: name.value, private: secret.checked })],
  ["#write", ({ username }) => fetchJson(urls.dms, "POST", { username: username.value })],
]) {
  find(id).addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      const room = await make(event.target.elements);
      keep(room);
      event.target.reset();
      event.target.closest("details").open = false;
      await enter(room.id);
    });
  });
}

find("#invite").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = event.target.elements.username.value.trim();
  attempt(async () => {
    await fetchJson(`${urls.rooms}/${current.id}/members/${encodeURIComponent(name)}`, "PUT");
    event.target.reset();
  });
});

// Messages

function show({ id, sender, body, sent_at: sentAt, client_id: clientId }) {
  if (id && list.querySelector(`li[data-id="${id}"]`)) return;
  const item = find("#message").content.cloneNode(true).firstElementChild;
  item.querySelector("b").textContent = sender;
  item.querySelector("p").textContent = body;
  item.classList.toggle("mine", sender === me);
  if (clientId) item.dataset.client = clientId;
  if (id) settle(item, id, sentAt);
  else item.classList.add("pending");
  const after = id && [...list.children].find((other) => !other.dataset.id || Number(other.dataset.id) > id);
  list.insertBefore(item, after || null);
}

function settle(item, id, sentAt) {
  item.dataset.id = id;
  item.dataset.time = new Date(sentAt).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  item.classList.remove("pending");
  item.querySelector("small").textContent = item.dataset.time;
}

function showMarks() {
  const others = [...(current?.members?.values() ?? [])].filter((member) => member.username !== me);
  for (const item of list.querySelectorAll("li.mine[data-id]")) {
    const id = Number(item.dataset.id);
    const all = (kind) => others.length && others.every((member) => member[kind] >= id);
    const mark = all("read_id") ? " · read" : all("delivered_id") ? " · delivered" : "";
    item.querySelector("small").textContent = item.dataset.time + mark;
  }
}

function markRead() {
  if (!current || document.hidden || current.last_id <= current.read_id) return;
  if (!connection.put({ type: "read", room: current.id, id: current.last_id })) return; // `hello` will
  current.read_id = current.last_id;
  showRooms();
}

find("#say").addEventListener("submit", (event) => {
  event.preventDefault();
  const input = event.target.elements.body;
  if (!input.value.trim()) return;
  const clientId = connection.send(current.id, input.value);
  complain(clientId ? null : new Error("This message is too long."));
  if (!clientId) return;
  show({ sender: me, body: input.value, client_id: clientId });
  list.scrollTop = list.scrollHeight;
  input.value = "";
});

document.addEventListener("visibilitychange", markRead);

// What comes

const handlers = {
  message(frame) {
    const room = rooms.get(frame.room);
    if (room) room.last_id = Math.max(room.last_id, frame.id);
    if (frame.sender !== me) connection.put({ type: "delivered", room: frame.room, id: frame.id });
    if (current?.id === frame.room) {
      const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
      show(frame);
      if (atEnd) list.scrollTop = list.scrollHeight;
      markRead();
      showMarks();
    }
    showRooms();
  },
  ack(frame) {
    const item = list.querySelector(`li[data-client="${frame.client_id}"]`);
    if (!item) return;
    item.remove();
    show({ ...frame, sender: me, body: item.querySelector("p").textContent });
    showMarks();
  },
  mark(frame) {
    const member = current?.id === frame.room && current.members?.get(frame.username);
    if (!member) return;
    member.delivered_id = Math.max(member.delivered_id, frame.id);
    if (frame.type === "read") member.read_id = Math.max(member.read_id, frame.id);
    showMarks();
  },
  presence(frame) {
    const member = current?.members?.get(frame.username);
    if (!member) return;
    Object.assign(member, { online: frame.online, last_seen: frame.last_seen });
    showMembers();
  },
  async moved(frame) {
    if (frame.username === me && frame.type === "left") drop(frame.room);
    await attempt(loadRooms);
    if (current?.id === frame.room) await attempt(loadMembers);
  },
  error(frame) {
    const item = frame.client_id && list.querySelector(`li[data-client="${frame.client_id}"]`);
    item?.remove();
    complain(new Error(frame.detail));
  },
};
Object.assign(handlers, {
  delivered: handlers.mark, read: handlers.mark, joined: handlers.moved, left: handlers.moved,
  hello(frame) {
    const mine = new Set(frame.rooms.map(({ room }) => room));
    [...rooms.values()].filter((room) => isMember(room) && !mine.has(room.id)).forEach(({ id }) => drop(id));
    attempt(loadRooms);
    if (current) attempt(loadMembers);
    markRead();
  },
});

function receive(frame) {
  handlers[frame.type]?.(frame);
}

start().catch((error) => {
  find("#welcome").hidden = false;
  if (error.status !== 401) complain(error);
});
