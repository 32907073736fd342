// The pad: the image that is encoded, chosen or drawn.

import { images, nameOf, shape } from "./data.js";
import { $, color, directionOf, imageLayer, on, positionOf, trackPointers } from "./dom.js";
import { HEIGHT, WIDTH, paintStrokes } from "./strokes.js";

const canvas = $("pad");

/** Make the pad's pane. */
export function makePad({ state, update }) {
  [canvas.width, canvas.height] = [WIDTH, HEIGHT];
  document.documentElement.style.setProperty("--aspect", `${WIDTH} / ${HEIGHT}`);
  const pen = { position: [WIDTH / 2, HEIGHT / 2], isDown: false, isShown: false }; // moved by keys
  const strokes = () => state.image.strokes ?? [];
  const draw = (all) => update({ image: { strokes: all } });
  const begin = (position) => draw([...strokes(), position.map(Math.round)]);
  function extend(...positions) {
    const last = strokes().at(-1);
    const added = positions.flatMap(([x, y]) => [limit(x, WIDTH), limit(y, HEIGHT)]);
    if (last) draw([...strokes().slice(0, -1), [...last, ...added]]);
  }
  const hidePen = () => Object.assign(pen, { isDown: false, isShown: false });
  watchPointers(begin, extend, hidePen);
  watchKeys(pen, begin, extend, () => render(state));
  canvas.addEventListener("focus", () => {
    pen.isShown = canvas.matches(":focus-visible");
    render(state);
  });
  canvas.addEventListener("blur", () => {
    hidePen();
    render(state);
  });
  const change = (all) => {
    pen.isDown = false;
    draw(all);
  };
  on("undo", "click", () => change(strokes().slice(0, -1)));
  on("clear", "click", () => change([]));
  canvas.addEventListener("keydown", (event) => {
    if (event.key === "z" && (event.ctrlKey || event.metaKey)) change(strokes().slice(0, -1));
  });
  function render({ image }) {
    paint(image, pen);
    $("undo").disabled = !image.strokes?.length;
    const drawn = image.strokes?.length ? "your drawing" : "nothing is drawn";
    $("image-name").textContent = image.strokes ? drawn : `test image ${nameOf(image.index)}`;
  }
  return { watches: ["image", "scheme"], render };
}

const limit = (value, size) => Math.round(Math.min(size, Math.max(0, value)));

/** Draw with the primary button of the mouse, a pen, or one finger. */
function watchPointers(begin, extend, onDown) {
  trackPointers(canvas, {
    down(position, event) {
      if (event.button !== 0 || !event.isPrimary) return false;
      onDown();
      begin(position);
      return true;
    },
    move(position, event, isDown) {
      const parts = (event.getCoalescedEvents?.() ?? []).map((part) => positionOf(part, canvas));
      if (isDown) extend(...(parts.length ? parts : [position]));
    },
  });
}

/** Move the pen by the arrow keys, and lower or lift it by the space bar. */
function watchKeys(pen, begin, extend, show) {
  canvas.addEventListener("keydown", (event) => {
    const direction = directionOf(event);
    if (direction) {
      const [x, y] = pen.position;
      pen.position = [limit(x + 10 * direction[0], WIDTH), limit(y - 10 * direction[1], HEIGHT)];
      if (pen.isDown) extend(pen.position);
    } else if (event.key === " ") {
      pen.isDown = !pen.isDown;
      if (pen.isDown) begin(pen.position);
    } else return;
    pen.isShown = true;
    event.preventDefault();
    show();
  });
}

function paint(image, pen) {
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, WIDTH, HEIGHT);
  if (image.strokes) paintStrokes(context, image.strokes, color("one"));
  else {
    context.imageSmoothingQuality = "high";
    context.drawImage(imageLayer(images[image.index], shape), 0, 0, WIDTH, HEIGHT);
  }
  if (!pen.isShown) return;
  const [x, y] = pen.position;
  context.lineWidth = pen.isDown ? 6 : 3;
  context.strokeStyle = color("accent");
  context.strokeRect(x - 8, y - 8, 16, 16);
}
