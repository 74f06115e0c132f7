// Colours and distance, kept on this device.

export function mount(form) {
  const kept = { theme: read("theme") ?? "dark", tv: "tv" in document.documentElement.dataset ? "1" : "0" };
  for (const input of form.querySelectorAll("input[type=radio]")) {
    input.checked = input.value === kept[input.name];
  }
  form.addEventListener("change", ({ target }) => {
    try {
      localStorage.setItem(target.name, target.value);
    } catch {
      return;
    }
    if (target.name === "tv") document.documentElement.toggleAttribute("data-tv", target.value === "1");
    else document.documentElement.dataset.theme = resolved(target.value);
  });
}

function read(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function resolved(theme) {
  if (theme !== "auto") return theme;
  return matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}
