// The latent space: the plane, a slider for each dimension, and samples from the prior.

import { makeRandom } from "../core/mathematics.js";
import { drawPrior } from "../core/prior.js";
import { classes, decodeImages, latentDim, model, nats, onPlane } from "./data.js";
import { order, prior, shape, shown, signed, single } from "./data.js";
import { $, drawImages, make, on } from "./dom.js";
import { chooseClass, showOnPlane, view, watchPlane } from "./plane.js";

/** The latent vector `z` that is decoded. */
export const decoded = { z: new Float64Array(latentDim) };
let sliders = [];
let priorSeed = 100;

/** Set z, decode it and update all views. */
export function moveTo(z) {
  if (!model) return;
  decoded.z = z;
  drawImages($("decoded"), decodeImages([z]), shape, 1);
  const text = onPlane(z).slice(0, latentDim).map(signed).join(", ");
  $("z-text").textContent = latentDim > 2 ? `(${text}, …)` : `(${text})`;
  for (const { slider, output, dimension } of sliders) {
    slider.value = z[dimension];
    output.textContent = signed(z[dimension]);
  }
  showOnPlane({ point: onPlane(z) });
}

function makeSlider({ rate, dimension }) {
  const [middle, unit] = [prior.mean[dimension], prior.deviation[dimension]];
  const [min, max] = [middle - 4 * unit, middle + 4 * unit];
  const slider = make("input", { type: "range", min, max, step: unit / 100 });
  const output = make("output");
  const name = `z${String(dimension + 1).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit])}`;
  slider.addEventListener("input", () =>
    moveTo(decoded.z.map((value, d) => (d === dimension ? Number(slider.value) : value))),
  );
  $("dimensions").append(make("label", {}, `${name}, rate ${nats(rate)}: `, output, slider));
  return { slider, output, dimension };
}

function samplePrior() {
  const random = makeRandom(priorSeed++);
  const rows = Array.from({ length: 10 }, () => drawPrior(prior, random));
  $("prior-samples").hidden = false;
  drawImages($("prior-samples"), decodeImages(rows), shape, 10);
  showOnPlane({ drawn: rows.map(onPlane) });
  moveTo(rows[0]);
}

function makeClassButton(name, label) {
  const style = `background: var(--class-${label % 10})`;
  const swatch = make("span", { className: "swatch", style });
  const button = make("button", {}, swatch, name);
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => {
    const chosen = button.getAttribute("aria-pressed") === "false";
    for (const other of $("classes").children) other.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-pressed", String(chosen));
    chooseClass(chosen ? label : null);
  });
  return button;
}

/** Start the plane, which needs no model. */
export function startPlane() {
  watchPlane((...point) => moveTo(decoded.z.map((value, d) => point[shown.indexOf(d)] ?? value)));
  $("classes").append(...classes.map(makeClassButton));
  on("zoom-in", "click", () => view.zoom(0.7));
  on("zoom-out", "click", () => view.zoom(1 / 0.7));
  on("zoom-all", "click", view.showAll);
  if (!prior) return;
  const contours = single ? "Lines" : prior.standard ? "Circles" : "Ellipses";
  const around = prior.standard ? "the prior's mean" : "the learned prior's mean";
  $("contours").textContent = `${contours} are at 1, 2 and 3 standard deviations from ${around}.`;
}

export function startDecoding() {
  const { length } = prior.couplings;
  const learned = length ? `a flow of ${length} couplings` : `a mixture of ${prior.count} Gaussians`;
  if (!prior.standard) $("prior-name").textContent = `${learned}, learned`;
  sliders = order.map(makeSlider);
  on("sample", "click", samplePrior);
}
