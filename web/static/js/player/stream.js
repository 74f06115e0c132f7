// Getting media into the <video>: the file itself, HLS by hls.js, or HLS by the browser. All three
// look the same from outside: lists of sound tracks, subtitles and qualities, and how to choose.

import { Texts } from "./texts.js";

const TRANSCODED_BUFFER = 10; // seconds: every second ahead is the server's work
const COPIED_BUFFER = 30;

/** Opens `playback` at `at` seconds. `events.failed({kind, status, detail})` ends it for good. */
export async function open(video, playback, at, events, vendor) {
  if (playback.decision.mode === "direct" && playback.direct_url) {
    return direct(video, playback, at, events);
  }
  if (appleBrowser() && video.canPlayType("application/vnd.apple.mpegurl")) {
    return native(video, playback, at, events);
  }
  const { default: Hls } = await import(vendor);
  if (Hls.isSupported()) return byHls(Hls, video, playback, at, events);
  return native(video, playback, at, events);
}

function appleBrowser() {
  return /Apple/.test(navigator.vendor ?? "");
}

function direct(video, playback, at, events) {
  const stream = plain(video, playback.direct_url, at, events);
  const texts = new Texts(video, events);
  const readable = playback.subtitle_tracks.filter((one) => one.url);
  return {
    ...stream,
    kind: "direct",
    subtitles: () => readable.map((one, id) => ({ id, label: one.name, language: one.language, forced: one.forced })),
    subtitle: () => readable.findIndex((one) => one.id === texts.chosen),
    chooseSubtitle: (id) => texts.choose(readable[id]),
    close() {
      texts.close();
      stream.close();
    },
  };
}

/** Safari: its own tracks, shown by us like all others. */
function native(video, playback, at, events) {
  const audio = video.audioTracks;
  const texts = () => textTracks(video);
  return {
    ...plain(video, playback.hls_url, at, events),
    kind: "native",
    audio: () => [...(audio ?? [])].map((track, id) => ({ id, label: track.label, language: track.language, chosen: track.enabled })),
    chooseAudio: (id) => [...audio].forEach((track, index) => { track.enabled = index === id; }),
    subtitles: () => texts().map((track, id) => ({ id, label: track.label, language: track.language })),
    subtitle: () => texts().findIndex((track) => track.mode !== "disabled"),
    chooseSubtitle: (id) => texts().forEach((track, index) => { track.mode = index === id ? "hidden" : "disabled"; }),
  };
}

function plain(video, url, at, events) {
  const start = () => {
    if (at > 0) video.currentTime = at;
  };
  const fail = () => events.failed({ kind: "media", detail: video.error?.message ?? "" });
  video.addEventListener("loadedmetadata", start, { once: true });
  video.addEventListener("error", fail);
  video.src = url;
  return {
    audio: () => [],
    chooseAudio: () => undefined,
    subtitles: () => [],
    subtitle: () => -1,
    chooseSubtitle: () => undefined,
    levels: () => [],
    level: () => null,
    chooseLevel: () => undefined,
    close() {
      video.removeEventListener("loadedmetadata", start);
      video.removeEventListener("error", fail);
      video.removeAttribute("src");
      video.load();
    },
  };
}

export function textTracks(video) {
  return [...video.textTracks].filter((track) => ["subtitles", "captions"].includes(track.kind));
}

function byHls(Hls, video, playback, at, events) {
  const transcoded = playback.decision.mode === "transcode";
  const ahead = transcoded ? TRANSCODED_BUFFER : COPIED_BUFFER;
  const hls = new Hls({
    autoStartLoad: false,
    maxBufferLength: ahead,
    maxMaxBufferLength: ahead,
    backBufferLength: 60,
    startFragPrefetch: true,
    // A fast network is the rule in a house; the first segments correct it.
    abrEwmaDefaultEstimate: 30e6,
    abrEwmaDefaultEstimateMax: 100e6,
    // The bandwidth test would start a second encode of a quality nobody watches.
    testBandwidth: false,
    // Its own text tracks load a data: address, which our policy refuses; the cues come to us.
    renderTextTracksNatively: false,
    enableWorker: true,
  });
  hls.on(Hls.Events.MANIFEST_PARSED, () => {
    hls.startLevel = firstLevel(hls.levels, playback.start_quality);
    hls.startLoad(at > 0 ? at : 0);
    events.ready();
  });
  for (const name of ["LEVEL_SWITCHED", "AUDIO_TRACK_SWITCHED", "AUDIO_TRACKS_UPDATED", "SUBTITLE_TRACKS_UPDATED"]) {
    hls.on(Hls.Events[name], () => events.changed());
  }
  hls.on(Hls.Events.CUES_PARSED, (_, { cues }) => events.cues(cues));
  hls.on(Hls.Events.ERROR, faults(Hls, hls, events));
  hls.loadSource(playback.hls_url);
  hls.attachMedia(video);
  return {
    kind: "hls",
    hls,
    audio: () => hls.audioTracks.map((track, id) => ({ id, label: track.name, language: track.lang, chosen: id === hls.audioTrack })),
    chooseAudio: (id) => { hls.audioTrack = id; },
    subtitles: () => hls.subtitleTracks.map((track, id) => ({ id, label: track.name, language: track.lang, forced: track.forced })),
    subtitle: () => hls.subtitleTrack,
    chooseSubtitle: (id) => {
      if (hls.subtitleTrack === (id ?? -1)) return;
      events.cues(null);
      hls.subtitleTrack = id ?? -1;
    },
    levels: () => hls.levels.map((level, id) => ({ id, height: level.height, bitrate: level.bitrate, original: isOriginal(level) })),
    level: () => ({ auto: hls.autoLevelEnabled, chosen: hls.manualLevel, now: hls.currentLevel }),
    // Loads the next segment in the new quality and keeps what is buffered: no black moment.
    chooseLevel: (id) => { hls.nextLevel = id ?? -1; },
    close: () => hls.destroy(),
  };
}

function isOriginal(level) {
  return level.url.some((url) => /\/original\b/.test(url));
}

/** The server is making this one already. */
function firstLevel(levels, name) {
  const found = levels.findIndex((level) => level.url.some((url) => url.includes(`/${name}/`)));
  return Math.max(0, found);
}

/** hls.js mends most things itself; what it calls fatal gets two more chances here. */
function faults(Hls, hls, events) {
  let mended = 0;
  return (_, data) => {
    if (!data.fatal) return;
    if (data.frag?.type === "subtitle" || /subtitle/i.test(data.details)) {
      // Words that do not come are no reason to stop the film.
      hls.subtitleTrack = -1;
      hls.startLoad();
      events.unreadable();
      return;
    }
    const status = data.response?.code ?? 0;
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && mended < 2) {
      mended += 1;
      if (mended === 2) hls.swapAudioCodec();
      hls.recoverMediaError();
      return;
    }
    const kind = data.type === Hls.ErrorTypes.NETWORK_ERROR ? "network" : "media";
    events.failed({ kind, status, detail: data.details });
  };
}
