// Drawings: strokes [x, y, x, y, ...] on the pad, their ink, and the image that it becomes.

import { fitInk, scaleInk } from "../core/drawing.js";
import { makeRandom } from "../core/mathematics.js";
import { description, shape } from "./data.js";

const SIDE = 280; // of the pad in its own pixels, the longer one
const scaled = (size) => Math.round((SIDE * size) / Math.max(...shape));
export const HEIGHT = scaled(shape[0]);
export const WIDTH = scaled(shape[1]);
export const isMnist = description.dataset === "MNIST";

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

/** Return the image [pixels] that strokes become, or null if there is no ink. */
export function observe(strokes) {
  const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  paintStrokes(context, strokes, "#000000");
  const { data } = context.getImageData(0, 0, WIDTH, HEIGHT);
  const row = (y) => Array.from({ length: WIDTH }, (_, x) => data[4 * (y * WIDTH + x) + 3]);
  const ink = Array.from({ length: HEIGHT }, (_, y) => row(y));
  if (!ink.some((values) => values.some((value) => value > 0))) return null;
  return binarize((isMnist ? fitInk : scaleInk)(ink, shape));
}

/** Binarize pixels as `preprocess` does, with fixed random numbers per pixel. */
function binarize(gray) {
  const { binarization } = description;
  if (binarization === "none") return gray;
  if (binarization === "threshold") return gray.map((value) => Number(value > 0.5));
  const { uniform } = makeRandom(7);
  return gray.map((value) => Number(uniform() < value));
}

/** Write strokes as text for the address: two digits of base 36 per number. */
export const packStrokes = (strokes) =>
  strokes.map((stroke) => stroke.map((v) => v.toString(36).padStart(2, "0")).join("")).join(".");

/** Read strokes; text that is none becomes no strokes. */
export function unpackStrokes(text) {
  if (!/^([0-9a-z]{4})+(\.([0-9a-z]{4})+)*$/.test(text)) return [];
  return text.split(".").map((stroke) => stroke.match(/../g).map((digits) => parseInt(digits, 36)));
}
