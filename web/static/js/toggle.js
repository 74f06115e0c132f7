// Watched and favourite switch in place: shown at once, taken back when the server refuses.
import { ask, say } from "./server.js";

const CALLS = {
  watched: (id, on) => ask("PUT", `/api/items/${id}/watched`, { watched: on }),
  favorite: (id, on) => ask(on ? "PUT" : "DELETE", `/api/items/${id}/favorite`),
};

export function mount(form) {
  const { what, id } = form.dataset;
  const button = form.querySelector("button");
  const use = form.querySelector("use");
  const show = (on) => {
    button.classList.toggle("on", on);
    button.setAttribute("aria-pressed", String(on));
    button.title = on ? button.dataset.on : button.dataset.off;
    use.setAttribute("href", on ? use.dataset.on : use.dataset.off);
    form.elements.on.value = on ? "0" : "1";
    if (what === "watched") mark(form, on);
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const on = form.elements.on.value === "1";
    show(on);
    try {
      await CALLS[what](id, on);
    } catch (problem) {
      show(!on);
      say(problem.message);
    }
  });
}

/** The tick on the episode's own picture follows its button. */
function mark(form, on) {
  const frame = form.closest(".episode")?.querySelector(".frame");
  if (!frame) return;
  frame.querySelector(".badge.seen")?.remove();
  if (!on) return;
  frame.querySelector(".bar")?.remove();
  const badge = document.createElement("span");
  badge.className = "badge seen";
  badge.append(form.querySelector("svg").cloneNode(true));
  frame.append(badge);
}
