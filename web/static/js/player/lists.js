// What the menus offer: sound, subtitles and quality of what plays now, in words.
import { stepper } from "./menus.js";
import { SHORT } from "./why.js";

const RUNGS = [2160, 1440, 1080, 720, 480, 360];
const SPEAKERS = { 1: "mono", 2: "stereo", 6: "5.1", 7: "6.1", 8: "7.1" };
const RATES = [0.75, 1, 1.25, 1.5, 2];

export function audioList(player) {
  const tracks = player.stream?.audio() ?? [];
  if (tracks.length > 1) {
    return tracks.map((track) => ({
      ...track,
      short: track.label,
      note: loudspeakers(player, track.label),
      choose: () => {
        player.stream.chooseAudio(track.id);
        player.rememberAudio(track.language);
      },
    }));
  }
  // A bare file plays one sound track; for another the server is asked anew.
  const all = player.playback?.audio_tracks ?? [];
  const now = player.choice.audio ?? (all.find((one) => one.default) ?? all[0])?.index;
  return all.map((track) => ({
    id: track.index,
    label: track.name ?? track.title ?? track.language ?? `Track ${track.index}`,
    short: "",
    note: SPEAKERS[track.channels] ?? "",
    chosen: track.index === now,
    choose: () => {
      player.rememberAudio(track.language);
      player.again({ audio: track.index });
    },
  }));
}

function loudspeakers(player, name) {
  const track = player.playback.audio_tracks.find((one) => one.name === name);
  return SPEAKERS[track?.channels] ?? "";
}

export function captionList(player) {
  const tracks = player.stream?.subtitles() ?? [];
  const chosen = player.stream?.subtitle() ?? -1;
  const pick = (track) => {
    player.stream.chooseSubtitle(track?.id ?? null);
    player.rememberCaptions(track?.language ?? null);
    player.menus.refresh();
  };
  const options = [{ id: null, label: "Off", chosen: chosen === -1, choose: () => pick(null) }];
  for (const track of tracks) {
    const short = track.language?.toUpperCase() ?? "";
    options.push({ ...track, short, chosen: track.id === chosen, choose: () => pick(track) });
  }
  if (chosen !== -1) {
    const { captions } = player;
    options.push({ element: stepper("Size", `${Math.round(captions.size * 100)} %`, (way) => captions.resize(way)) });
    options.push({ element: stepper("Timing", `${captions.offset.toFixed(1)} s`, (way) => captions.move(way / 10)) });
  }
  return options;
}

export function qualityList(player) {
  const levels = player.stream?.levels() ?? [];
  const options = levels.length ? hlsQualities(player, levels) : bareQualities(player);
  options.push({ label: "Speed" });
  for (const rate of RATES) {
    options.push({
      id: `rate ${rate}`,
      label: rate === 1 ? "Normal" : `${rate}×`,
      chosen: player.video.playbackRate === rate,
      choose: () => {
        player.video.playbackRate = rate;
        player.menus.refresh();
      },
    });
  }
  return options;
}

function hlsQualities(player, levels) {
  const { auto, now } = player.stream.level();
  const current = levels.find(({ id }) => id === now);
  const options = [{
    id: null, label: "Auto", short: current ? `Auto · ${current.height}p` : "Auto", chosen: auto, note: current ? `${current.height}p` : "",
    choose: () => player.stream.chooseLevel(null),
  }];
  for (const level of [...levels].sort((a, b) => b.height - a.height || b.bitrate - a.bitrate)) {
    options.push({
      id: level.id,
      label: level.original ? `Original · ${level.height}p` : `${level.height}p`,
      short: `${level.height}p`,
      note: speed(level.bitrate),
      chosen: !auto && level.id === now,
      choose: () => player.stream.chooseLevel(level.id),
    });
  }
  return options;
}

function bareQualities(player) {
  const height = Math.min(player.video.videoHeight || 0, player.video.videoWidth || 0);
  const options = [{
    id: null, label: height ? `Original · ${height}p` : "Original", short: "Original", chosen: !player.choice.max_height,
    choose: () => player.choice.max_height && player.again({ max_height: null }),
  }];
  for (const rung of RUNGS.filter((one) => one < height)) {
    options.push({ id: rung, label: `${rung}p`, choose: () => player.again({ max_height: rung }) });
  }
  return options;
}

function speed(bits) {
  return bits ? `${(bits / 1e6).toFixed(1)} Mbit/s` : "";
}

/** Short facts for the "why" panel. */
export function factsOf(player) {
  const { stream, video } = player;
  const level = stream.levels().find(({ id }) => id === stream.level()?.now);
  const height = level?.height ?? video.videoHeight;
  const lost = video.getVideoPlaybackQuality?.().droppedVideoFrames ?? 0;
  return [
    [height ? `${height}p` : ""],
    [level ? speed(level.bitrate) : ""],
    [lost > 30 ? `${lost} pictures dropped` : ""],
  ];
}

export function qualityWords(player) {
  const level = player.stream?.levels().find(({ id }) => id === player.stream.level()?.now);
  if (level) return level.original ? "original" : `${level.height}p`;
  return player.playback ? SHORT[player.playback.decision.mode] : undefined;
}
