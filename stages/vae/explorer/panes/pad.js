// The pad to draw on.

import { color, directionOf, oncePerFrame, trackPointers } from "./dom.js";

const SIDE = 280;
const PEN = 22;

/** A square to draw on; `onInk` is called with rows of its ink, integers from 0 to 255. */
export class Pad {
  constructor(canvas, onInk) {
    canvas.width = canvas.height = SIDE;
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { willReadFrequently: true });
    this.onInk = onInk;
    this.strokes = [];
    this.key = { position: [SIDE / 2, SIDE / 2], stroke: null };
    this.changed = false; // the drawing, and not only the pen's position or the colors
    this.refresh = oncePerFrame(() => this.draw());
    trackPointers(canvas, (position) => this.begin(position), (position, { pointerId }, strokes) => {
      if (strokes.has(pointerId)) this.extend(strokes.get(pointerId), position);
    });
    canvas.addEventListener("keydown", (event) => this.press(event));
    for (const type of ["focus", "blur"]) canvas.addEventListener(type, this.refresh);
  }

  begin(position) {
    const stroke = new Path2D();
    stroke.moveTo(...position);
    this.strokes.push(stroke);
    this.extend(stroke, position); // a dot
    return stroke;
  }

  extend(stroke, position) {
    stroke.lineTo(...position);
    this.changed = true;
    this.refresh();
  }

  /** Move the pen by an arrow key, lower or lift it by the space bar. */
  press(event) {
    const { key } = this;
    const direction = directionOf(event);
    if (direction) {
      const [x, y] = [key.position[0] + 10 * direction[0], key.position[1] - 10 * direction[1]];
      key.position = [x, y].map((value) => Math.min(SIDE, Math.max(0, value)));
      if (key.stroke) this.extend(key.stroke, key.position);
    } else if (event.key === " ") {
      key.stroke = key.stroke ? null : this.begin(key.position);
    } else return;
    event.preventDefault();
    this.refresh();
  }

  clear() {
    this.strokes.length = 0;
    this.key.stroke = null;
    this.refresh();
  }

  draw() {
    if (this.changed && this.strokes.length) {
      this.paint("#000000");
      const { data } = this.context.getImageData(0, 0, SIDE, SIDE);
      const row = (y) => Array.from({ length: SIDE }, (_, x) => data[4 * (y * SIDE + x) + 3]);
      this.onInk(Array.from({ length: SIDE }, (_, y) => row(y)));
    }
    this.changed = false;
    this.paint(color("ink"));
    if (document.activeElement === this.canvas) this.paintCursor();
  }

  paint(ink) {
    const { context } = this;
    context.clearRect(0, 0, SIDE, SIDE);
    context.strokeStyle = ink;
    context.lineWidth = PEN;
    context.lineCap = context.lineJoin = "round";
    for (const stroke of this.strokes) context.stroke(stroke);
  }

  paintCursor() {
    const [x, y] = this.key.position;
    this.context.lineWidth = 3;
    this.context.strokeStyle = color("accent");
    this.context.strokeRect(x - 8, y - 8, 16, 16);
  }
}
