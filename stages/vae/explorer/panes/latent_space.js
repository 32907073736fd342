// The latent space: the plane, a slider for each dimension, and samples from the prior.

import { makeRandom } from "../core/mathematics.js";
import { readBytes, readFloats } from "../core/packing.js";
import { drawPrior, makePrior } from "../core/prior.js";
import { data, decodeImages, latentDim, model, nats, onPlane, order } from "./data.js";
import { prior, shape, shown, signed, single } from "./data.js";
import { $, drawImages, make, on } from "./dom.js";
import { Plane } from "./plane.js";

const coordinates = readFloats(data.points);
const onShown = (values) => shown.map((d) => values[d]);
/** The prior in the plane; where it is unknown, the distribution of the points. */
const planePrior = prior
  ? { mean: onShown(prior.mean), deviation: onShown(prior.deviation), extent: onShown(prior.extent) }
  : makePrior(coordinates, coordinates.map(() => 0), shown.length);

/** The latent vector `z` that is decoded. */
export const decoded = { z: new Float64Array(latentDim) };
export const plane = new Plane($("plane"), {
  points: readPoints(),
  single,
  prior: planePrior,
  known: prior !== null,
  onMove: (x, y) =>
    moveTo(decoded.z.map((value, d) => (d === shown[0] ? x : d === shown[1] ? y : value))),
});
let sliders = [];
let priorSeed = 100;

/** The dots; a single dimension has its classes one above the other. */
function readPoints() {
  const { uniform } = makeRandom(0);
  const { length } = data.class_names;
  const height = (label) => planePrior.deviation[0] * (3.8 - (7.6 * (label + 0.1 + 0.8 * uniform())) / length);
  return Array.from(readBytes(data.point_labels), (label, i) =>
    single
      ? { label, x: coordinates[i], y: height(label) }
      : { label, x: coordinates[2 * i], y: coordinates[2 * i + 1] },
  );
}

/** Decode z and show it everywhere. */
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
  plane.set({ point: onPlane(z) });
}

function makeSlider({ rate, dimension }) {
  const [middle, unit] = [prior.mean[dimension], prior.deviation[dimension]];
  const range = { min: middle - 4 * unit, max: middle + 4 * unit, step: unit / 100 };
  const slider = make("input", { type: "range", ...range });
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
  plane.set({ drawn: rows.map(onPlane) });
  moveTo(rows[0]);
}

function makeClassButton(name, label) {
  const swatch = make("span", { className: "swatch", style: `background: var(--class-${label % 10})` });
  const button = make("button", {}, swatch, name);
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => {
    const chosen = button.getAttribute("aria-pressed") === "false";
    for (const other of $("classes").children) other.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-pressed", String(chosen));
    plane.choose(chosen ? label : null);
  });
  return button;
}

/** Start what needs no model: the plane. */
export function startPlane() {
  $("classes").append(...data.class_names.map(makeClassButton));
  on("zoom-in", "click", () => plane.view.zoom(0.7));
  on("zoom-out", "click", () => plane.view.zoom(1 / 0.7));
  on("zoom-all", "click", plane.view.showAll);
  if (!prior) return;
  const contours = single ? "Lines" : prior.standard ? "Circles" : "Ellipses";
  const around = prior.standard ? "the prior's mean" : "the learned prior's mean";
  $("contours").textContent = `${contours} are at 1, 2 and 3 standard deviations from ${around}.`;
}

export function startDecoding() {
  if (!prior.standard) $("prior-name").textContent = `a mixture of ${prior.count} Gaussians, learned`;
  sliders = order.map(makeSlider);
  on("sample", "click", samplePrior);
}
