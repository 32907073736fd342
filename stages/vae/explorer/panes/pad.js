// The pad: the image that is encoded, chosen or drawn.

import { images, nameOf, shape } from "./data.js";
import { $, color, drawImages, make, on, positionOf, trackPointers } from "./dom.js";
import { HEIGHT, WIDTH, paintStrokes } from "./strokes.js";

const canvas = $("pad");

/** Make the pad's pane. */
export function makePad({ state, update }) {
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
  return { watches: ["image", "layout"], render };
}

function render({ image: { strokes, index } }) {
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, WIDTH, HEIGHT);
  if (strokes) paintStrokes(context, strokes, color("one"));
  else context.drawImage(drawImages(make("canvas"), [images[index]], shape, 1), 0, 0, WIDTH, HEIGHT);
  $("undo").disabled = !strokes?.length;
  const drawn = strokes?.length ? "your drawing" : "nothing is drawn";
  $("image-name").textContent = strokes ? drawn : `test image ${nameOf(index)}`;
}
