// When it does not play: what happened in plain words, and the next step as a button.

const TITLES = {
  unreachable: "The server cannot be reached",
  busy: "The server has its hands full",
  too_many_requests: "The server has its hands full",
  sign_in_required: "You have been signed out",
  not_found: "This is not here any more",
  forbidden: "Not for you",
  network: "The connection broke",
  media: "This browser could not play it",
};
const ADVICE = {
  network: "The film stopped arriving. Check the network, then try again: it carries on where it stopped.",
  media: "What arrived could not be decoded, not even in the form that every browser knows.",
};

export class Trouble {
  constructor(panel, player) {
    this.panel = panel;
    this.player = player;
    panel.querySelector("[data-retry]").addEventListener("click", () => this.retry());
    panel.querySelector("[data-smaller]").addEventListener("click", () => {
      player.retries = 0;
      player.again({ max_height: 480 });
    });
  }

  /** A Problem of the API, or a fault of the stream. */
  show(fault) {
    const code = fault.code ?? fault.kind ?? "media";
    this.fault = fault;
    this.panel.querySelector("h2").textContent = TITLES[code] ?? "This cannot be played";
    this.panel.querySelector("p").textContent = fault.message || ADVICE[code] || fault.detail || "";
    this.panel.querySelector("[data-smaller]").hidden = !["network", "busy"].includes(code);
    const retry = this.panel.querySelector("[data-retry]");
    retry.lastChild.textContent = code === "sign_in_required" ? "Sign in" : "Try again";
    this.panel.hidden = false;
    this.player.state("error");
    document.documentElement.dataset.playerError = code;
    retry.focus();
    if (code === "busy" && fault.retryAfter) this.timer = setTimeout(() => this.retry(), fault.retryAfter * 1000);
  }

  retry() {
    if (this.fault.code === "sign_in_required") {
      location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
      return;
    }
    this.player.retries = 0;
    const at = this.player.video.currentTime || this.player.watch.start;
    this.player.load(this.player.watch, { at });
  }

  clear() {
    clearTimeout(this.timer);
    this.panel.hidden = true;
    delete document.documentElement.dataset.playerError;
  }
}
