// Drawings: strokes [x, y, x, y, ...] on the pad, their ink, and the image that it becomes.

import { fitInk, scaleInk } from "../core/drawing.js";
import { makeRandom } from "../core/mathematics.js";
import { description, shape } from "./data.js";

const SIDE = 280; // of the pad in its own pixels, the longer one
const scaled = (size) => Math.round((SIDE * size) / Math.max(...shape));
export const HEIGHT = scaled(shape[0]);
export const WIDTH = scaled(shape[1]);

/** Paint strokes; a stroke of one point is a dot. */
export function paintStrokes(context, strokes, ink) {
  context.strokeStyle = ink;
  context.lineWidth = 22;
  context.lineCap = context.lineJoin = "round";
  for (const stroke of strokes) {
    context.beginPath();
    context.moveTo(stroke[0], stroke[1] - 0.01); // a line without length would draw nothing
    for (let i = 0; i < stroke.length; i += 2) context.lineTo(stroke[i], stroke[i + 1]);
    context.stroke();
  }
}

const paper = new OffscreenCanvas(WIDTH, HEIGHT).getContext("2d", { willReadFrequently: true });

/** Return the image [pixels] that strokes become, or null if it has no ink. */
export function observe(strokes) {
  paper.clearRect(0, 0, WIDTH, HEIGHT);
  paintStrokes(paper, strokes, "#000000");
  const { data } = paper.getImageData(0, 0, WIDTH, HEIGHT);
  const opacity = data.filter((_, k) => k % 4 === 3);
  const ink = Array.from({ length: HEIGHT }, (_, y) => [...opacity.slice(y * WIDTH, (y + 1) * WIDTH)]);
  const fit = description.dataset === "MNIST" ? fitInk : scaleInk;
  const image = binarize(fit(ink, shape));
  return image.some((value) => value > 0) ? image : null;
}

/** Binarize pixels as `preprocess` does, with fixed random numbers per pixel. */
function binarize(gray) {
  const { binarization } = description;
  if (binarization === "none") return gray;
  if (binarization === "threshold") return gray.map((value) => Number(value > 0.5));
  const { uniform } = makeRandom(7);
  return gray.map((value) => Number(uniform() < value));
}
