// What this browser plays, measured and not guessed from its name; kept for this device.

const KEPT = "capabilities 2";
const HEIGHTS = [2160, 1440, 1080, 720];
const WIDTH = { 2160: 3840, 1440: 2560, 1080: 1920, 720: 1280 };
const RATE = { 2160: 40e6, 1440: 24e6, 1080: 14e6, 720: 8e6 };

// codec, strings with 8 and with 10 bits; the containers a bare file of it comes in
const VIDEO = [
  ["h264", 'video/mp4; codecs="avc1.640033"', 'video/mp4; codecs="avc1.6E0033"'],
  ["hevc", 'video/mp4; codecs="hvc1.1.6.L153.B0"', 'video/mp4; codecs="hvc1.2.4.L153.B0"'],
  ["av1", 'video/mp4; codecs="av01.0.13M.08"', 'video/mp4; codecs="av01.0.13M.10"'],
  ["vp9", 'video/mp4; codecs="vp09.00.51.08"', 'video/mp4; codecs="vp09.02.51.10"'],
];
const AUDIO = [
  ["aac", 'audio/mp4; codecs="mp4a.40.2"'],
  ["ac3", 'audio/mp4; codecs="ac-3"'],
  ["eac3", 'audio/mp4; codecs="ec-3"'],
  ["opus", 'audio/mp4; codecs="opus"'],
  ["flac", 'audio/mp4; codecs="flac"'],
];
// These never travel in fMP4 segments: they matter to bare files only.
const FILES = {
  video: [["vp8", 'video/webm; codecs="vp8"']],
  audio: [["mp3", "audio/mpeg"], ["vorbis", 'audio/webm; codecs="vorbis"']],
  containers: [
    ["webm", 'video/webm; codecs="vp9,opus"'],
    ["matroska", 'video/x-matroska; codecs="avc1.640028,mp4a.40.2"'],
    ["mpegts", 'video/mp2t; codecs="avc1.640028,mp4a.40.2"'],
  ],
};

/** The `capabilities` of POST …/playback. */
export async function capabilities() {
  const key = `${KEPT} ${navigator.userAgent} ${highRange()}`;
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "null");
    if (kept?.key === key) return kept.found;
  } catch {
    // storage is off or holds something else: measure again
  }
  const found = await measure();
  try {
    localStorage.setItem(KEPT, JSON.stringify({ key, found }));
  } catch {
    // then it is measured on every page
  }
  return found;
}

async function measure() {
  const video = (await Promise.all(VIDEO.map(videoCapability))).filter(Boolean);
  const audio = AUDIO.filter(([, type]) => inSegments(type)).map(([codec]) => ({ codec, channels: 8 }));
  for (const [codec, type] of FILES.video) if (inFile(type)) video.push({ codec, max_height: 2160 });
  for (const [codec, type] of FILES.audio) if (inFile(type)) audio.push({ codec, channels: 2 });
  const containers = FILES.containers.filter(([, type]) => inFile(type)).map(([name]) => name);
  return { video, audio, containers: ["mp4", ...containers], subtitles: ["webvtt"] };
}

async function videoCapability([codec, eight, ten]) {
  if (!inSegments(eight)) return null;
  const deep = inSegments(ten);
  const max_height = await tallest(eight);
  if (!max_height) return null;
  return { codec, max_height, bit_depth: deep ? 10 : 8, hdr: deep && highRange() };
}

/** The tallest picture that plays smoothly; without MediaCapabilities the codec's word counts. */
async function tallest(contentType) {
  if (!navigator.mediaCapabilities?.decodingInfo) return 1080;
  for (const height of HEIGHTS) {
    const video = { contentType, width: WIDTH[height], height, bitrate: RATE[height], framerate: 24 };
    try {
      const answer = await navigator.mediaCapabilities.decodingInfo({ type: "media-source", video });
      if (answer.supported && answer.smooth) return height;
    } catch {
      return 1080;
    }
  }
  return inSegments(contentType) ? 720 : 0;
}

function inSegments(type) {
  const source = globalThis.ManagedMediaSource ?? globalThis.MediaSource;
  return source ? source.isTypeSupported(type) : inFile(type);
}

const probe = document.createElement("video");

function inFile(type) {
  return probe.canPlayType(type) !== "";
}

function highRange() {
  return matchMedia("(video-dynamic-range: high), (dynamic-range: high)").matches;
}
