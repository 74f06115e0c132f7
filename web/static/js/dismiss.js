// Off the row of things to continue: the card goes at once, and comes back when that fails.
import { ask, say } from "./server.js";

export function mount(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const card = form.closest(".card");
    card.hidden = true;
    try {
      await ask("DELETE", `/api/continue-watching/${form.dataset.id}`);
      const row = card.closest(".row");
      card.remove();
      if (!row.querySelector(".card")) row.remove();
    } catch (problem) {
      card.hidden = false;
      say(problem.message);
    }
  });
}
