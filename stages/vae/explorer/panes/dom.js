// Elements of the page, colors, and small images on canvases.

export const $ = (id) => document.getElementById(id);

export function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

export const on = (id, type, listener) => $(id).addEventListener(type, listener);

export const prefersStillness = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

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
 * Watch the pointers of a canvas, also outside of it while they are down: `down(position, event)`,
 * `move(position, event, isDown)` and `up(position, event)`.
 */
export function trackPointers(canvas, { down, move, up }) {
  const listen = (type, listener) =>
    canvas.addEventListener(type, (event) => listener(positionOf(event, canvas), event));
  listen("pointerdown", (position, event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    down(position, event);
  });
  listen("pointermove", (position, event) => move(position, event, canvas.hasPointerCapture(event.pointerId)));
  for (const type of ["pointerup", "pointercancel"]) listen(type, up);
}

/** Fit a canvas to its size on the screen, `ratio` times as high as wide, and clear it. */
export function clearCanvas(canvas, ratio = 1) {
  canvas.width = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
  canvas.height = Math.round(canvas.width * ratio);
  return canvas.getContext("2d");
}

/** Draw images in columns; their values are from 0 to 1, beyond which colors are clipped. */
export function drawImages(canvas, images, [height, width], columns) {
  canvas.width = columns * (width + 1) - 1;
  canvas.height = Math.ceil(images.length / columns) * (height + 1) - 1;
  const context = canvas.getContext("2d");
  const [zero, one] = [channels("zero"), channels("one")];
  images.forEach((image, n) => {
    const pixels = new ImageData(width, height);
    for (let i = 0; i < image.length; i++) {
      for (let c = 0; c < 3; c++) pixels.data[4 * i + c] = zero[c] + image[i] * (one[c] - zero[c]);
      pixels.data[4 * i + 3] = 255;
    }
    context.putImageData(pixels, (n % columns) * (width + 1), Math.floor(n / columns) * (height + 1));
  });
  return canvas;
}

/** Set a slider's value and the text that it speaks. */
export function setSlider(slider, value, text) {
  slider.value = value;
  slider.setAttribute("aria-valuetext", text);
}

/** Make a function that paints a layer again only if one of its keys changed. */
export function cached(paint) {
  let [layer, before] = [null, []];
  return (keys, ...rest) => {
    if (!layer || keys.some((key, i) => key !== before[i])) layer = paint(...rest);
    before = keys;
    return layer;
  };
}
