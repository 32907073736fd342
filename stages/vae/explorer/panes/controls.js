// Buttons and texts around the plane.

import { classColor, classes, data, description, prior, single } from "./data.js";
import { $, make, on } from "./dom.js";
import { isMnist } from "./strokes.js";
import { wholeView, zoom } from "./view.js";

/** Make the pane of the buttons that move the view. */
export function makeZoom({ state, update }) {
  const change = (factor) => update({ view: zoom(state.view ?? wholeView, factor) });
  on("zoom-in", "click", () => change(0.7));
  on("zoom-out", "click", () => change(1 / 0.7));
  on("zoom-all", "click", () => update({ view: null }));
  on("manifold", "change", () => update({ manifold: $("manifold").checked }));
  function render({ view, manifold }) {
    $("zoom-all").disabled = view === null;
    $("manifold").checked = manifold;
  }
  return { watches: ["view", "manifold"], render };
}

/** Make the pane of the classes' buttons, which show one class. */
export function makeClasses({ state, update }) {
  const buttons = classes.map((name, label) => {
    const style = `background: var(--${classColor(label)})`;
    const button = make("button", {}, make("span", { className: "swatch", style }), name);
    button.addEventListener("click", () =>
      update({ chosenClass: state.chosenClass === label ? null : label }),
    );
    return button;
  });
  $("classes").append(...buttons);
  $("classes").hidden = !classes.length;
  function render({ chosenClass }) {
    buttons.forEach((button, label) => button.setAttribute("aria-pressed", String(label === chosenClass)));
  }
  return { watches: ["chosenClass"], render };
}

/** Write the texts that depend on the data. */
export function startTexts() {
  $("about").textContent = data.about;
  $("credits").textContent = data.credits;
  $("pad-binary").hidden = description.binarization === "none";
  for (const link of document.querySelectorAll(".mnist")) link.hidden = !isMnist;
  if (!isMnist) $("pad-rule").textContent = "The whole drawing is scaled to an image";
  if (!prior) return;
  const contours = single ? "Lines" : prior.standard ? "Circles" : "Ellipses";
  const around = prior.standard ? "the prior's mean" : "the learned prior's mean";
  $("contours").textContent = `${contours} are at 1, 2 and 3 standard deviations from ${around}.`;
}
