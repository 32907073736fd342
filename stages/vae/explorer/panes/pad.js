// The image that is encoded: a test image, or a drawing on the pad.

import { images, nameOf, shape } from "./data.js";
import { $, color, drawImages, make, on, positionOf, setSlider, trackPointers } from "./dom.js";
import { DIRECTIONS } from "./pointing.js";
import { HEIGHT, WIDTH, paintStrokes } from "./strokes.js";

const COLUMNS = 12; // of the test images
const STEP = 10; // pixels that an arrow key moves the pen
const PEN = { position: [WIDTH / 2, HEIGHT / 2], isDown: false }; // of the keys, at first
const limit = (value, size) => Math.round(Math.min(size, Math.max(0, value)));

/** Make the pane of the pad and of what the encoder sees. */
export function makePad({ state, update }) {
  const canvas = $("pad");
  [canvas.width, canvas.height] = [WIDTH, HEIGHT];
  document.documentElement.style.setProperty("--aspect", `${WIDTH} / ${HEIGHT}`);
  const strokes = () => state.image.strokes ?? [];
  const draw = (all, pen = null) => update({ image: { strokes: all }, pen });
  const begin = (position, pen) => draw([...strokes(), position.map(Math.round)], pen);
  function extend(positions, pen) {
    const last = strokes().at(-1);
    if (last) draw([...strokes().slice(0, -1), [...last, ...positions.flat().map(Math.round)]], pen);
  }
  trackPointers(canvas, {
    down: (position, event) => event.isPrimary && begin(position),
    move(position, event, isDown) {
      if (!isDown || !event.isPrimary) return;
      const parts = event.getCoalescedEvents?.() ?? [event];
      extend(parts.map((part) => positionOf(part, canvas)));
    },
    up() {},
  });
  const undo = (pen) => strokes().length && draw(strokes().slice(0, -1), pen);
  on("undo", "click", () => undo());
  on("clear", "click", () => draw([]));
  canvas.addEventListener("blur", () => update({ pen: null }));
  canvas.addEventListener("keydown", (event) => {
    const { position, isDown } = state.pen ?? PEN;
    const [right, up] = DIRECTIONS[event.key] ?? [0, 0];
    const moved = [limit(position[0] + STEP * right, WIDTH), limit(position[1] - STEP * up, HEIGHT)];
    const lifted = { position, isDown: false };
    if (event.key === " " && !isDown) begin(position, { position, isDown: true });
    else if (event.key === " ") update({ pen: lifted });
    else if (event.key === "z" && (event.ctrlKey || event.metaKey)) undo(lifted);
    else if (!DIRECTIONS[event.key] || event.altKey) return;
    else if (isDown) extend([moved], { position: moved, isDown });
    else update({ pen: { position: moved, isDown } });
    event.preventDefault();
  });
  return { watches: ["image", "pen", "layout"], render: (now) => render(canvas.getContext("2d"), now) };
}

function render(context, { image: { strokes, index }, pen, x }) {
  context.clearRect(0, 0, WIDTH, HEIGHT);
  if (strokes) paintStrokes(context, strokes, color("one"));
  else context.drawImage(drawImages(make("canvas"), [images[index]], shape, 1), 0, 0, WIDTH, HEIGHT);
  if (pen) {
    context.strokeStyle = color("accent");
    context.lineWidth = pen.isDown ? 6 : 3;
    context.strokeRect(pen.position[0] - 8, pen.position[1] - 8, 16, 16);
  }
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
  let marked;
  function render({ image: { index } }, keys) {
    const text = index === undefined ? "your drawing" : nameOf(index);
    setSlider($("choice"), index ?? $("choice").value, text);
    if (keys.has("layout") || index !== marked) drawGallery(index);
    marked = index;
  }
  return { watches: ["image", "layout"], render };
}

/** Draw all test images, and an outline of the chosen one, if `index` is defined. */
function drawGallery(index) {
  const context = drawImages($("gallery"), images, shape, COLUMNS).getContext("2d");
  const [height, width] = shape;
  const [column, row] = [index % COLUMNS, Math.floor(index / COLUMNS)];
  context.strokeStyle = color("accent");
  context.lineWidth = 3;
  context.strokeRect(column * (width + 1) + 1, row * (height + 1) + 1, width - 2, height - 2);
}
