// Subtitles that are pictures (Blu-ray, DVD, DVB): their windows around the present moment become
// cues without words, so timing, offset and switching off work as for all others.

const AHEAD = 20; // seconds

export class Images {
  /** `take(cues)` gets what was fetched; null empties it. */
  constructor(video, take) {
    this.video = video;
    this.take = take;
    this.track = null;
    this.windows = new Map();
    this.step = () => this.load();
    video.addEventListener("timeupdate", this.step);
    video.addEventListener("seeking", this.step);
  }

  choose(track) {
    if (this.track === track) return;
    if (this.track) this.take(null);
    this.track = track;
    this.windows = new Map();
    this.load();
  }

  load() {
    if (!this.track) return;
    const { window } = this.track.images;
    const at = this.video.currentTime;
    const last = this.video.duration || at + AHEAD;
    for (let k = Math.max(0, Math.floor((at - 1) / window)); k * window < Math.min(at + AHEAD, last); k++) {
      if (!this.windows.has(k)) this.fetch(k);
    }
  }

  async fetch(k) {
    const { track, windows } = this;
    windows.set(k, true);
    try {
      const base = new URL(track.images.url, location.href);
      const answer = await fetch(new URL(`${k}.json`, base));
      if (!answer.ok) throw new Error(answer.status);
      const { cues } = await answer.json();
      if (this.windows === windows) this.take(cues.map((cue) => cueOf(cue, base)));
    } catch {
      setTimeout(() => windows.delete(k), 5000);
    }
  }

  close() {
    this.video.removeEventListener("timeupdate", this.step);
    this.video.removeEventListener("seeking", this.step);
    this.choose(null);
  }
}

function cueOf(cue, base) {
  const made = new VTTCue(cue.start, cue.end, cue.src);
  const image = new Image();
  image.src = new URL(cue.src, base).href; // fetched now, so that it is there in time
  image.alt = "";
  made.image = { ...cue, image };
  return made;
}

/** Where the picture of `video` lies within its element: what `object-fit: contain` leaves. */
export function pictureBox(video) {
  const { clientWidth: width, clientHeight: height, videoWidth, videoHeight } = video;
  const scale = Math.min(width / videoWidth, height / videoHeight) || 0;
  const shown = { width: videoWidth * scale, height: videoHeight * scale };
  return { left: (width - shown.width) / 2, top: (height - shown.height) / 2, ...shown };
}

/** The images of `cues` laid over the picture of `video`; kept on the screen, and off the lowest `floor` pixels. */
export function layOut(cues, video, floor, size) {
  const picture = pictureBox(video);
  return cues.map(({ image: cue }) => {
    const width = cue.width * picture.width * size;
    const height = cue.height * picture.height * size;
    // A larger cue grows from the middle of its lower edge.
    const left = picture.left + (cue.x + cue.width / 2) * picture.width - width / 2;
    const top = picture.top + (cue.y + cue.height) * picture.height - height;
    const low = cue.y + cue.height / 2 > 0.5;
    Object.assign(cue.image.style, {
      width: `${width}px`,
      height: `${height}px`,
      left: `${Math.max(0, Math.min(left, video.clientWidth - width))}px`,
      top: `${Math.max(0, Math.min(top, video.clientHeight - (low ? floor : 0) - height))}px`,
    });
    return cue.image;
  });
}
