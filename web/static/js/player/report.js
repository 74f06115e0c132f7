// Telling the server where one is: every ten seconds, at each pause and seek, and when leaving.
import { ask } from "../server.js";

const EVERY = 10_000;

export class Reporter {
  constructor(video, quality) {
    this.video = video;
    this.quality = quality;
    this.session = null;
    this.seq = 0;
    this.began = false;
    video.addEventListener("playing", () => { this.began = true; this.send(); });
    video.addEventListener("pause", () => this.send());
    video.addEventListener("seeked", () => this.send());
    video.addEventListener("ended", () => this.send("stopped"));
    setInterval(() => !video.paused && this.send(), EVERY);
    addEventListener("pagehide", () => this.send("stopped", true));
    document.addEventListener("visibilitychange", () => document.hidden && this.send(null, true));
  }

  follow(session) {
    this.session = session;
    this.seq = 0;
    this.began = false;
  }

  /** Nothing is told before the picture moved: a page opened and closed is no watching. */
  send(state = null, keepalive = false) {
    if (!this.session || !this.began) return;
    const body = {
      position: Math.max(0, this.video.currentTime || 0),
      state: state ?? (this.video.paused ? "paused" : "playing"),
      seq: ++this.seq,
      quality: this.quality(),
    };
    // A lost report costs nothing: the next one says it again.
    return ask("PUT", `/api/playback/${this.session}`, body, { keepalive }).catch(() => undefined);
  }

  async end() {
    await this.send("stopped", true);
    this.session = null;
  }
}
