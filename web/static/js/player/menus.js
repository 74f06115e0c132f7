// The three menus over the picture: sound, subtitles, quality. Rebuilt each time one opens.

const ICON = document.querySelector("use")?.getAttribute("href").split("#")[0];

export class Menus {
  constructor(root, lists) {
    this.root = root;
    this.lists = lists;
    this.open = null;
    for (const id of [...Object.keys(lists), "why"]) {
      this.button(id).addEventListener("click", () => (this.open === id ? this.close() : this.show(id)));
    }
    root.addEventListener("keydown", (event) => this.walk(event));
  }

  button(id) {
    return this.root.querySelector(`#${id}-button`);
  }

  panel(id) {
    return this.root.querySelector(`#${id}-panel`);
  }

  /** A menu with nothing to choose is not offered. */
  refresh() {
    for (const [id, list] of Object.entries(this.lists)) {
      const options = list();
      const choosable = options.filter((one) => one.choose);
      this.button(id).hidden = choosable.length < (id === "captions" ? 2 : 2);
      this.button(id).querySelector("[data-value]").textContent = options.find((one) => one.chosen)?.short ?? "";
      if (this.open === id) this.fill(id);
    }
  }

  show(id) {
    this.close();
    this.open = id;
    if (this.lists[id]) this.fill(id);
    this.panel(id).hidden = false;
    this.button(id).setAttribute("aria-expanded", "true");
    this.panel(id).querySelector("[aria-checked=true], button, a")?.focus();
    this.root.dispatchEvent(new CustomEvent("panel", { detail: true }));
  }

  /** Whether there was something to close. */
  close(refocus = false) {
    if (!this.open) return false;
    const id = this.open;
    this.open = null;
    this.panel(id).hidden = true;
    this.button(id).setAttribute("aria-expanded", "false");
    if (refocus) this.button(id).focus();
    this.root.dispatchEvent(new CustomEvent("panel", { detail: false }));
    return true;
  }

  fill(id) {
    const focused = document.activeElement?.dataset?.option;
    const lines = [];
    let menu = null;
    let label = this.panel(id).getAttribute("aria-label");
    for (const one of this.lists[id]()) {
      if (one.choose) {
        if (!menu) lines.push((menu = menuCalled(label)));
        menu.append(this.option(one));
      } else {
        lines.push(one.element ?? heading(one.label));
        label = one.label ?? label;
        menu = null;
      }
    }
    this.panel(id).replaceChildren(...lines);
    if (focused) this.panel(id).querySelector(`[data-option="${CSS.escape(focused)}"]`)?.focus();
  }

  option(one) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "option";
    button.setAttribute("role", "menuitemradio");
    button.setAttribute("aria-checked", String(Boolean(one.chosen)));
    button.dataset.option = one.label;
    button.innerHTML = `<svg class="icon" aria-hidden="true"><use href="${ICON}#check"></use></svg><span></span><small></small>`;
    button.querySelector("span").textContent = one.label;
    button.querySelector("small").textContent = one.note ?? "";
    button.addEventListener("click", () => {
      one.choose();
      this.close(true);
    });
    return button;
  }

  walk(event) {
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!this.open || !way || !this.panel(this.open).contains(event.target)) return;
    event.preventDefault();
    const all = [...this.panel(this.open).querySelectorAll("button, a")];
    all[(all.indexOf(event.target) + way + all.length) % all.length]?.focus();
  }
}

/** A run of options; what stands between runs (a heading, a stepper) may not lie in a menu. */
function menuCalled(label) {
  const menu = document.createElement("div");
  menu.className = "options";
  menu.setAttribute("role", "menu");
  menu.setAttribute("aria-label", label);
  return menu;
}

function heading(words) {
  const line = document.createElement("p");
  line.className = "group";
  line.textContent = words;
  return line;
}

/** "Size − 100 % +": two buttons around what they change. */
export function stepper(label, value, change) {
  const line = document.createElement("div");
  line.className = "stepper";
  const name = document.createElement("span");
  name.textContent = label;
  const output = document.createElement("output");
  output.textContent = value;
  const [less, more] = [["−", -1], ["+", 1]].map(([sign, way]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button small round";
    button.textContent = sign;
    button.setAttribute("aria-label", `${label} ${way < 0 ? "less" : "more"}`);
    button.addEventListener("click", () => { output.textContent = change(way); });
    return button;
  });
  line.append(name, less, output, more);
  return line;
}
