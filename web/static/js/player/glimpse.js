// Previews above the bar. media-chrome shows them for a mouse and a dragging finger; this adds
// keys, and hides the old picture while the sheet with the new one is still on its way.

const SHOWN = 1500; // ms after the last seek
const BY_KEY = 1000; // ms in which a seek belongs to the key before it
const AGAIN = 4000; // ms until a sheet that did not come is asked for once more

export function glimpse(video, bar) {
  let pressed = -BY_KEY;
  let hiding = 0;
  addEventListener("keydown", () => { pressed = performance.now(); }, true);
  video.addEventListener("seeking", () => {
    if (performance.now() - pressed > BY_KEY || !Number.isFinite(video.duration)) return;
    show(bar, video.currentTime, video.duration);
    clearTimeout(hiding);
    hiding = setTimeout(hide, SHOWN, bar);
  });
  bar.addEventListener("pointermove", () => hide(bar));
  watchSheets(bar.querySelector("media-preview-thumbnail"));
}

/** The place goes with it: media-chrome moves the rail by its own rule, which a style here would beat. */
function hide(bar) {
  if (!bar.hasAttribute("data-glimpse")) return;
  bar.removeAttribute("data-glimpse");
  const rail = bar.shadowRoot?.querySelector("#preview-rail");
  rail?.style.removeProperty("transform");
  rail?.querySelector("[part~='preview-box']")?.style.removeProperty("--_box-shift");
}

function show(bar, time, duration) {
  bar.dispatchEvent(new CustomEvent("mediapreviewrequest", { composed: true, bubbles: true, detail: time }));
  bar.setAttribute("data-glimpse", "");
  const rail = bar.shadowRoot?.querySelector("#preview-rail");
  if (!rail) return;
  const half = (rail.querySelector("slot")?.offsetWidth ?? 0) / 2;
  const wide = bar.offsetWidth;
  const at = Math.max(half, Math.min(wide - half, (time / duration) * wide));
  rail.style.transform = `translateX(${at}px)`;
  rail.querySelector("[part~='preview-box']")?.style.setProperty("--_box-shift", `${(time / duration) * wide - at}px`);
}

function watchSheets(thumbnail) {
  const look = () => {
    const image = thumbnail.shadowRoot?.querySelector("img");
    const sheet = thumbnail.getAttribute("mediapreviewimage")?.split("#")[0];
    if (!image || !sheet) return;
    const there = image.src === sheet && image.complete && image.naturalWidth > 0;
    thumbnail.toggleAttribute("data-waiting", !there);
    if (there || image.dataset.sheet === sheet) return;
    image.dataset.sheet = sheet;
    image.addEventListener("load", look, { once: true });
    image.addEventListener("error", () => setTimeout(() => {
      delete image.dataset.sheet;
      image.removeAttribute("src");
    }, AGAIN), { once: true });
  };
  new MutationObserver(look).observe(thumbnail, { attributes: true, attributeFilter: ["mediapreviewimage"] });
}
