// Talking to our own API: JSON both ways, one kind of error, and the header that no foreign page
// can add.

/** What the server answered when it did not work; `detail` is a sentence for a person. */
export class Problem extends Error {
  constructor(status, body) {
    super(body?.detail ?? (status ? `The server answered ${status}.` : "The server cannot be reached."));
    this.status = status;
    this.code = body?.code ?? (status ? "unexpected" : "unreachable");
    this.retryAfter = 0;
  }
}

export async function ask(method, path, body, options = {}) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: { "Content-Type": "application/json", "X-CSRF": "1" },
      body: body === undefined ? undefined : JSON.stringify(body),
      ...options,
    });
  } catch {
    throw new Problem(0);
  }
  const text = await response.text();
  let answer = null;
  try {
    answer = text ? JSON.parse(text) : null;
  } catch {
    // an answer that is not ours, from a proxy for instance
  }
  if (response.ok) return answer;
  const problem = new Problem(response.status, answer);
  problem.retryAfter = Number(response.headers.get("Retry-After")) || 0;
  throw problem;
}

/** A short message at the lower edge. */
export function say(words) {
  const toast = document.getElementById("toast");
  toast.textContent = words;
  toast.classList.add("on");
  clearTimeout(say.timer);
  say.timer = setTimeout(() => toast.classList.remove("on"), 4000);
}
