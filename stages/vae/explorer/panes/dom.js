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

/**
 * Track the pointers of a canvas. `down(position, event)` returns whether to track this one;
 * `move(position, event, isDown)` is called for all, `up(position, event)` for tracked ones.
 */
export function trackPointers(canvas, { down, move, up = () => {} }) {
  const tracked = new Set();
  const listen = (type, listener) =>
    canvas.addEventListener(type, (event) => listener(positionOf(event, canvas), event));
  listen("pointerdown", (position, event) => {
    if (!down(position, event)) return;
    canvas.setPointerCapture(event.pointerId);
    tracked.add(event.pointerId);
  });
  listen("pointermove", (position, event) => move(position, event, tracked.has(event.pointerId)));
  for (const type of ["pointerup", "pointercancel"]) {
    listen(type, (position, event) => tracked.delete(event.pointerId) && up(position, event));
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

/** Fit a canvas to its size on the screen, `ratio` times as high as wide. */
export function fitCanvas(canvas, ratio = 1) {
  const width = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
  const height = Math.round(width * ratio);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}

const pixelColors = () => [channels("zero"), channels("one")];

/** Make the pixels of an image [pixels in 0 to 1]. */
function makePixels(image, [height, width], [zero, one]) {
  const pixels = new ImageData(width, height);
  for (let i = 0; i < height * width; i++) {
    const share = Math.min(1, Math.max(0, image[i]));
    for (let c = 0; c < 3; c++) pixels.data[4 * i + c] = zero[c] + share * (one[c] - zero[c]);
    pixels.data[4 * i + 3] = 255;
  }
  return pixels;
}

/** Make a canvas of an image, to be drawn in another size. */
export function imageLayer(image, [height, width]) {
  const layer = make("canvas", { width, height });
  layer.getContext("2d").putImageData(makePixels(image, [height, width], pixelColors()), 0, 0);
  return layer;
}

/** Draw images in columns. */
export function drawImages(canvas, images, [height, width], columns) {
  canvas.width = columns * (width + 1) - 1;
  canvas.height = Math.ceil(images.length / columns) * (height + 1) - 1;
  const context = canvas.getContext("2d");
  const colors = pixelColors();
  images.forEach((image, n) => {
    const pixels = makePixels(image, [height, width], colors);
    context.putImageData(pixels, (n % columns) * (width + 1), Math.floor(n / columns) * (height + 1));
  });
}

/** Set a slider's value and the text that it shows and speaks. */
export function setSlider(id, value, text) {
  const slider = typeof id === "string" ? $(id) : id;
  slider.value = value;
  slider.setAttribute("aria-valuetext", text);
}

export const prefersStillness = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Make a function that paints a layer again only if one of its keys changed. */
export function cached(paint) {
  let last = [];
  let layer;
  return (keys, ...rest) => {
    if (!layer || keys.some((key, i) => key !== last[i])) layer = paint(...rest);
    last = keys;
    return layer;
  };
}
