// The encoded image, chosen or drawn, and the interpolation to a second image.

import { fitInk, scaleInk } from "../core/drawing.js";
import { drawMirrored, makeRandom } from "../core/mathematics.js";
import { drawLatents, encode } from "../core/model.js";
import { makeAxis } from "../core/prior.js";
import { decodeImages, description, images, latentDim, likelihood, model } from "./data.js";
import { nameOf, onPlane, prior, shape, single } from "./data.js";
import { $, drawImages, on } from "./dom.js";
import { ask, inference, startInference } from "./inference.js";
import { moveTo } from "./latent_space.js";
import { refreshPad, startPad } from "./pad.js";
import { refreshPlane, showOnPlane, view } from "./plane.js";

const COLUMNS = 20; // of the gallery
const isMnist = description.dataset === "MNIST";

/** Encode an image and show the results; the worker's results are shown later. */
function infer(x) {
  const { loc, scale } = encode(model, x);
  inference.current = { x, loc, scale };
  inference.answer = null;
  const z = drawLatents({ loc, scale }, drawMirrored(1, 30, latentDim));
  const rows = Array.from({ length: 30 }, (_, i) => z.subarray(i * latentDim, (i + 1) * latentDim));
  drawImages($("seen"), [x], shape, 1);
  drawImages($("reconstruction"), decodeImages([loc]), shape, 1);
  drawImages($("posterior-samples"), decodeImages(rows.slice(0, 10)), shape, 5);
  const posterior = { loc: onPlane(loc), scale: onPlane(scale) };
  showOnPlane({ posterior, answer: null, samples: rows.map(onPlane), path: null });
  moveTo(loc);
  showInterpolation();
  ask();
}

/** Show images decoded between the current and the second image. */
function showInterpolation() {
  const start = inference.current.loc;
  const second = Number($("second").value);
  $("second-text").textContent = nameOf(second);
  $("way-text").textContent = `${$("way").value} %`;
  const { loc: end } = encode(model, images[second]);
  const at = (share) => start.map((value, d) => value + share * (end[d] - value));
  const rows = Array.from({ length: 9 }, (_, i) => at(i / 8));
  drawImages($("between"), decodeImages(rows), shape, 9);
  return { path: [onPlane(start), onPlane(end)], z: at(Number($("way").value) / 100) };
}

/** Show the interpolation also on the plane, after a slider has moved. */
function interpolate() {
  const { path, z } = showInterpolation();
  showOnPlane({ path });
  moveTo(z);
}

/** Zoom to q(z|x) and, if it is known, the true posterior. */
function zoomToPosterior() {
  const { answer, current } = inference;
  const [x, y] = onPlane(current.loc);
  const [a, b = 0] = onPlane(current.scale);
  let [left, right, low, high] = [x - 4 * a, x + 4 * a, y - 4 * b, y + 4 * b];
  if (answer?.logPosterior && !single) {
    const axes = [0, 1].map((d) => makeAxis(prior, d).z);
    const { length } = axes[0];
    answer.logPosterior.forEach((value, i) => {
      if (value < answer.most - 6) return;
      const [across, up] = [axes[0][i % length], axes[1][Math.floor(i / length)]];
      [left, right] = [Math.min(left, across), Math.max(right, across)];
      [low, high] = [Math.min(low, up), Math.max(high, up)];
    });
  }
  view.set((left + right) / 2, (low + high) / 2, 0.6 * Math.max(right - left, high - low));
}

function chooseImage(index) {
  $("choice").value = index;
  $("choice-text").textContent = nameOf(index);
  infer(images[index]);
}

/** Binarize pixels as `preprocess` does, with fixed random numbers per pixel. */
function binarize(gray) {
  const { binarization } = description;
  if (binarization === "none") return gray;
  if (binarization === "threshold") return gray.map((value) => Number(value > 0.5));
  const { uniform } = makeRandom(7);
  return gray.map((value) => Number(uniform() < value));
}

function inferDrawing(ink) {
  $("choice-text").textContent = "(your drawing)";
  infer(binarize((isMnist ? fitInk : scaleInk)(ink, shape)));
}

const drawGallery = () => drawImages($("gallery"), images, shape, COLUMNS);

function chooseFromGallery(event) {
  const cell = $("gallery").clientWidth / COLUMNS;
  const index = Math.floor(event.offsetX / cell) + COLUMNS * Math.floor(event.offsetY / cell);
  if (index < images.length) chooseImage(index);
}

/** Redraw everything that depends on the color scheme. */
function redraw() {
  drawGallery();
  refreshPlane();
  refreshPad();
  infer(inference.current.x);
}

export function startImage() {
  $("choice").max = images.length - 1;
  $("pad-binary").hidden = description.binarization === "none";
  if (!isMnist) $("pad-rule").textContent = "The whole drawing is scaled to an image";
  $("pseudo").hidden = likelihood.binary === description.binary;
  $("second").max = images.length - 1;
  on("second", "input", interpolate);
  on("way", "input", interpolate);
  startInference();
  startPad(inferDrawing);
  chooseImage(0);
  drawGallery();
  on("zoom-posterior", "click", zoomToPosterior);
  on("choice", "input", () => chooseImage(Number($("choice").value)));
  on("gallery", "click", chooseFromGallery);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}
