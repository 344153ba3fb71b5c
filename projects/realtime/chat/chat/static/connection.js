// A connection to /ws that comes back by itself, and loses and doubles nothing.

const LARGEST = 4096; // bytes of a frame, as protocol.py has it: letters may have more than one

export class Connection {
  constructor(url, { frame, state }) {
    this.url = url;
    this.frame = frame; // called with each frame
    this.state = state; // called with "online", "connecting" or "offline"
    this.last = new Map(); // room: id of the last message that we have
    this.pending = new Map(); // client_id: a frame that nobody has acknowledged
    this.tries = 0;
    this.ended = false;
    this.open();
    window.addEventListener("online", () => this.retry(0));
  }

  open() {
    clearTimeout(this.timer);
    this.state("connecting");
    // hold: live messages of a room wait until we have said where we are, so that all are in order
    this.socket = new WebSocket(`${this.url}?hold=true`);
    this.socket.addEventListener("message", ({ data }) => this.receive(JSON.parse(data)));
    this.socket.addEventListener("close", () => this.retry(Math.min(30, 2 ** this.tries++ / 4)));
  }

  retry(seconds) {
    if (this.ended || this.socket.readyState <= WebSocket.OPEN) return;
    this.state("offline");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), seconds * 1000 * (0.5 + Math.random()));
  }

  receive(frame) {
    if (frame.type === "hello") {
      this.tries = 0;
      this.me = frame.username;
      const mine = new Set(frame.rooms.map(({ room }) => room));
      for (const room of [...this.last.keys()]) if (!mine.has(room)) this.last.delete(room);
      for (const { room, last_id } of frame.rooms) {
        if (!this.last.has(room)) this.last.set(room, last_id);
        this.put({ type: "resume", room, after: this.last.get(room) });
      }
      this.state("online");
      this.pending.forEach((waiting) => this.put(waiting));
    }
    if (frame.type === "message") {
      if (frame.id <= (this.last.get(frame.room) ?? 0)) return;
      this.last.set(frame.room, frame.id);
    }
    if (frame.username === this.me) {
      if (frame.type === "joined" && !this.last.has(frame.room)) this.last.set(frame.room, frame.last_id);
      if (frame.type === "left") this.last.delete(frame.room);
    }
    if (frame.type === "ack") this.pending.delete(frame.client_id);
    if (frame.type === "error" && this.pending.has(frame.client_id)) {
      const waiting = this.pending.get(frame.client_id);
      if (frame.code === "slow_down") {
        setTimeout(() => this.put(waiting), 1000 * frame.retry_after);
        return;
      }
      this.pending.delete(frame.client_id);
    }
    this.frame(frame);
  }

  // Send a message until it is acknowledged. Return its client_id, or null if it is too long.
  send(room, body) {
    const random = crypto.getRandomValues(new Uint32Array(4)); // randomUUID is for HTTPS alone
    const frame = { type: "send", room, body, client_id: [...random].map((it) => it.toString(36)).join("-") };
    if (new TextEncoder().encode(JSON.stringify(frame)).length > LARGEST) return null;
    this.pending.set(frame.client_id, frame);
    this.put(frame);
    return frame.client_id;
  }

  // Send a frame, and tell whether there was a connection to send it by.
  put(frame) {
    const isOpen = this.socket.readyState === WebSocket.OPEN;
    if (isOpen) this.socket.send(JSON.stringify(frame));
    return isOpen;
  }

  end() {
    this.ended = true;
    this.socket.close();
  }
}
