// Everything a key, a finger or a remote can ask of the player, and what is shown for it.
import { clockIn } from "../ends.js";
import { say } from "../server.js";
import { helpRows } from "./keyboard.js";

export class Commands {
  constructor(root) {
    this.root = root;
    this.controller = root.querySelector("media-controller");
    this.video = root.querySelector("video");
    this.idle = false;
    this.tv = "tv" in document.documentElement.dataset;
  }

  toggle() {
    if (this.video.paused) this.video.play();
    else this.video.pause();
  }

  seek(seconds) {
    if (Number.isFinite(seconds)) this.video.currentTime = Math.max(0, Math.min(seconds, this.video.duration || 0));
  }

  skip(seconds, side = seconds < 0 ? "left" : "right") {
    this.seek(this.video.currentTime + seconds);
    this.flash(`${seconds < 0 ? "−" : "+"}${Math.abs(seconds)} s`, side);
  }

  chapter(way) {
    const chapters = this.playback?.chapters ?? [];
    const at = this.video.currentTime;
    // Back within the first seconds of a chapter means the one before.
    const here = chapters.findLastIndex((one) => one.start <= at - (way < 0 ? 3 : 0) + 0.1);
    const target = chapters[way < 0 ? Math.max(0, here) : here + 1];
    if (!target) return;
    this.seek(target.start);
    this.flash(target.title);
  }

  louder(by) {
    this.video.volume = Math.max(0, Math.min(1, this.video.volume + by));
    if (by > 0) this.video.muted = false;
    this.flash(`Volume ${Math.round(this.video.volume * 100)} %`);
  }

  mute() {
    this.video.muted = !this.video.muted;
    this.flash(this.video.muted ? "Muted" : "Sound on");
  }

  frame(way) {
    if (!this.video.paused) return;
    const rate = this.stream?.hls?.levels?.[this.stream.hls.currentLevel]?.frameRate || 25;
    this.seek(this.video.currentTime + way / rate);
  }

  rate(by) {
    this.video.playbackRate = Math.max(0.25, Math.min(3, this.video.playbackRate + by));
    this.flash(`${this.video.playbackRate}×`);
  }

  async fullscreen() {
    try {
      if (document.fullscreenElement) await document.exitFullscreen();
      else if (this.root.requestFullscreen) await this.root.requestFullscreen();
      else this.video.webkitEnterFullscreen?.();
    } catch {
      say("This browser does not allow full screen here.");
    }
  }

  async pip() {
    try {
      if (document.pictureInPictureElement) await document.exitPictureInPicture();
      else await this.video.requestPictureInPicture?.();
    } catch {
      say("Picture in picture is not available here.");
    }
  }

  toggleCaptions() {
    const options = this.menus.lists.captions().filter((one) => one.choose);
    const on = options.find((one) => one.chosen && one.id !== null);
    const target = on ? options.find((one) => one.id === null) : options.find((one) => one.id === this.lastCaptions) ?? options[1];
    if (on) this.lastCaptions = on.id;
    this.take(target, "Subtitles");
  }

  nextCaptions() {
    this.takeNext("captions", "Subtitles");
  }

  nextAudio() {
    this.takeNext("audio", "Sound");
  }

  takeNext(list, name) {
    const options = this.menus.lists[list]().filter((one) => one.choose);
    const here = options.findIndex((one) => one.chosen);
    this.take(options[(here + 1) % options.length], name);
  }

  take(option, name) {
    if (!option) return;
    option.choose();
    this.flash(`${name}: ${option.label}`);
    this.menus.refresh();
  }

  moveCaptions(seconds) {
    this.flash(`Subtitles ${this.captions.move(seconds)}`);
  }

  sizeCaptions(steps) {
    this.flash(`Subtitles ${this.captions.resize(steps)}`);
  }

  skipSegment() {
    this.skipper.now();
  }

  async next() {
    if (this.watch.next) await this.turnTo(this.watch.next.href);
  }

