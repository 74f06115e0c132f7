// A row: arrows for the mouse, and back to the card one came from.

export function mount(section) {
  const reel = section.querySelector(".reel");
  const sprite = document.querySelector("use")?.getAttribute("href").split("#")[0];
  const arrows = [
    ["back", "left", "Back", -1],
    ["on", "right", "On", 1],
  ].map(([name, glyph, label, way]) => {
    const arrow = document.createElement("button");
    arrow.className = `push-reel ${name}`;
    arrow.type = "button";
    arrow.tabIndex = -1; // cards are reached by Tab; the arrows are for the mouse alone
    arrow.setAttribute("aria-hidden", "true");
    arrow.title = label;
    arrow.innerHTML = `<svg class="icon"><use href="${sprite}#${glyph}"></use></svg>`;
    const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";
    arrow.addEventListener("click", () => reel.scrollBy({ left: way * reel.clientWidth * 0.85, behavior }));
    section.append(arrow);
    return arrow;
  });
  const update = () => {
    arrows[0].disabled = reel.scrollLeft < 4;
    arrows[1].disabled = reel.scrollLeft > reel.scrollWidth - reel.clientWidth - 4;
  };
  reel.addEventListener("scroll", update, { passive: true });
  new ResizeObserver(update).observe(reel);
}
