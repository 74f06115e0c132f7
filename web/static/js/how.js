// "Plays directly here": asks the server how it would play on this device, and says so.
import { capabilities } from "./player/capabilities.js";

export async function mount(list) {
  const can = encodeURIComponent(JSON.stringify(await capabilities()));
  try {
    const response = await fetch(`/items/${list.dataset.id}/how?can=${can}`, { headers: { Accept: "text/html" } });
    if (!response.ok) return;
    const answer = new DOMParser().parseFromString(await response.text(), "text/html");
    list.prepend(...answer.querySelectorAll("li"));
  } catch {
    // the page is whole without it
  }
}
