// The drawing pad.

import { shape } from "./data.js";
import { $, color, directionOf, on, oncePerFrame, trackPointers } from "./dom.js";

const SIDE = 280; // the longer one
const [HEIGHT, WIDTH] = shape.map((size) => Math.round((SIDE * size) / Math.max(...shape)));
const canvas = $("pad");
[canvas.width, canvas.height] = [WIDTH, HEIGHT];
canvas.style.aspectRatio = `${WIDTH} / ${HEIGHT}`;
const context = canvas.getContext("2d", { willReadFrequently: true });
const strokes = [];
const pen = { position: [WIDTH / 2, HEIGHT / 2], stroke: null }; // moved by keys
let changed = false; // whether the drawing has changed, not only the pen or the colors
let onInk;
export const refreshPad = oncePerFrame(draw);

/** Start the pad; `listener` is called with rows of ink, integers from 0 to 255. */
export function startPad(listener) {
  onInk = listener;
  trackPointers(canvas, begin, (position, { pointerId }, down) => {
    if (down.has(pointerId)) extend(down.get(pointerId), position);
  });
  on("pad", "keydown", press);
  for (const type of ["focus", "blur"]) on("pad", type, refreshPad);
  on("clear", "click", clear);
}

function begin(position) {
  const stroke = new Path2D();
  stroke.moveTo(...position);
  strokes.push(stroke);
  extend(stroke, position); // a dot
  return stroke;
}

function extend(stroke, position) {
  stroke.lineTo(...position);
  changed = true;
  refreshPad();
}

/** Move the pen by the arrow keys, and lower or lift it by the space bar. */
function press(event) {
  const direction = directionOf(event);
  if (direction) {
    const [x, y] = [pen.position[0] + 10 * direction[0], pen.position[1] - 10 * direction[1]];
    pen.position = [Math.min(WIDTH, Math.max(0, x)), Math.min(HEIGHT, Math.max(0, y))];
    if (pen.stroke) extend(pen.stroke, pen.position);
  } else if (event.key === " ") {
    pen.stroke = pen.stroke ? null : begin(pen.position);
  } else return;
  event.preventDefault();
  refreshPad();
}

function clear() {
  strokes.length = 0;
  pen.stroke = null;
  refreshPad();
}

function draw() {
  if (changed && strokes.length) {
    paint("#000000");
    const { data } = context.getImageData(0, 0, WIDTH, HEIGHT);
    const row = (y) => Array.from({ length: WIDTH }, (_, x) => data[4 * (y * WIDTH + x) + 3]);
    onInk(Array.from({ length: HEIGHT }, (_, y) => row(y)));
  }
  changed = false;
  paint(color("one"));
  if (document.activeElement !== canvas) return;
  const [x, y] = pen.position;
  context.lineWidth = 3;
  context.strokeStyle = color("accent");
  context.strokeRect(x - 8, y - 8, 16, 16);
}

function paint(ink) {
  context.clearRect(0, 0, WIDTH, HEIGHT);
  context.strokeStyle = ink;
  context.lineWidth = 22;
  context.lineCap = context.lineJoin = "round";
  for (const stroke of strokes) context.stroke(stroke);
}
