// The player: asks the server for a playback the moment the page is there, puts it into the video,
// and ties controls, keys, menus and reports together. `<html data-player>` says how it goes.
import { BACK_KEYS } from "./remote.js";
import { ask } from "./server.js";
import { capabilities } from "./player/capabilities.js";
import { Captions, read, write } from "./player/captions.js";
import { Commands } from "./player/commands.js";
import * as gestures from "./player/gestures.js";
import { glimpse } from "./player/glimpse.js";
import * as keyboard from "./player/keyboard.js";
import { Menus } from "./player/menus.js";
import { Skip, UpNext, segmentsOf } from "./player/next.js";
import { Reporter } from "./player/report.js";
import { audioList, captionList, factsOf, qualityList, qualityWords } from "./player/lists.js";
import { withOverlay } from "./player/overlay.js";
import { open } from "./player/stream.js";
import * as system from "./player/system.js";
import { addTracks } from "./player/tracks.js";
import { Trouble } from "./player/trouble.js";
import { explain } from "./player/why.js";

const BASELINE = { video: [{ codec: "h264", max_height: 1080 }], audio: [{ codec: "aac", channels: 2 }], containers: ["mp4"], subtitles: ["webvtt"] };
const PLAIN_RETRIES = 2;

export function mount(root) {
  const player = new Player(root);
  player.load(JSON.parse(document.getElementById("watch-data").textContent));
  import(root.dataset.mediaChrome);
}

function jassub({ dataset }) {
  return { module: dataset.jassub, worker: dataset.jassubWorker, wasm: dataset.jassubWasm, modern: dataset.jassubModern, font: dataset.jassubFont };
}

class Player extends Commands {
  constructor(root) {
    super(root);
    this.choice = {}; // what the person asked for on this page: audio, subtitle, max_height
    this.captions = new Captions(this.video, root.querySelector(".captions"));
    this.reporter = new Reporter(this.video, () => qualityWords(this));
    this.upNext = new UpNext(this.video, root.querySelector("#up-next"), () => this.next());
    this.skipper = new Skip(this.video, root.querySelector("#skip"));
    this.trouble = new Trouble(root.querySelector("#trouble"), this);
    this.menus = new Menus(root, {
      audio: () => audioList(this),
      captions: () => captionList(this),
      quality: () => qualityList(this),
    });
    system.stayAwake(this.video);
    keyboard.listen(this);
    gestures.listen(this, root);
    glimpse(this.video, root.querySelector("media-time-range"));
    this.watchVideo();
    this.watchControls();
  }

  /** Plays `watch` (the page's data). `at` and `can` are for carrying on after a fault. */
  async load(watch, { at = watch.start, can = null } = {}) {
    const turn = (this.turn = (this.turn ?? 0) + 1); // a later load overtakes this one
    this.state("loading");
    this.trouble.clear();
    this.watch = watch;
    this.show(watch);
    this.stop();
    try {
      const playback = await ask("POST", `/api/items/${watch.id}/playback`, {
        capabilities: can ?? (await capabilities()),
        version_id: watch.version ?? undefined,
        audio: this.choice.audio ?? read("audio language") ?? undefined,
        max_height: this.choice.max_height ?? undefined,
        start: at ?? undefined,
      });
      if (turn !== this.turn) return;
      this.playback = playback;
      this.can = can;
      await this.begin(playback, at ?? playback.start_at ?? 0, turn);
    } catch (problem) {
      if (turn === this.turn) this.trouble.show(problem);
    }
  }

  async begin(playback, at, turn) {
    this.reporter.follow(playback.session_id);
    document.documentElement.dataset.playerMode = playback.decision.mode;
    this.removeTracks = addTracks(this.video, playback);
    const segments = segmentsOf(playback);
    this.upNext.offer(this.watch.next, segments);
    this.skipper.offer(segments);
    const stream = await open(this.video, playback, at, {
      ready: () => this.settle(),
      changed: () => this.changed(),
      cues: (cues) => this.captions.take(cues),
      unreadable: () => this.flash("These subtitles cannot be read"),
      failed: (fault) => turn === this.turn && this.recover(fault),
    }, this.root.dataset.hls);
    if (turn !== this.turn) return stream.close();
    this.stream = withOverlay(stream, this.video, playback, this.captions, jassub(this.root));
    this.settle();
    system.announce(this.watch, this);
    this.play();
  }

