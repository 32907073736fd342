// Elements of the page, colors, and small images on canvases.

export const $ = (id) => document.getElementById(id);

/** Make an element with properties and children. */
export function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** Call `listener` when this type of event happens to the element of this id. */
export const on = (id, type, listener) => $(id).addEventListener(type, listener);

/** A color of the style sheet, which knows light and dark. */
export const color = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** Red, green and blue of such a color as #rrggbb. */
export const channels = (name) => [1, 3, 5].map((i) => parseInt(color(name).slice(i, i + 2), 16));

/** Where on a canvas, in its pixels, an event is. */
export function positionOf(event, canvas) {
  const box = canvas.getBoundingClientRect();
  const scale = canvas.width / canvas.clientWidth;
  return [
    (event.clientX - box.left - canvas.clientLeft) * scale,
    (event.clientY - box.top - canvas.clientTop) * scale,
  ];
}

/**
 * Track the pointers that are down on a canvas, in a map from each to what `onDown(position)`
 * returns. `onMove(position, event, pointers)` is called of every pointer.
 */
export function trackPointers(canvas, onDown, onMove) {
  const pointers = new Map();
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, onDown(positionOf(event, canvas), pointers));
  });
  canvas.addEventListener("pointermove", (event) => onMove(positionOf(event, canvas), event, pointers));
  for (const type of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(type, (event) => pointers.delete(event.pointerId));
  }
}

/** Say the direction of an arrow key, [right, up], or nothing. */
export const directionOf = ({ key }) =>
  ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] })[key];

/** Make a function that calls `draw` with the next frame, once however often it is called. */
export function oncePerFrame(draw) {
  let requested = false;
  return () => {
    if (requested) return;
    requested = true;
    requestAnimationFrame(() => {
      requested = false;
      draw();
    });
  };
}

/** Show images [pixels in 0 to 1] in columns, ink on paper. */
export function drawImages(canvas, images, [height, width], columns, gap = 1) {
  const rows = Math.ceil(images.length / columns);
  canvas.width = columns * (width + gap) - gap;
  canvas.height = rows * (height + gap) - gap;
  const context = canvas.getContext("2d");
  const [ink, paper] = [channels("ink"), channels("paper")];
  images.forEach((image, n) => {
    const pixels = context.createImageData(width, height);
    for (let i = 0; i < height * width; i++) {
      const share = Math.min(1, Math.max(0, image[i]));
      for (let c = 0; c < 3; c++) pixels.data[4 * i + c] = paper[c] + share * (ink[c] - paper[c]);
      pixels.data[4 * i + 3] = 255;
    }
    const [left, top] = [n % columns, Math.floor(n / columns)];
    context.putImageData(pixels, left * (width + gap), top * (height + gap));
  });
}
