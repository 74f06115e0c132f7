// Mouse and fingers over the picture: click, double click, tap, double tap, wheel.

const DOUBLE = 280; // ms between two taps that are one gesture

export function listen(player, surface) {
  let last = { at: 0, x: 0 };
  let waiting = 0;
  surface.addEventListener("pointerup", (event) => {
    if (!overPicture(event) || event.button !== 0) return;
    const now = performance.now();
    const double = now - last.at < DOUBLE && Math.abs(event.clientX - last.x) < 90;
    last = { at: double ? 0 : now, x: event.clientX };
    clearTimeout(waiting);
    if (player.closePanels()) return;
    if (event.pointerType === "mouse") {
      if (double) player.fullscreen();
      // The first click of a double click would stop the film for a moment: wait for the second.
      else waiting = setTimeout(() => player.toggle(), DOUBLE);
      return;
    }
    const side = event.clientX / surface.clientWidth;
    if (double && side < 0.38) player.skip(-10, "left");
    else if (double && side > 0.62) player.skip(10, "right");
    else if (double) player.fullscreen();
    // A single tap shows or hides the controls; media-chrome does that by itself.
  });
  surface.addEventListener("wheel", (event) => {
    if (event.ctrlKey || event.target.closest(".sheet")) return;
    event.preventDefault();
    player.louder(event.deltaY < 0 ? 0.05 : -0.05);
  }, { passive: false });
}

function overPicture(event) {
  const target = event.composedPath()[0];
  return !target.closest?.("button, a, .sheet, .up-next, .trouble, .under, media-control-bar, .middle > *")
    && !event.composedPath().some((node) => node.localName?.startsWith?.("media-") && node.localName !== "media-controller");
}
