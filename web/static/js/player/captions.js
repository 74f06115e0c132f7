// Subtitles drawn by us: their size, their timing and their place above the controls are ours.
// The browser parses the WebVTT; its fragments hold text and plain markup only.
import { layOut } from "./images.js";
import { textTracks } from "./stream.js";

const SIZES = [0.6, 0.75, 0.9, 1, 1.15, 1.35, 1.6, 2];

export class Captions {
  constructor(video, box) {
    this.video = video;
    this.box = box;
    this.track = null;
    this.offset = Number(read("caption offset")) || 0;
    this.moved = () => undefined;
    this.yielded = false;
    this.shifted = new WeakMap();
    this.redraw = () => this.draw();
    this.size = Number(read("caption size")) || 1;
    box.style.setProperty("--caption-size", this.size);
    // One track of our own holds what a stream brings; a bare file brings tracks itself.
    this.own = video.addTextTrack("metadata", "streamed subtitles");
    this.own.mode = "hidden";
    this.own.addEventListener("cuechange", this.redraw);
    // Pictures keep to the picture of the film, whatever its size.
    new ResizeObserver(this.redraw).observe(video);
    new MutationObserver(this.redraw).observe(box.parentElement, { attributes: true, attributeFilter: ["data-idle"] });
    video.addEventListener("resize", this.redraw);
    video.textTracks.addEventListener("change", () => this.adopt());
    video.textTracks.addEventListener("addtrack", () => this.adopt());
  }

  /** Cues that a stream brought; null when it changes to another language or ends. */
  take(cues) {
    if (cues === null) {
      for (const cue of [...(this.own.cues ?? [])]) this.own.removeCue(cue);
      this.known = new Set();
      this.draw();
      return;
    }
    for (const cue of cues) {
      const key = `${cue.startTime} ${cue.endTime} ${cue.text}`;
      if (this.known?.has(key)) continue; // segments repeat what reaches over their edge
      (this.known ??= new Set()).add(key);
      this.own.addCue(cue);
    }
    this.shift();
  }

  get any() {
    return Boolean(this.track) || Boolean(this.own.cues?.length);
  }

  /** Show the track that is switched on, wherever it came from. */
  adopt() {
    const found = textTracks(this.video).find((track) => track.mode !== "disabled") ?? null;
    if (found?.mode === "showing") found.mode = "hidden";
    if (found === this.track) return;
    this.track?.removeEventListener("cuechange", this.redraw);
    this.track = found;
    this.track?.addEventListener("cuechange", this.redraw);
    this.draw();
  }

  draw() {
    const active = [...(this.track?.activeCues ?? []), ...(this.own.activeCues ?? [])];
    const cues = this.yielded ? [] : active.filter((cue) => !cue.image);
    const images = active.filter((cue) => cue.image);
    // What draws for itself stays; only what we drew is replaced.
    this.box.querySelectorAll(".region, img").forEach((one) => one.remove());
    this.box.append(...layOut(images, this.video, this.floor(), this.size));
    this.box.append(...[...groups(cues)].map(([place, lines]) => {
      const region = document.createElement("div");
      region.className = `region ${place}`;
      region.append(...lines);
      return region;
    }));
    this.shift();
  }

  /** Height at the bottom that the controls cover now. */
  floor() {
    return this.box.parentElement.hasAttribute("data-idle") ? 0 : parseFloat(getComputedStyle(this.box).getPropertyValue("--controls")) || 0;
  }

  /** Words step aside while the same subtitles are drawn in their own style. */
  yield(on) {
    if (this.yielded === on) return;
    this.yielded = on;
    this.draw();
  }

  resize(steps) {
    const here = SIZES.findIndex((size) => size >= this.size);
    this.size = SIZES[Math.min(SIZES.length - 1, Math.max(0, here + steps))];
    this.box.style.setProperty("--caption-size", this.size);
    write("caption size", this.size);
    this.draw();
    return `${Math.round(this.size * 100)} %`;
  }

  move(seconds) {
    this.offset = Math.round((this.offset + seconds) * 10) / 10;
    write("caption offset", this.offset);
    this.shift();
    this.moved(this.offset);
    return `${this.offset > 0 ? "+" : ""}${this.offset.toFixed(1)} s`;
  }

  /** Cues arrive while playing, so each remembers how far it has been moved already. */
  shift() {
    for (const cue of [...(this.track?.cues ?? []), ...(this.own.cues ?? [])]) {
      const by = this.offset - (this.shifted.get(cue) ?? 0);
      if (!by) continue;
      cue.startTime += by;
      cue.endTime += by;
      this.shifted.set(cue, this.offset);
    }
  }
}

function groups(cues) {
  const found = new Map();
  for (const cue of cues) {
    const line = document.createElement("div");
    line.className = "cue";
    line.append(cue.getCueAsHTML());
    const place = placeOf(cue);
    found.set(place, [...(found.get(place) ?? []), line]);
  }
  return found;
}

function placeOf(cue) {
  const top = typeof cue.line === "number" && (cue.snapToLines ? cue.line >= 0 && cue.line < 6 : cue.line < 50);
  const side = ["start", "left"].includes(cue.align) ? "start" : ["end", "right"].includes(cue.align) ? "end" : "";
  return `${top ? "top" : ""} ${side}`.trim();
}

export function read(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

export function write(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // then it holds for this page only
  }
}
