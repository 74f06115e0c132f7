// Scans as they run: start one without leaving the page, follow all over the WebSocket.
import { ask, say } from "./server.js";

// The scanner's counts that mean something to a person; the page itself says the same.
const COUNTS = { seen: "files", new: "new", changed: "changed", failed: "cannot be played", away: "away", missing: "gone" };
const AGAIN = 2000; // ms before a lost socket is opened again

export function mount(section) {
  const panels = new Map();
  for (const panel of section.querySelectorAll("[data-library]")) panels.set(panel.dataset.library, panel);
  for (const form of section.querySelectorAll("form[data-scan]")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        show(panels, await ask("POST", `/api/libraries/${form.dataset.scan}/scan`));
      } catch (problem) {
        say(problem.message);
      }
    });
  }
  follow(panels);
}

function follow(panels) {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const socket = new WebSocket(`${scheme}://${location.host}/api/ws`);
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === "job" && message.job.kind === "scan") show(panels, message.job);
  });
  socket.addEventListener("close", () => setTimeout(follow, AGAIN, panels));
}

function show(panels, job) {
  const panel = panels.get(job.subject);
  if (!panel) return;
  const ended = ["done", "failed", "cancelled"].includes(job.state);
  const meter = panel.querySelector(".meter");
  const bar = meter.querySelector(".bar");
  const percent = Math.round((job.progress ?? 0) * 100);
  meter.hidden = ended;
  bar.setAttribute("aria-valuenow", String(percent));
  bar.firstElementChild.style.setProperty("--at", `${percent}%`);
  meter.querySelector("[data-current]").textContent = job.current ?? (job.state === "queued" ? "Waiting" : "");
  meter.querySelector("[data-counts]").textContent = counted(job.counts);
  meter.querySelector("[data-eta]").textContent = job.eta ? `${Math.ceil(job.eta)} s left` : "";
  const button = panel.querySelector("[data-scan] button");
  button.toggleAttribute("disabled", !ended);
  button.querySelector("span").textContent = ended ? "Scan" : "Scanning";
  if (ended) finish(panel, job);
}

function finish(panel, job) {
  const line = panel.querySelector("[data-summary]");
  if (job.state === "done") line.textContent = `Scanned: ${counted(job.counts) || "nothing changed"}`;
  else if (job.state === "failed") line.textContent = job.error ?? "The scan failed.";
  else line.textContent = "The scan was stopped.";
}

function counted(counts = {}) {
  return Object.entries(COUNTS)
    .filter(([name]) => counts[name] > 0)
    .map(([name, words]) => `${counts[name].toLocaleString()} ${words}`)
    .join(", ");
}
