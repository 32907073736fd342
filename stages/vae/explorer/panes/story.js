// The story: seven steps, which explain and highlight.

import { $, on } from "./dom.js";

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
  let before = state.step;
  function render({ step }) {
    steps.forEach((element, i) => element.classList.toggle("current", i + 1 === step));
    marks.forEach((mark, i) => mark.toggleAttribute("aria-current", i + 1 === step));
    for (const element of document.querySelectorAll("[data-steps]")) {
      element.classList.toggle("lit", element.dataset.steps.includes(step));
    }
    $("back").disabled = step === 1;
    $("next").disabled = step === steps.length;
    if (step !== before) document.querySelector(".lit").scrollIntoView({ block: "nearest" });
    before = step;
  }
  return { watches: ["step"], render };
}
