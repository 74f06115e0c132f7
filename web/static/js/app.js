// Brings a page to life: each element with data-mount gets the module of that name.
import { startRemote } from "./remote.js";

const MODULES = {
  autosubmit: () => import("./forms.js"),
  dismiss: () => import("./dismiss.js"),
  ends: () => import("./ends.js"),
  find: () => import("./find.js"),
  how: () => import("./how.js"),
  jobs: () => import("./jobs.js"),
  look: () => import("./look.js"),
  menu: () => import("./menu.js"),
  more: () => import("./more.js"),
  once: () => import("./forms.js"),
  reel: () => import("./reel.js"),
  sure: () => import("./forms.js"),
  toggle: () => import("./toggle.js"),
  watch: () => import("./watch.js"),
};

/** Mount everything below `root`; also called for what arrives later. */
export async function enliven(root) {
  for (const element of root.querySelectorAll("[data-mount]:not([data-mounted])")) {
    element.dataset.mounted = "";
    // Without its module (the page is being left, the network is gone) a form still works plainly.
    const module = await MODULES[element.dataset.mount]().catch(() => null);
    module?.mount(element, enliven);
  }
}

for (const image of document.images) if (image.complete) image.classList.add("shown");
startRemote();
enliven(document);

addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  const modified = event.ctrlKey || event.altKey || event.metaKey;
  const search = event.key === "/" || event.key === "Find";
  if (!search || typing || modified || document.querySelector(".player")) return;
  event.preventDefault();
  const box = document.querySelector("input[type=search]");
  if (box) box.focus();
  else location.assign("/find");
});
