// "Ends at 22:47", by the clock of whoever looks.

export function mount(element) {
  const seconds = Number(element.dataset.seconds);
  const tell = () => {
    element.textContent = `Ends at ${clockIn(seconds)}`;
    element.hidden = false;
  };
  tell();
  setInterval(tell, 20_000);
}

export function clockIn(seconds) {
  const at = new Date(Date.now() + seconds * 1000);
  return at.toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
}
