"use strict";
// The pad to draw on, and how a drawing becomes an image like those of the data.

/** A square to draw on; `onInk` is called with its ink [SIDE * SIDE], in 0 to 1. */
function makePad(canvas, onInk) {
  const SIDE = 280;
  const PEN = 22;
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const strokes = []; // lists of places
  const pens = new Map();
  let key = { place: [SIDE / 2, SIDE / 2], down: null };
  let requested = false;
  let changed = false; // the drawing, and not only the pen's place or the colours

  function paint(ink, cursor) {
    context.clearRect(0, 0, SIDE, SIDE);
    context.strokeStyle = ink;
    context.lineWidth = PEN;
    context.lineCap = context.lineJoin = "round";
    for (const stroke of strokes) {
      context.beginPath();
      context.moveTo(...stroke[0]);
      stroke.forEach((place) => context.lineTo(...place));
      context.stroke();
    }
    if (cursor) {
      context.lineWidth = 3;
      context.strokeStyle = color("accent");
      context.strokeRect(key.place[0] - 8, key.place[1] - 8, 16, 16);
    }
  }

  function draw() {
    requested = false;
    if (changed && strokes.length) {
      paint("#000000", false);
      const { data } = context.getImageData(0, 0, SIDE, SIDE);
      onInk(Float32Array.from({ length: SIDE * SIDE }, (_, i) => data[4 * i + 3] / 255), SIDE);
    }
    changed = false;
    paint(color("ink"), document.activeElement === canvas);
  }
  function request() {
    if (!requested) requestAnimationFrame(draw);
    requested = true;
  }

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    const stroke = [placeOf(event, canvas)];
    strokes.push(stroke);
    pens.set(event.pointerId, stroke);
    changed = true;
    request();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!pens.has(event.pointerId)) return;
    pens.get(event.pointerId).push(placeOf(event, canvas));
    changed = true;
    request();
  });
  for (const type of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(type, (event) => pens.delete(event.pointerId));
  }
  canvas.addEventListener("keydown", (event) => {
    const directions = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const direction = directions[event.key];
    if (direction) {
      key.place = key.place.map((value, i) => Math.min(SIDE, Math.max(0, value + 10 * direction[i])));
      key.down?.push(key.place);
    } else if (event.key === " ") {
      key.down = key.down ? null : [key.place];
      if (key.down) strokes.push(key.down);
    } else return;
    event.preventDefault();
    changed ||= key.down !== null;
    request();
  });
  for (const type of ["focus", "blur"]) canvas.addEventListener(type, request);

  return {
    refresh: request,
    clear: () => {
      strokes.length = 0;
      key.down = null;
      request();
    },
  };
}

/** Ink fitted into 20 of 28 pixels, its centre of mass in the middle, as MNIST has it. */
function centreInk(ink, side, size) {
  const there = (x, y) => ink[y * side + x] > 0.25;
  let [left, top, right, bottom] = [side, side, -1, -1];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (!there(x, y)) continue;
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    }
  }
  if (right < 0) return new Float32Array(size * size);
  const step = Math.max(right + 1 - left, bottom + 1 - top) / Math.round((20 * size) / 28);
  // Where the centre of mass is, in pixels of the drawing.
  let mass = 0, massX = 0, massY = 0;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const value = ink[y * side + x];
      mass += value;
      massX += value * (x + 0.5);
      massY += value * (y + 0.5);
    }
  }
  const shift = (edge, middle) => Math.round(size / 2 - (middle - edge) / step); // whole pixels
  const x0 = left - step * shift(left, massX / mass);
  const y0 = top - step * shift(top, massY / mass);
  const result = new Float32Array(size * size);
  const FINE = 8; // each pixel is the mean of so many places squared
  for (let i = 0; i < size * size; i++) {
    let sum = 0;
    for (let k = 0; k < FINE * FINE; k++) {
      const x = Math.floor(x0 + step * ((i % size) + ((k % FINE) + 0.5) / FINE));
      const y = Math.floor(y0 + step * (Math.floor(i / size) + (Math.floor(k / FINE) + 0.5) / FINE));
      if (x >= 0 && x < side && y >= 0 && y < side) sum += ink[y * side + x];
    }
    result[i] = sum / (FINE * FINE);
  }
  return result;
}
