// The test images: their choice, samples of q(z|x), and the interpolation to a second image.

import { drawMirrored } from "../core/mathematics.js";
import { drawLatents, encode } from "../core/model.js";
import { decodeImages, images, latentDim, model, nameOf, shape } from "./data.js";
import { $, cached, color, drawImages, make, on, setSlider } from "./dom.js";

const CELL = 30; // pixels on the screen that a column of the gallery has at least

/** Make the pane of the chosen image: the slider, the gallery, and what the encoder sees. */
export function makeGallery({ update }) {
  const choose = (index) => images[index] && update({ image: { index } });
  $("choice").max = images.length - 1;
  on("choice", "input", () => choose(Number($("choice").value)));
  const columns = () => Math.max(1, Math.floor($("gallery").clientWidth / CELL));
  on("gallery", "click", ({ offsetX, offsetY }) => {
    const cell = $("gallery").clientWidth / columns();
    choose(Math.floor(offsetX / cell) + columns() * Math.floor((offsetY * shape[1]) / (cell * shape[0])));
  });
  const paint = cached((count) => {
    const layer = make("canvas", {});
    drawImages(layer, images, shape, count);
    return layer;
  });
  function render({ image, x, scheme }) {
    const { index } = image;
    setSlider("choice", index ?? $("choice").value, index === undefined ? "your drawing" : nameOf(index));
    drawImages($("seen"), [x ?? new Float32Array(shape[0] * shape[1])], shape, 1);
    const layer = paint([scheme, columns()], columns());
    [$("gallery").width, $("gallery").height] = [layer.width, layer.height];
    $("gallery").getContext("2d").drawImage(layer, 0, 0);
    if (index !== undefined) mark(index, columns());
  }
  return { watches: ["image", "scheme", "size"], render };
}

/** Outline the chosen image. */
function mark(index, columns) {
  const context = $("gallery").getContext("2d");
  const [height, width] = shape;
  context.strokeStyle = color("accent");
  context.lineWidth = 3;
  const [column, row] = [index % columns, Math.floor(index / columns)];
  context.strokeRect(column * (width + 1) + 1, row * (height + 1) + 1, width - 2, height - 2);
}

/** Make the pane of images decoded from samples of q(z|x). */
export function makePosteriorSamples() {
  const noise = drawMirrored(1, 10, latentDim);
  function render({ posterior }) {
    $("posterior-samples").hidden = !posterior;
    if (!posterior) return;
    const z = drawLatents(posterior, noise);
    const rows = Array.from({ length: 10 }, (_, i) => z.subarray(i * latentDim, (i + 1) * latentDim));
    drawImages($("posterior-samples"), decodeImages(rows), shape, 10);
  }
  return { watches: ["posterior", "scheme"], render };
}

/** Make the pane of the interpolation between two images. */
export function makeInterpolation({ state, update }) {
  $("second").max = images.length - 1;
  /** Return z at shares of the line from the mean of this image to that of the other. */
  function between(shares) {
    const start = state.posterior.loc;
    const end = encode(model, images[state.second]).loc;
    return shares.map((share) => start.map((value, d) => value + share * (end[d] - value)));
  }
  function move() {
    if (!state.posterior) return;
    const [start, pinned, end] = between([0, Number($("way").value) / 100, 1]);
    update({ path: [start, end], pinned, hover: null });
  }
  on("second", "input", () => {
    update({ second: Number($("second").value) });
    move();
  });
  on("way", "input", move);
  function render({ second, path, posterior }) {
    setSlider("second", second, nameOf(second));
    $("second-text").textContent = nameOf(second);
    if (!path) $("way").value = 0;
    setSlider("way", $("way").value, `${$("way").value} %`);
    $("way-text").textContent = `${$("way").value} %`;
    $("between").hidden = !posterior;
    if (!posterior) return;
    const shares = Array.from({ length: 9 }, (_, i) => i / 8);
    drawImages($("between"), decodeImages(between(shares)), shape, 9);
  }
  return { watches: ["second", "posterior", "path", "pinned", "scheme"], render };
}
