// An image: chosen or drawn, encoded, and what follows from it.

import { fitInk } from "../core/drawing.js";
import { drawNormals, makeRandom } from "../core/mathematics.js";
import { drawLatents, encode } from "../core/model.js";
import { makeAxis } from "../core/prior.js";
import { showWay } from "./between.js";
import { data, decodeImages, images, latentDim, likelihood, model } from "./data.js";
import { onPlane, prior, shape, single } from "./data.js";
import { $, drawImages, on } from "./dom.js";
import { ask, inference, showTerms, startInference } from "./inference.js";
import { moveTo, plane } from "./latent_space.js";
import { Pad } from "./pad.js";

const SHOWN_SAMPLES = 30; // dots on the plane
const COLUMNS = 20; // of the gallery

/** Encode an image and show all that follows; the worker's part comes later. */
function infer(x) {
  const { loc, scale } = encode(model, x);
  inference.current = { x, loc, scale };
  inference.answer = null;
  const rows = Array.from({ length: SHOWN_SAMPLES }, (_, i) =>
    drawLatents({ loc, scale }, drawNormals(i, latentDim)),
  );
  drawImages($("seen"), [x], shape, 1);
  drawImages($("reconstruction"), decodeImages([loc]), shape, 1);
  drawImages($("posterior-samples"), decodeImages(rows.slice(0, 10)), shape, 5);
  plane.set({
    posterior: { loc: onPlane(loc), scale: onPlane(scale) },
    samples: rows.map(onPlane),
    path: null,
  });
  moveTo(loc);
  showWay(loc);
  ask();
}

function showAnswer(answer) {
  const { loc, scale } = inference.current;
  const { logPosterior, most } = answer;
  plane.set({ posterior: { loc: onPlane(loc), scale: onPlane(scale), logPosterior, most } });
  showTerms(answer);
}

/** Show the window that q(z|x) and what is known of the true posterior fill. */
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
  plane.view.set((left + right) / 2, (low + high) / 2, 0.6 * Math.max(right - left, high - low));
}

function chooseImage(index) {
  $("choice").value = index;
  $("choice-text").textContent = `${index + 1}: ${data.class_names[data.labels[index]]}`;
  infer(images[index]);
}

/** Make pixels binary as `preprocess` does; a pixel that is drawn keeps its random number. */
function binarize(gray) {
  if (data.binarization === "none") return gray;
  if (data.binarization === "threshold") return gray.map((value) => Number(value > 0.5));
  const { uniform } = makeRandom(7);
  return gray.map((value) => Number(uniform() < value));
}

const sketch = new Pad($("pad"), (ink) => {
  $("choice-text").textContent = "none: your drawing";
  infer(binarize(fitInk(ink, shape)));
});

const drawGallery = () => drawImages($("gallery"), images, shape, COLUMNS);

function chooseFromGallery(event) {
  const cell = $("gallery").clientWidth / COLUMNS;
  const index = Math.floor(event.offsetX / cell) + COLUMNS * Math.floor(event.offsetY / cell);
  if (index < images.length) chooseImage(index);
}

/** Draw again all that depends on light and dark. */
function redraw() {
  drawGallery();
  plane.refresh();
  sketch.refresh();
  infer(inference.current.x);
}

export function startImage() {
  $("choice").max = images.length - 1;
  $("pad-binary").textContent = data.binarization === "none" ? "" : ", and its pixels are made binary";
  $("pseudo").hidden = likelihood.binary === data.binary;
  startInference(showAnswer);
  chooseImage(0);
  drawGallery();
  on("zoom-posterior", "click", zoomToPosterior);
  on("choice", "input", () => chooseImage(Number($("choice").value)));
  on("gallery", "click", chooseFromGallery);
  on("clear", "click", () => sketch.clear());
  on("num-samples", "input", () => showTerms(inference.answer));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}
