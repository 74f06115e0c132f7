// ASS drawn by libass (jassub) with its own styles and fonts. Loaded only when such a track is
// chosen; whatever goes wrong, the plain words that run along with it are shown instead.

const AHEAD = 20; // seconds
const PLAIN_HEADER = /PlayResX:\s*384\b/; // what FFmpeg writes above subtitles that had no style

export class Styled {
  /** `vendor`: addresses of jassub, its worker, its wasm and its font; `shown(true)` when it draws. */
  constructor(video, box, vendor, shown) {
    Object.assign(this, { video, box, vendor, shown });
    this.track = null;
    this.step = () => this.load();
    video.addEventListener("timeupdate", this.step);
    video.addEventListener("seeking", this.step);
  }

  async choose(track, offset) {
    if (this.track === track) return;
    this.stop();
    this.track = track;
    if (!track?.script || !able()) return;
    try {
      const answer = await fetch(track.script.url);
      const header = answer.ok ? await answer.text() : "";
      if (this.track !== track || !styled(header, track.script)) return;
      await this.start(track, header, offset);
    } catch (fault) {
      console.warn("styled subtitles:", fault);
      if (this.track === track) this.stop();
    }
  }

  async start(track, header, offset) {
    const { default: Jassub } = await import(this.vendor.module);
    if (this.track !== track) return;
    const canvas = document.createElement("canvas");
    canvas.className = "styled";
    this.box.append(canvas);
    this.canvas = canvas;
    const made = new Jassub({
      video: this.video,
      canvas,
      subContent: header,
      fonts: track.script.fonts.map(absolute),
      availableFonts: { "liberation sans": absolute(this.vendor.font) },
      workerUrl: this.vendor.worker,
      wasmUrl: absolute(this.vendor.wasm),
      modernWasmUrl: absolute(this.vendor.modern),
      queryFonts: false,
      timeOffset: -offset,
      libassMemoryLimit: 64,
    });
    this.made = made;
    await made.ready;
    if (this.made !== made) return;
    this.windows = new Set();
    this.load();
    this.paint();
    this.shown(true);
  }

  load() {
    const script = this.track?.script;
    if (!this.windows || !script?.lines) return;
    const at = this.video.currentTime;
    const last = this.video.duration || at + AHEAD;
    for (let k = Math.max(0, Math.floor((at - 1) / script.window)); k * script.window < Math.min(at + AHEAD, last); k++) {
      if (!this.windows.has(k)) this.fetch(k);
    }
  }

  async fetch(k) {
    const { made, windows } = this;
    windows.add(k);
    try {
      const answer = await fetch(`${this.track.script.lines}${k}.json`);
      if (!answer.ok) throw new Error(answer.status);
      const { events } = await answer.json();
      // libass knows a line that it has been given before by its number
      for (const { start, duration, data } of events) {
        if (this.made === made) await made.renderer.processChunk(data, Math.round(start * 1000), Math.round(duration * 1000));
      }
      if (this.made === made) this.paint();
    } catch {
      setTimeout(() => windows.delete(k), 5000);
    }
  }

  /** A film that stands still asks for nothing. */
  paint() {
    const { currentTime: mediaTime, videoWidth: width, videoHeight: height } = this.video;
    if (width && this.made.renderer) this.made.manualRender({ mediaTime, width, height }, true);
  }

  move(offset) {
    if (!this.made) return;
    this.made.timeOffset = -offset;
    this.paint();
  }

  stop() {
    this.made?.destroy().catch(() => undefined);
    this.canvas?.remove();
    this.made = this.canvas = this.windows = null;
    this.track = null;
    this.shown(false);
  }

  close() {
    this.video.removeEventListener("timeupdate", this.step);
    this.video.removeEventListener("seeking", this.step);
    this.stop();
  }
}

function absolute(address) {
  return new URL(address, location.href).href;
}

function able() {
  return "WebAssembly" in globalThis && "OffscreenCanvas" in globalThis && "transferControlToOffscreen" in HTMLCanvasElement.prototype
    && "requestVideoFrameCallback" in HTMLVideoElement.prototype;
}

/** Whether somebody designed it; plain words look better in our own style and size. */
function styled(header, script) {
  const styles = header.match(/^Style:/gm)?.length ?? 0;
  if (!styles) return false;
  const overrides = !script.lines && /\{\\(?!i[01]\}|b[01]\})/.test(header);
  return styles > 1 || script.fonts.length > 0 || overrides || !PLAIN_HEADER.test(header);
}
