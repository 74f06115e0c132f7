// A long grid grows as one comes near its end: the next page is fetched, its cards are kept.

export function mount(link, enliven) {
  const grid = document.querySelector("[data-grid]");
  let busy = false;
  const load = async () => {
    if (busy) return;
    busy = true;
    link.setAttribute("aria-disabled", "true");
    link.textContent = "Loading …";
    try {
      const page = await next(link.href);
      for (const card of page.querySelectorAll("[data-grid] > *")) grid.append(document.adoptNode(card));
      enliven(grid);
      const further = page.querySelector("a[rel=next]");
      if (further) link.href = further.getAttribute("href");
      else watcher.disconnect(), link.parentElement.remove();
      link.textContent = "Show more";
    } catch {
      link.textContent = "That did not work. Try again";
      watcher.disconnect();
    }
    link.removeAttribute("aria-disabled");
    busy = false;
  };
  const watcher = new IntersectionObserver(([entry]) => entry.isIntersecting && load(), { rootMargin: "900px" });
  watcher.observe(link);
  link.addEventListener("click", (event) => {
    event.preventDefault();
    load();
  });
}

async function next(address) {
  const response = await fetch(address, { headers: { Accept: "text/html" } });
  if (!response.ok) throw new Error(String(response.status));
  return new DOMParser().parseFromString(await response.text(), "text/html");
}
