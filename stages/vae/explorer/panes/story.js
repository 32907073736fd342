// The story: seven steps, which explain and highlight.

import { $, on } from "./dom.js";

const MARGIN = 12; // pixels

/** Scroll until everything that is lit, or at least its start, can be seen below the story. */
function showLit() {
  const boxes = [...document.querySelectorAll(".lit")].map((e) => e.getBoundingClientRect());
  const shown = boxes.filter(({ height }) => height);
  const story = $("story");
  const covered = getComputedStyle(story).position === "sticky" ? story.offsetHeight : 0;
  const above = Math.min(...shown.map(({ top }) => top)) - covered - MARGIN;
  const below = Math.max(...shown.map(({ bottom }) => bottom)) - innerHeight + MARGIN;
  if (above < 0 || below > 0) scrollBy(0, Math.min(above, Math.max(below, 0)));
}

/** Make the pane of the story. */
export function makeStory({ state, update }) {
  const steps = [...$("steps").children];
  const marks = [...$("marks").children];
  marks.forEach((mark, i) => {
    mark.setAttribute("aria-label", `Step ${steps[i].querySelector("h2").textContent}`);
    mark.addEventListener("click", () => update({ step: i + 1 }));
  });
  on("back", "click", () => update({ step: state.step - 1 }));
  on("next", "click", () => update({ step: state.step + 1 }));
  let before = null;
  function render({ step }) {
    steps.forEach((element, i) => element.classList.toggle("current", i + 1 === step));
    marks.forEach((mark, i) => (mark.ariaCurrent = i + 1 === step ? "step" : null));
    for (const element of document.querySelectorAll("[data-steps]")) {
      element.classList.toggle("lit", element.dataset.steps.includes(step));
    }
    $("back").disabled = step === 1;
    $("next").disabled = step === steps.length;
    if (step !== before) showLit();
    before = step;
  }
  return { watches: ["step"], render };
}
