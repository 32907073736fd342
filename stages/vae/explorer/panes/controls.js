// Buttons and texts around the plane.

import { classColor, classes, data, description, modelIndex, models, prior } from "./data.js";
import { $, make, on } from "./dom.js";
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

/** Offer the choice of a model, if there are several. */
export function offerModels({ update }) {
  $("models").hidden = models.length < 2;
  $("model").append(...models.map(({ name }, i) => new Option(name, i, false, i === modelIndex)));
  on("model", "change", () => update({ model: Number($("model").value), pinned: null, view: null }));
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
  function render({ chosenClass }) {
    buttons.forEach((button, label) => (button.ariaPressed = label === chosenClass));
  }
  return { watches: ["chosenClass"], render };
}

/** Write the texts that depend on the data. */
export function writeTexts() {
  const isMnist = description.dataset === "MNIST";
  const suits = (description.model.likelihood === "bernoulli") === description.binary;
  document.documentElement.classList.toggle("bright", !data.is_ink);
  for (const name of ["about", "credits"]) $(name).textContent = data[name];
  $("pseudo").hidden = suits;
  $("train-pseudo").hidden = description.binary;
  $("pad-binary").hidden = description.binarization === "none";
  for (const link of document.querySelectorAll(".mnist")) link.hidden = !isMnist;
  if (!isMnist) $("pad-rule").textContent = "The whole drawing is scaled to an image";
  const { length } = prior.couplings;
  const learned = length ? `a flow of ${length} couplings` : `a mixture of ${prior.count} Gaussians`;
  if (!prior.standard) $("prior-name").textContent = `${learned}, learned`;
}
