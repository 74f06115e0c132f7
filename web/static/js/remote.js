// TV mode: arrow keys move the focus by geometry, Back goes back, the last card is remembered.
const VENDOR = "../vendor/lrud/lrud.min.mjs";
const ARROWS = { ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40 };
// D-pads and sticks of gamepads send their own codes.
const PADS = { 203: 38, 204: 40, 205: 37, 206: 39, 211: 38, 212: 40, 213: 39, 214: 37 };
export const BACK_KEYS = new Set([461, 10009, 196]);
const SELECT_KEYS = new Set([195]);

export function startRemote() {
  const tv = "tv" in document.documentElement.dataset;
  addEventListener("keydown", (event) => {
    if (document.querySelector(".player")) return;
    if (BACK_KEYS.has(event.keyCode) || (tv && event.key === "Escape")) goBack(event);
    else if (event.key === "BrowserHome") location.assign("/");
    else if (SELECT_KEYS.has(event.keyCode)) document.activeElement?.click();
  });
  if (!tv) return;
  rememberFocus();
  import(VENDOR).then(({ getNextFocus }) => steer(getNextFocus));
}

function goBack(event) {
  if (location.pathname === "/") return; // the television then leaves the application itself
  event.preventDefault();
  history.back();
}

function steer(getNextFocus) {
  addEventListener("keydown", (event) => {
    const code = ARROWS[event.key] ?? PADS[event.keyCode];
    if (!code || event.defaultPrevented || document.querySelector(".player")) return;
    const here = document.activeElement;
    if (here?.matches("input[type=text], input[type=search], input:not([type])") && (code === 37 || code === 39)) return;
    if (here?.matches("select")) return;
    const next = getNextFocus(here === document.body ? null : here, code);
    if (!next) return;
    event.preventDefault();
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "center", inline: "center", behavior: "smooth" });
  });
}

/** One comes back to the card one left. */
function rememberFocus() {
  const key = `focus ${location.pathname}`;
  document.addEventListener("focusin", ({ target }) => {
    const href = target.getAttribute?.("href");
    if (href && target.closest("main")) sessionStorage.setItem(key, href);
  });
  const kept = sessionStorage.getItem(key);
  const first = (kept && document.querySelector(`main a[href="${CSS.escape(kept)}"]`))
    || document.querySelector("[data-first-focus], main .button.main, main .card a");
  first?.focus({ preventScroll: !kept });
  if (kept) first?.scrollIntoView({ block: "center", inline: "center" });
}