  /** Tracks and qualities are known: apply what was chosen before, offer the rest. */
  settle() {
    const wanted = read("caption language");
    if (this.stream && wanted && wanted !== "off") {
      const found = this.stream.subtitles().find(({ language, forced }) => language === wanted && !forced);
      if (found) this.stream.chooseSubtitle(found.id);
    }
    this.changed();
  }

  changed() {
    if (!this.stream || !this.playback) return;
    this.captions.adopt();
    this.menus.refresh();
    const remedy = explain(this.root.querySelector("#why-panel"), this.playback, factsOf(this));
    if (this.playback.decision.mode === "transcode" && this.choice.max_height) {
      this.button(remedy, "Play in original quality", () => this.again({ max_height: null }));
    }
  }

  /** Ask anew with another choice, and carry on where one was. */
  again(choice) {
    Object.assign(this.choice, choice);
    const at = this.video.currentTime || this.watch.start;
    return this.load(this.watch, { at, can: this.can });
  }

  /** First anew with the same wishes, then with what every browser plays, then say so. */
  recover(fault) {
    this.retries = (this.retries ?? 0) + 1;
    const at = this.video.currentTime || this.watch.start;
    if (fault.kind === "network" && fault.status !== 503 && this.retries <= PLAIN_RETRIES) {
      return this.load(this.watch, { at, can: this.can });
    }
    if (fault.kind === "media" && !this.can) return this.load(this.watch, { at, can: BASELINE });
    return this.trouble.show(fault);
  }

  stop() {
    this.reporter.end();
    this.stream?.close();
    this.stream = null;
    this.removeTracks?.();
    this.captions.take(null);
  }

  async play() {
    try {
      await this.video.play();
    } catch (fault) {
      if (fault.name !== "NotAllowedError") return;
      // The browser wants a touch first: one large button asks for it.
      this.state("blocked");
      const button = document.createElement("button");
      button.className = "start";
      button.setAttribute("aria-label", "Play");
      button.append(this.root.querySelector("svg[slot=play]").cloneNode(true));
      button.firstElementChild.removeAttribute("slot");
      button.addEventListener("click", () => this.video.play());
      this.video.addEventListener("play", () => button.remove(), { once: true });
      this.root.append(button);
      button.focus();
    }
  }

  state(name) {
    document.documentElement.dataset.player = name;
  }

  watchVideo() {
    const { video } = this;
    video.addEventListener("playing", () => {
      this.retries = 0;
      this.state("playing");
    });
    video.addEventListener("pause", () => this.state(video.ended ? "ended" : "paused"));
    video.addEventListener("waiting", () => this.state("waiting"));
    video.addEventListener("ended", () => {
      this.state("ended");
      if (!this.upNext.next || this.upNext.hidden) this.wake();
    });
    for (const name of ["playing", "pause", "seeked", "ratechange"]) {
      video.addEventListener(name, () => system.tellPosition(video));
    }
    video.addEventListener("timeupdate", () => this.tellEnd());
  }

  watchControls() {
    const note = () => {
      this.idle = this.controller.hasAttribute("userinactive") && !this.video.paused;
      this.root.toggleAttribute("data-idle", this.idle);
    };
    new MutationObserver(note).observe(this.controller, { attributes: true, attributeFilter: ["userinactive", "mediapaused"] });
    // Controls stay while a menu is open.
    this.root.addEventListener("panel", ({ detail }) => this.controller.setAttribute("autohide", detail ? "-1" : "3"));
    this.root.querySelector("[data-back]").addEventListener("click", (event) => {
      event.preventDefault();
      this.leave();
    });
    this.root.querySelector("#next-button").addEventListener("click", () => this.next());
    if (this.tv) addEventListener("keydown", (event) => BACK_KEYS.has(event.keyCode) && event.preventDefault());
  }

  rememberAudio(language) {
    if (language) write("audio language", language);
  }

  rememberCaptions(language) {
    write("caption language", language ?? "off");
  }
}
