// The choice of a test image, and what the encoder sees.

import { images, nameOf, shape } from "./data.js";
import { $, drawImages, on, setSlider } from "./dom.js";

const COLUMNS = 12;

/** Make the pane of the slider and the gallery. */
export function makeGallery({ update }) {
  const choose = (index) => images[index] && update({ image: { index } });
  $("choice").max = images.length - 1;
  on("choice", "input", () => choose(Number($("choice").value)));
  on("gallery", "click", ({ offsetX, offsetY }) => {
    const cell = $("gallery").clientWidth / COLUMNS;
    const row = Math.floor((offsetY * shape[1]) / (cell * shape[0]));
    choose(Math.floor(offsetX / cell) + COLUMNS * row);
  });
  function render({ image: { index }, x }, keys) {
    const text = index === undefined ? "your drawing" : nameOf(index);
    setSlider($("choice"), index ?? $("choice").value, text);
    drawImages($("seen"), [x ?? new Float32Array(shape[0] * shape[1])], shape, 1);
    if (keys.has("layout")) drawImages($("gallery"), images, shape, COLUMNS);
  }
  return { watches: ["image", "layout"], render };
}
