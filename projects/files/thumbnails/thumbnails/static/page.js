// The upload page: a card for each image, kept up to date by asking for its job.

import { ask } from "../common/api.js";

const form = document.getElementById("upload");
const input = document.getElementById("files");
const list = document.getElementById("cards");
const said = document.getElementById("said"); // read out by screen readers
const { jobs, images, mostBytes } = document.getElementById("app").dataset;

const FIRST_WAIT = 250; // ms until a job is asked for again, and ...
const SLOWER = 1.5; // ... longer by this each time that nothing has changed, up to ...
const LONGEST_WAIT = 8000;
const AT_ONCE = 3; // uploads
const SHOWN = 24; // cards from earlier visits

const WORDS = {
  uploading: "Uploading", queued: "Waiting", running: "Working", done: "Done", failed: "Failed",
  refused: "Refused",
};

function inBytes(number) {
  return number < 1e6 ? `${Math.ceil(number / 1e3)} kB` : `${(number / 1e6).toFixed(1)} MB`;
}

class Card {
  static byJob = new Map();

  constructor(name) {
    this.name = name;
    this.element = document.getElementById("card").content.cloneNode(true).firstElementChild;
    this.part("h2").textContent = this.part("h2").title = name;
    this.part(".retry").onclick = () => this.attempt(() => this.retry());
    this.part(".delete").onclick = () => this.attempt(() => this.delete());
  }

  part(selector) {
    return this.element.querySelector(selector);
  }

  set status(name) {
    if (this.element.dataset.status && name !== "uploading") said.textContent = `${this.name}: ${WORDS[name]}`;
    this.element.dataset.status = name; // the stylesheet hides and colours by it
    this.part(".badge").textContent = WORDS[name];
  }

  set error(text) {
    this.part(".error").textContent = text ?? "";
  }

  set facts(facts) {
    this.part(".facts").textContent = facts.join(" · ");
  }

  async upload(file) {
    this.facts = [inBytes(file.size)];
    try {
      if (file.size > mostBytes) throw new Error(`This is more than ${inBytes(mostBytes)}.`);
      const form = new FormData();
      form.append("image", file);
      const { answer: { job } } = await ask(images, { method: "POST", form });
      Card.byJob.get(job.id)?.remove(); // the same content was here already
      await this.follow(job);
    } catch (error) {
      this.status = "refused";
      this.error = error.message;
      this.part(".delete").textContent = "Remove";
    }
  }

  // Show how far the job is, and look again as long as that can change.
  async follow(job, wait = FIRST_WAIT) {
    const moved = JSON.stringify(job) !== JSON.stringify(this.job);
    this.job = job;
    Card.byJob.set(job.id, this);
    if (moved) {
      if (job.status !== this.element.dataset.status) this.status = job.status;
      const next = new Date(job.due_at).toLocaleTimeString();
      this.error = job.error && job.status === "queued" ? `${job.error} Next attempt at ${next}.` : job.error;
      this.part("progress").max = job.progress.total;
      this.part("progress").value = job.progress.done;
      const { answer: image } = await ask(`${images}/${job.image_id}`);
      this.show(image);
    }
    if (["queued", "running"].includes(job.status)) {
      this.lookAgain(moved ? FIRST_WAIT : Math.min(wait * SLOWER, LONGEST_WAIT));
    }
  }

  lookAgain(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      try {
        const { answer: job } = await ask(`${jobs}/${this.job.id}`);
        await this.follow(job, wait);
      } catch (error) {
        if (error.status === 404) this.remove(); // somebody else has deleted it
        else this.lookAgain(LONGEST_WAIT); // the connection may come back
      }
    }, wait);
  }

  show(image) {
    this.facts = [`${image.width} × ${image.height}`, image.format, inBytes(image.bytes)];
    const ready = image.thumbnails.filter((thumbnail) => thumbnail.rendered_at);
    this.part(".sizes").replaceChildren(...ready.map((thumbnail) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = thumbnail.url;
      link.textContent = thumbnail.name;
      item.append(link, ` ${thumbnail.width} × ${thumbnail.height}`);
      return item;
    }));
    const whole = ready.filter((thumbnail) => thumbnail.spec.endsWith(":fit"));
    const largest = (whole.length ? whole : ready).sort((a, b) => b.width - a.width)[0];
    if (!largest) return;
    this.part(".view").href = largest.url;
    const picture = this.part("img");
    picture.alt = `${this.name}, small`;
    picture.src = largest.url;
  }

  async retry() {
    const { answer: job } = await ask(`${jobs}/${this.job.id}/retry`, { method: "POST" });
    await this.follow(job);
  }

  async delete() {
    if (this.job) await ask(`${images}/${this.job.image_id}`, { method: "DELETE" });
    said.textContent = `${this.name}: deleted`;
    const next = this.element.nextElementSibling ?? this.element.previousElementSibling;
    (next?.querySelector("button.delete") ?? input).focus(); // not lost with the card
    this.remove();
  }

  async attempt(action) {
    await action().catch((error) => { this.error = error.message; });
  }

  remove() {
    clearTimeout(this.timer);
    Card.byJob.delete(this.job?.id);
    this.element.remove();
  }
}

async function uploadAll(files) {
  const waiting = [...files].map((file) => ({ file, card: new Card(file.name) }));
  for (const { card } of waiting) card.status = "uploading";
  list.prepend(...waiting.map(({ card }) => card.element));
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await next.card.upload(next.file);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function showEarlier() {
  const { answer: found } = await ask(`${jobs}?per_page=${SHOWN}`);
  for (const job of found.filter((one) => !Card.byJob.has(one.id))) {
    const card = new Card(`Image ${job.image_id.slice(0, 6)}`);
    list.append(card.element);
    card.attempt(() => card.follow(job));
  }
}

input.addEventListener("change", () => {
  uploadAll(input.files);
  input.value = ""; // so that the same file can be chosen again
});
document.addEventListener("paste", (event) => uploadAll(event.clipboardData.files));
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  form.classList.add("over");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) form.classList.remove("over"); // it has left the window
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  form.classList.remove("over");
  uploadAll(event.dataTransfer.files);
});

showEarlier()
  .catch((error) => {
    document.getElementById("trouble").textContent = error.message;
  })
  .finally(() => list.classList.add("loaded"));
