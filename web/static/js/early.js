// Runs before the first paint: colours, TV mode, and the picture that flies between two pages.
(() => {
  const root = document.documentElement;
  const kept = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null; // storage is off
    }
  };
  const light = matchMedia("(prefers-color-scheme: light)");
  const paint = () => {
    const wish = kept("theme") ?? "dark";
    root.dataset.theme = wish === "auto" ? (light.matches ? "light" : "dark") : wish;
  };
  paint();
  light.addEventListener("change", paint);
  root.classList.add("js");

  const asked = new URLSearchParams(location.search).get("tv");
  if (asked !== null) {
    try {
      localStorage.setItem("tv", asked);
    } catch {
      // it then holds for this page only
    }
  }
  const tv = asked ?? kept("tv");
  if (tv === "1") root.dataset.tv = "";
  else if (tv === "0") delete root.dataset.tv;

  // A picture fades in over its placeholder; one from the cache is there at once.
  const show = (event) => event.target.tagName === "IMG" && event.target.classList.add("shown");
  document.addEventListener("load", show, true);
  document.addEventListener("error", (event) => {
    if (event.target.tagName === "IMG") event.target.hidden = true;
  }, true);

  // The clicked card's picture becomes the item page's poster, and back.
  const itemIn = (url) => new URL(url ?? location.href).pathname.match(/^\/items\/(\w+)$/)?.[1];
  const name = (id) => {
    const picture = document.querySelector(`.card[data-item="${id}"] .frame`);
    if (picture) picture.style.viewTransitionName = "poster";
    return () => picture?.style.removeProperty("view-transition-name");
  };
  addEventListener("pageswap", (event) => {
    const id = event.viewTransition && itemIn(event.activation?.entry?.url);
    if (id) event.viewTransition.finished.then(name(id));
  });
  addEventListener("pagereveal", (event) => {
    const id = event.viewTransition && itemIn(globalThis.navigation?.activation?.from?.url);
    if (id && !itemIn()) event.viewTransition.finished.then(name(id));
  });
})();
