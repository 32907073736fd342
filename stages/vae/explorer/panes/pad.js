// The image that is encoded: a test image, or a drawing on the pad.

import { images, nameOf, shape } from "./data.js";
import { $, color, drawImages, make, on, positionOf, setSlider, trackPointers } from "./dom.js";
import { HEIGHT, WIDTH, paintStrokes } from "./strokes.js";

const COLUMNS = 12; // of the test images

/** Make the pane of the pad and of what the encoder sees. */
export function makePad({ state, update }) {
  const canvas = $("pad");
  [canvas.width, canvas.height] = [WIDTH, HEIGHT];
  document.documentElement.style.setProperty("--aspect", `${WIDTH} / ${HEIGHT}`);
  const strokes = () => state.image.strokes ?? [];
  const draw = (all) => update({ image: { strokes: all } });
  trackPointers(canvas, {
    down: (position, event) => event.isPrimary && draw([...strokes(), position.map(Math.round)]),
    move(position, event, isDown) {
      const last = strokes().at(-1);
      if (!isDown || !event.isPrimary || !last) return;
      const parts = event.getCoalescedEvents?.() ?? [event];
      const added = parts.flatMap((part) => positionOf(part, canvas).map(Math.round));
      draw([...strokes().slice(0, -1), [...last, ...added]]);
    },
    up() {},
  });
  on("undo", "click", () => draw(strokes().slice(0, -1)));
  on("clear", "click", () => draw([]));
  return { watches: ["image", "layout"], render: (now) => render(canvas.getContext("2d"), now) };
}

function render(context, { image: { strokes, index }, x }) {
  context.clearRect(0, 0, WIDTH, HEIGHT);
  if (strokes) paintStrokes(context, strokes, color("one"));
  else context.drawImage(drawImages(make("canvas"), [images[index]], shape, 1), 0, 0, WIDTH, HEIGHT);
  $("undo").disabled = !strokes?.length;
  const drawn = strokes?.length ? "your drawing" : "nothing is drawn";
  $("image-name").textContent = strokes ? drawn : `test image ${nameOf(index)}`;
  drawImages($("seen"), [x ?? new Float32Array(shape[0] * shape[1])], shape, 1);
}

/** Make the pane of the test images: their slider and all of them. */
export function makeGallery({ update }) {
  const choose = (index) => images[index] && update({ image: { index } });
  $("choice").max = images.length - 1;
  on("choice", "input", () => choose(Number($("choice").value)));
  on("gallery", "click", ({ offsetX, offsetY }) => {
    const cell = $("gallery").clientWidth / COLUMNS;
    const row = Math.floor((offsetY * shape[1]) / (cell * shape[0]));
    choose(Math.floor(offsetX / cell) + COLUMNS * row);
  });
  function render({ image: { index } }, keys) {
    const text = index === undefined ? "your drawing" : nameOf(index);
    setSlider($("choice"), index ?? $("choice").value, text);
    if (keys.has("layout")) drawImages($("gallery"), images, shape, COLUMNS);
  }
  return { watches: ["image", "layout"], render };
}
