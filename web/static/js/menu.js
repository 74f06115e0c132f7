// A <details> menu closes when one looks elsewhere.

export function mount(details) {
  const close = (event) => {
    if (details.open && !details.contains(event.target)) details.open = false;
  };
  document.addEventListener("pointerdown", close);
  document.addEventListener("focusin", close);
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !details.open) return;
    details.open = false;
    details.querySelector("summary").focus();
    event.stopPropagation();
  });
}
