// "Why this quality?": what the server does for this film, and what would spare it.

const SUMMARY = {
  direct: "The file is sent exactly as it is. Nothing is converted.",
  remux: "Picture and sound are sent untouched, only wrapped anew for this browser.",
  transcode_audio: "The picture is sent untouched. The sound is converted.",
  transcode: "The picture is converted while you watch.",
};
export const SHORT = {
  direct: "Plays directly",
  remux: "Original picture and sound",
  transcode_audio: "Original picture",
  transcode: "Converted",
};

export function explain(panel, { decision }, facts) {
  panel.querySelector("[data-summary]").textContent = SUMMARY[decision.mode] ?? "";
  const texts = new Map(decision.reasons.map((reason) => [reason.text, reason]));
  panel.querySelector("[data-reasons]").replaceChildren(...[...texts.values()].map((reason) => {
    const line = document.createElement("li");
    line.textContent = reason.text;
    if (reason.remedy) {
      const remedy = document.createElement("p");
      remedy.textContent = reason.remedy;
      line.append(remedy);
    }
    return line;
  }));
  const chips = [[SHORT[decision.mode] ?? decision.mode, decision.mode === "transcode" ? "warn" : "good"], ...facts];
  panel.querySelector("[data-chips]").replaceChildren(...chips.filter(([words]) => words).map(([words, tone]) => {
    const chip = document.createElement("li");
    chip.className = `chip ${tone ?? ""}`;
    chip.textContent = words;
    return chip;
  }));
  const remedy = panel.querySelector("[data-remedy]");
  remedy.replaceChildren();
  return remedy;
}
