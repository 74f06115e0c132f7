// Near the end of an episode: the next one, counted down; and the button that skips an intro.

const SKIPPABLE = { intro: "Skip intro", recap: "Skip recap", outro: "Skip credits", credits: "Skip credits", commercial: "Skip adverts" };
const OFFERED = new Set(["intro", "outro", "credits"]);

const NAMED = [
  ["intro", /^(intro|opening|titles?|vorspann)\b/i],
  ["recap", /^(recap|previously)\b/i],
  ["outro", /^(outro|credits|end credits|ending|abspann)\b/i],
];

/** What the server found, else what the chapters are called. */
export function segmentsOf({ segments_to_skip: found, chapters }) {
  if (found?.length) return found;
  return (chapters ?? []).flatMap((one) => {
    const kind = NAMED.find(([, name]) => name.test(one.title))?.[0];
    return kind ? [{ kind, start: one.start, end: one.end }] : [];
  });
}

/** With a remote, what has just been offered is what the next press means. */
function reveal(element, inside) {
  element.hidden = false;
  if ("tv" in document.documentElement.dataset) (inside ? element.querySelector(inside) : element).focus();
}

/** Seconds before the end: longer films have longer credits; nothing for short ones. */
export function lead(duration) {
  if (duration < 600) return 0;
  return duration >= 3000 ? 40 : duration >= 2400 ? 35 : 30;
}

export class UpNext {
  constructor(video, card, go) {
    this.video = video;
    this.card = card;
    this.go = go;
    this.next = null;
    this.hidden = false;
    card.querySelector("[data-now]").addEventListener("click", (event) => {
      event.preventDefault();
      go();
    });
    card.querySelector("[data-hide]").addEventListener("click", () => this.dismiss());
    video.addEventListener("timeupdate", () => this.update());
    video.addEventListener("seeked", () => { this.hidden = false; });
    video.addEventListener("ended", () => this.next && !this.hidden && go());
  }

  offer(next, segments) {
    this.next = next;
    this.hidden = false;
    this.credits = segments.find(({ kind }) => kind === "outro" || kind === "credits")?.start ?? null;
    this.card.hidden = true;
    if (!next) return;
    this.card.querySelector("strong").textContent = next.title;
    this.card.querySelector("[data-line]").textContent = next.line;
    this.card.querySelector("[data-now]").href = next.href;
    const image = this.card.querySelector("img");
    this.card.querySelector(".bare").hidden = Boolean(next.artwork);
    image.hidden = !next.artwork;
    if (next.artwork) image.src = next.artwork;
  }

  update() {
    const { duration, currentTime } = this.video;
    if (!this.next || this.hidden || !Number.isFinite(duration)) return;
    const from = this.credits ?? duration - lead(duration);
    const left = Math.ceil(duration - currentTime);
    const wanted = this.credits !== null || lead(duration) > 0;
    const show = wanted && currentTime >= from && currentTime < duration;
    if (show && this.card.hidden && left < 20) return; // too late to be read
    if (show && this.card.hidden) reveal(this.card, "[data-now]");
    this.card.hidden = !show;
    this.card.querySelector("[data-seconds]").textContent = `${left} s`;
  }

  dismiss() {
    this.hidden = true;
    this.card.hidden = true;
  }
}

export class Skip {
  constructor(video, button) {
    this.video = video;
    this.button = button;
    this.segments = [];
    button.addEventListener("click", () => this.now());
    video.addEventListener("timeupdate", () => this.update());
  }

  offer(segments) {
    this.segments = segments.filter((one) => one.end - one.start >= 1);
    this.update();
  }

  here() {
    const at = this.video.currentTime;
    return this.segments.find((one) => at >= one.start && at < one.end - 0.5);
  }

  update() {
    const segment = this.here();
    const offered = Boolean(segment && OFFERED.has(segment.kind));
    if (offered && this.button.hidden) reveal(this.button);
    this.button.hidden = !offered;
    if (offered) this.button.querySelector("span").textContent = SKIPPABLE[segment.kind] ?? "Skip";
  }

  now() {
    const segment = this.here();
    if (segment) this.video.currentTime = segment.end;
    return Boolean(segment);
  }
}
