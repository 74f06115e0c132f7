// Subtitles beside a bare file: their playlist's segments around the present moment, parsed by the
// browser itself through a short-lived <track>, so that a film plays untouched and still has words.

const AHEAD = 30; // seconds

export class Texts {
  /** `events.cues` takes what was parsed; null empties it. */
  constructor(video, events) {
    this.video = video;
    this.events = events;
    this.chosen = null;
    this.segments = [];
    this.step = () => this.load();
    video.addEventListener("timeupdate", this.step);
    video.addEventListener("seeking", this.step);
  }

  async choose(track) {
    this.chosen = track?.id ?? null;
    this.segments = [];
    this.events.cues(null);
    if (!track?.url) return;
    const base = new URL(track.url, location.href);
    const answer = await fetch(base);
    const found = answer.ok ? segmentsOf(await answer.text(), base) : [];
    if (this.chosen !== track.id) return; // another was chosen meanwhile
    this.segments = found;
    this.load();
  }

  load() {
    const at = this.video.currentTime;
    for (const segment of this.segments) {
      const near = segment.end > at - 1 && segment.start < at + AHEAD;
      if (near && !segment.asked) this.fetch(segment);
    }
  }

  fetch(segment) {
    segment.asked = true;
    const mine = this.chosen;
    const element = Object.assign(document.createElement("track"), { kind: "metadata", src: segment.url });
    element.addEventListener("load", () => {
      const cues = [...(element.track.cues ?? [])];
      cues.forEach((cue) => element.track.removeCue(cue));
      if (this.chosen === mine) this.events.cues(cues);
      element.remove();
    });
    element.addEventListener("error", () => {
      element.remove();
      setTimeout(() => { segment.asked = false; }, 5000);
    });
    this.video.append(element);
    element.track.mode = "hidden"; // a disabled track never loads
  }

  close() {
    this.video.removeEventListener("timeupdate", this.step);
    this.video.removeEventListener("seeking", this.step);
    this.chosen = null;
  }
}

function segmentsOf(playlist, base) {
  const segments = [];
  let at = 0;
  let length = 0;
  for (const line of playlist.split("\n")) {
    if (line.startsWith("#EXTINF:")) length = parseFloat(line.slice(8));
    else if (line && !line.startsWith("#")) {
      segments.push({ start: at, end: at + length, url: new URL(line, base).href, asked: false });
      at += length;
    }
  }
  return segments;
}
