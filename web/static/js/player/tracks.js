// Chapters and previews as <track> elements, which the controls read.

/** Adds them; returns what takes them away again. */
export function addTracks(video, playback) {
  const added = [];
  const add = (attributes) => {
    const track = Object.assign(document.createElement("track"), attributes);
    video.append(track);
    added.push(track);
    return track;
  };
  if (playback.chapters?.length > 1) {
    const track = add({ kind: "chapters", src: chapterFile(playback.chapters), default: true });
    track.addEventListener("load", () => URL.revokeObjectURL(track.src));
    track.track.mode = "hidden";
  }
  if (playback.trickplay_url) {
    add({ kind: "metadata", label: "thumbnails", src: playback.trickplay_url, default: true });
  }
  return () => added.forEach((track) => track.remove());
}

function chapterFile(chapters) {
  const cues = chapters.map(({ start, end, title }) => `${stamp(start)} --> ${stamp(end)}\n${plain(title)}\n`);
  return URL.createObjectURL(new Blob([`WEBVTT\n\n${cues.join("\n")}`], { type: "text/vtt" }));
}

function plain(title) {
  return title.replace(/\s+/g, " ").replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;") || "Chapter";
}

function stamp(seconds) {
  const whole = Math.floor(seconds);
  const two = (number) => String(number).padStart(2, "0");
  const rest = String(Math.round((seconds - whole) * 1000) % 1000).padStart(3, "0");
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}.${rest}`;
}
