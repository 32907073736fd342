// Elements of the page, colors, and small images on canvases.

export const $ = (id) => document.getElementById(id);

export function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

export const on = (id, type, listener) => $(id).addEventListener(type, listener);

/** Return a color of the style sheet for the current color scheme. */
export const color = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** Return red, green and blue of a color of the style sheet, which is #rrggbb. */
export const channels = (name) => [1, 3, 5].map((i) => parseInt(color(name).slice(i, i + 2), 16));

/** Return the position of an event on a canvas, in its pixels. */
export function positionOf(event, canvas) {
  const { left, top } = canvas.getBoundingClientRect();
  const inside = [event.clientX - left - canvas.clientLeft, event.clientY - top - canvas.clientTop];
  return inside.map((value) => (value * canvas.width) / canvas.clientWidth);
}

/** Track pointers that are down by the results of `onDown`; all pointers call `onMove`. */
export function trackPointers(canvas, onDown, onMove) {
  const pointers = new Map();
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, onDown(positionOf(event, canvas), pointers));
  });
  const move = (event) => onMove(positionOf(event, canvas), event, pointers);
  canvas.addEventListener("pointermove", move);
  for (const type of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(type, (event) => pointers.delete(event.pointerId));
  }
}

/** Return the direction of an arrow key, [right, up], or undefined. */
export const directionOf = ({ key }) =>
  ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] })[key];

/** Make a function that calls `draw` at the next frame, at most once per frame. */
export function oncePerFrame(draw) {
  let request = null;
  const run = () => {
    request = null;
    draw();
  };
  return () => (request ??= requestAnimationFrame(run));
}

/** Draw images [pixels in 0 to 1] in columns. */
export function drawImages(canvas, images, [height, width], columns) {
  canvas.width = columns * (width + 1) - 1;
  canvas.height = Math.ceil(images.length / columns) * (height + 1) - 1;
  const context = canvas.getContext("2d");
  const [zero, one] = [channels("zero"), channels("one")];
  images.forEach((image, n) => {
    const pixels = context.createImageData(width, height);
    for (let i = 0; i < height * width; i++) {
      const share = Math.min(1, Math.max(0, image[i]));
      for (let c = 0; c < 3; c++) pixels.data[4 * i + c] = zero[c] + share * (one[c] - zero[c]);
      pixels.data[4 * i + 3] = 255;
    }
    const row = Math.floor(n / columns);
    context.putImageData(pixels, (n % columns) * (width + 1), row * (height + 1));
  });
}
