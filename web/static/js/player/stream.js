// Getting media into the <video>: the file itself, HLS by hls.js, or HLS by the browser. All three
// look the same from outside: lists of sound tracks, subtitles and qualities, and how to choose.

const TRANSCODED_BUFFER = 10; // seconds: every second ahead is the server's work
const COPIED_BUFFER = 30;
const SAFE_HEIGHT = 720; // a transcode starts here; the measured speed takes it further

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
  return { ...plain(video, playback.direct_url, at, events), kind: "direct" };
}

function native(video, playback, at, events) {
  const stream = plain(video, playback.hls_url, at, events);
  const audio = video.audioTracks;
  return {
    ...stream,
    kind: "native",
    audio: () => [...(audio ?? [])].map((track, id) => ({ id, label: track.label, language: track.language, chosen: track.enabled })),
    chooseAudio: (id) => [...audio].forEach((track, index) => { track.enabled = index === id; }),
    subtitles: () => textTracks(video).map((track, id) => ({ id, label: track.label, language: track.language, track })),
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
    hls.startLevel = firstLevel(hls.levels, transcoded);
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

function firstLevel(levels, transcoded) {
  const original = levels.findIndex(isOriginal);
  if (original >= 0 && !transcoded) return original;
  let best = 0;
  levels.forEach((level, index) => {
    const better = level.height > levels[best].height;
    if (level.height <= SAFE_HEIGHT && (better || levels[best].height > SAFE_HEIGHT)) best = index;
  });
  return transcoded ? best : levels.length - 1;
}

/** hls.js mends most things itself; what it calls fatal gets two more chances here. */
function faults(Hls, hls, events) {
  let mended = 0;
  return (_, data) => {
    if (!data.fatal) return;
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
