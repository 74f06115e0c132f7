// The keyboard and the remote. One table: what is pressed, what it does, how the help says it.
import { BACK_KEYS } from "../remote.js";

const digit = (event) => (event.code.match(/^(?:Digit|Numpad)(\d)$/) ?? [])[1];

/** [key, needs, help, command]; `needs`: "" plain, "shift", "ctrl". Commands are of watch.js. */
const TABLE = [
  [" ", "", "Play or pause", (p) => p.toggle()],
  ["k", "", "", (p) => p.toggle()],
  ["j", "", "", (p) => p.skip(-10)],
  ["l", "", "", (p) => p.skip(10)],
  ["ArrowLeft", "", "Back 10 s; with Shift a minute", (p) => p.skip(-10)],
  ["ArrowRight", "", "On 10 s; with Shift a minute", (p) => p.skip(10)],
  ["ArrowLeft", "shift", "", (p) => p.skip(-60)],
  ["ArrowRight", "shift", "", (p) => p.skip(60)],
  ["ArrowLeft", "ctrl", "", (p) => p.chapter(-1)],
  ["ArrowRight", "ctrl", "", (p) => p.chapter(1)],
  ["PageUp", "", "Next chapter", (p) => p.chapter(1)],
  ["PageDown", "", "Previous chapter", (p) => p.chapter(-1)],
  ["ArrowUp", "", "Louder", (p) => p.louder(0.05)],
  ["ArrowDown", "", "Quieter", (p) => p.louder(-0.05)],
  ["m", "", "Mute", (p) => p.mute()],
  ["f", "", "Full screen", (p) => p.fullscreen()],
  ["c", "", "Subtitles on or off", (p) => p.toggleCaptions()],
  ["c", "shift", "Next subtitles", (p) => p.nextCaptions()],
  ["a", "", "Next sound track", (p) => p.nextAudio()],
  ["p", "", "Picture in picture", (p) => p.pip()],
  ["Home", "", "To the start", (p) => p.seek(0)],
  ["End", "", "To the end", (p) => p.seek(p.video.duration - 1)],
  [",", "", "One picture back, while paused", (p) => p.frame(-1)],
  [".", "", "One picture on, while paused", (p) => p.frame(1)],
  ["<", "shift", "Slower", (p) => p.rate(-0.25)],
  [">", "shift", "Faster", (p) => p.rate(0.25)],
  ["n", "shift", "Next episode", (p) => p.next()],
  ["p", "shift", "Previous episode", (p) => p.previous()],
  ["s", "", "Skip the intro", (p) => p.skipSegment()],
  ["g", "", "Subtitles earlier", (p) => p.moveCaptions(-0.1)],
  ["h", "", "Subtitles later", (p) => p.moveCaptions(0.1)],
  ["+", "any", "Larger subtitles", (p) => p.sizeCaptions(1)],
  ["-", "", "Smaller subtitles", (p) => p.sizeCaptions(-1)],
  ["?", "any", "This list", (p) => p.help()],
];
const NAMES = { " ": "Space", PageUp: "Page up", PageDown: "Page down", Home: "Home", End: "End", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };

// Keys of television remotes, which have no names everywhere.
const REMOTE = {
  412: (p) => p.skip(-30), 413: (p) => p.leave(), 415: (p) => p.video.play(), 417: (p) => p.skip(30),
  19: (p) => p.video.pause(), 10232: (p) => p.previous(), 10233: (p) => p.next(), 10252: (p) => p.toggle(),
  179: (p) => p.toggle(),
};

export function listen(player) {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || event.metaKey) return;
    const command = commandFor(event, player);
    if (!command) return;
    event.preventDefault();
    player.wake();
    command(player);
  });
}

function commandFor(event, player) {
  if (event.key === "Escape" || BACK_KEYS.has(event.keyCode)) return (p) => p.escape();
  if (REMOTE[event.keyCode]) return REMOTE[event.keyCode];
  if (event.target.closest("input, textarea, select, [contenteditable], .sheet")) return null;
  const pressed = event.key === " " || event.key === "Enter";
  if (pressed && event.target.closest(".panels, .start")) return null;
  const onControl = event.target.closest("button, a, media-time-range, media-volume-range, [role=button]");
  if (player.tv) return remoteCommand(event, player, onControl);
  if (onControl && ownKeys(event, onControl)) return null;
  const number = digit(event);
  if (number !== undefined && !event.shiftKey && !event.ctrlKey) return (p) => p.seek((p.video.duration * number) / 10);
  const needs = event.ctrlKey ? "ctrl" : event.shiftKey ? "shift" : "";
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return TABLE.find(([name, need]) => name === key && (need === needs || need === "any"))?.[3] ?? null;
}

/** A focused control keeps the keys it is worked with. */
function ownKeys(event, control) {
  if (control.matches("media-time-range, media-volume-range")) return event.key.startsWith("Arrow");
  return event.key === " " || event.key === "Enter";
}

/** From the sofa: the first press shows the controls, then the arrows walk over them. */
function remoteCommand(event, player, onControl) {
  const idle = player.idle;
  if (event.key === "Enter" && (idle || !onControl)) return (p) => p.toggle();
  if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
    if (idle || !onControl) return (p) => (p.focusBar(), p.skip(event.key === "ArrowLeft" ? -10 : 10));
    if (control(onControl)) return (p) => p.step(event.key === "ArrowLeft" ? -1 : 1);
    return null;
  }
  if (event.key === "ArrowUp" || event.key === "ArrowDown") {
    if (idle || !onControl) return (p) => p.focusBar();
    return (p) => p.storey(event.key === "ArrowUp" ? -1 : 1);
  }
  return event.key === " " ? (p) => p.toggle() : null;
}

function control(element) {
  return !element.matches("media-time-range");
}

export function helpRows() {
  return TABLE.filter(([, , help]) => help).map(([key, needs, help]) => [
    (needs === "shift" && /[a-z]/i.test(key) ? "Shift + " : "") + (NAMES[key] ?? key.toUpperCase()), help,
  ]).concat([["0 – 9", "To a tenth of the film"], ["Esc", "Leave full screen, then the film"]]);
}