  async previous() {
    if (this.watch.previous) await this.turnTo(this.watch.previous);
  }

  /** Another episode in the same page, so that full screen stays. */
  async turnTo(address) {
    try {
      const response = await fetch(address, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const watch = JSON.parse(page.getElementById("watch-data").textContent);
      history.replaceState(null, "", address);
      document.title = page.title;
      await this.load(watch);
    } catch {
      location.assign(address);
    }
  }

  show(watch) {
    this.root.querySelector(".now strong").textContent = watch.title;
    document.querySelector("h1").textContent = watch.title;
    this.root.querySelector(".now span").textContent = watch.line;
    this.root.querySelector("[data-back]").href = watch.back;
    const next = this.root.querySelector("#next-button");
    next.hidden = !watch.next;
    if (watch.next) next.title = `Next: ${watch.next.title}`;
  }

  escape() {
    if (this.closePanels()) return;
    if (document.fullscreenElement) document.exitFullscreen();
    else this.leave();
  }

  leave() {
    const ours = document.referrer.startsWith(location.origin) && history.length > 1;
    if (ours && !document.referrer.includes("/watch/")) history.back();
    else location.assign(this.watch.back);
  }

  help() {
    const panel = this.root.querySelector("#keys-panel");
    const rows = helpRows().flatMap(([key, help]) => {
      const term = document.createElement("dt");
      const meaning = document.createElement("dd");
      term.textContent = key;
      meaning.textContent = help;
      return [term, meaning];
    });
    panel.querySelector("[data-keys]").replaceChildren(...rows);
    panel.hidden = !panel.hidden;
  }

  /** Whether something was open. */
  closePanels() {
    const keys = this.root.querySelector("#keys-panel");
    const open = !keys.hidden;
    keys.hidden = true;
    return this.menus.close(true) || open;
  }

  /** Show the controls, and let them hide again after their three seconds. */
  wake() {
    this.controller.dispatchEvent(new PointerEvent("pointermove", { pointerType: "mouse", bubbles: true }));
  }

  /** The range itself sits in the element's shadow. */
  focusBar() {
    const bar = this.root.querySelector("media-time-range");
    (bar.shadowRoot?.querySelector("input") ?? bar).focus();
  }

  controls() {
    return [...this.root.querySelectorAll("media-control-bar > *")].filter(
      (one) => one.checkVisibility?.() !== false && one.matches("button, media-play-button, media-seek-backward-button, media-seek-forward-button, media-mute-button"),
    );
  }

  step(way) {
    const card = document.activeElement.closest(".up-next, .trouble");
    const all = card ? [...card.querySelectorAll("button:not([hidden]), a")] : this.controls();
    all[(all.indexOf(document.activeElement) + way + all.length) % all.length]?.focus();
  }

  /** Three storeys: the way back, the bar, the buttons. */
  storey(way) {
    const storeys = [this.root.querySelector("[data-back]"), this.root.querySelector("media-time-range"), this.controls()[0]];
    const here = document.activeElement;
    const at = here === storeys[0] ? 0 : here === storeys[1] ? 1 : 2;
    const to = Math.max(0, Math.min(2, at + way));
    if (to === 1) this.focusBar();
    else storeys[to]?.focus();
  }

  flash(words, side = "") {
    const box = this.root.querySelector(".flash");
    const note = document.createElement("span");
    note.className = side;
    note.textContent = words;
    box.replaceChildren(note);
    note.addEventListener("animationend", () => note.remove());
  }

  tellEnd() {
    const { duration, currentTime, playbackRate } = this.video;
    const place = this.root.querySelector("[data-ends]");
    place.hidden = !Number.isFinite(duration);
    if (!place.hidden) place.textContent = `ends at ${clockIn((duration - currentTime) / playbackRate)}`;
  }

  button(place, words, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button small";
    button.textContent = words;
    button.addEventListener("click", act);
    place.append(button);
  }
}
