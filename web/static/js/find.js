// Search as one types: the page's own answer replaces what was found, the address follows.
const PAUSE = 160; // ms after the last letter


export function mount(page, enliven) {
  const form = page.querySelector("form");
  const input = form.elements.q;
  let timer = 0;
  let asking = null;
  const look = async () => {
    asking?.abort();
    asking = new AbortController();
    const address = `/find?q=${encodeURIComponent(input.value.trim())}`;
    try {
      const response = await fetch(address, { headers: { Accept: "text/html" }, signal: asking.signal });
      if (!response.ok) return;
      const answer = new DOMParser().parseFromString(await response.text(), "text/html");
      page.querySelector("#found").replaceWith(answer.getElementById("found"));
      document.title = answer.title;
      history.replaceState(null, "", address);
      enliven(page);
    } catch (fault) {
      if (fault.name !== "AbortError") form.submit();
    }
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    look();
  });
}
