// Small manners of forms: send a choice at once, never send twice, ask before removing.

export function mount(form) {
  if (form.dataset.mount === "autosubmit") form.addEventListener("change", () => form.requestSubmit());
  if (form.dataset.mount === "sure") form.addEventListener("submit", askFirst);
  if (form.dataset.mount === "once") sendOnce(form);
}

function askFirst(event) {
  if (!confirm(event.target.dataset.question)) event.preventDefault();
}

function sendOnce(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
  });
  // Coming back by the browser's own button finds the form usable again.
  addEventListener("pageshow", () => {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
  });
}
