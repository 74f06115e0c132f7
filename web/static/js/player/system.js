// The device around the page: media keys and lock screen, and a screen that stays awake.

export function announce(watch, player) {
  const session = navigator.mediaSession;
  if (!session) return;
  session.metadata = new MediaMetadata({
    title: watch.line ? watch.line : watch.title,
    artist: watch.line ? watch.title : "",
    artwork: watch.artwork ? [{ src: new URL(watch.artwork, location.href).href }] : [],
  });
  const handlers = {
    play: () => player.video.play(),
    pause: () => player.video.pause(),
    seekbackward: ({ seekOffset }) => player.skip(-(seekOffset ?? 10)),
    seekforward: ({ seekOffset }) => player.skip(seekOffset ?? 10),
    seekto: ({ seekTime }) => player.seek(seekTime),
    nexttrack: watch.next ? () => player.next() : null,
    previoustrack: null,
  };
  for (const [action, handler] of Object.entries(handlers)) {
    try {
      session.setActionHandler(action, handler);
    } catch {
      // an action this browser does not know
    }
  }
}

export function tellPosition(video) {
  if (!navigator.mediaSession?.setPositionState || !Number.isFinite(video.duration)) return;
  const { duration, playbackRate } = video;
  navigator.mediaSession.setPositionState({ duration, playbackRate, position: Math.min(video.currentTime, duration) });
}

/** Needs https or localhost: over plain http a browser has no wake lock, and video keeps most
    screens on by itself. */
export function stayAwake(video) {
  let lock = null;
  const take = async () => {
    if (!navigator.wakeLock || video.paused || document.hidden || lock) return;
    try {
      lock = await navigator.wakeLock.request("screen");
      lock.addEventListener("release", () => { lock = null; });
    } catch {
      lock = null; // low battery: the system decides
    }
  };
  video.addEventListener("playing", take);
  document.addEventListener("visibilitychange", take);
  for (const name of ["pause", "ended"]) video.addEventListener(name, () => lock?.release());
}
