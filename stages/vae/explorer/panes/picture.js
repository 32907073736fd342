// The pictures of the page as one PNG.

import { write, useFont } from "./axes.js";
import { readTerms } from "./bounds.js";
import { signed } from "./data.js";
import { $, color, make } from "./dom.js";

const [SIDE, MARGIN] = [480, 24];
const PARTS = { pad: "image", plane: "latent plane", inset: "q(z|x) and p(z|x)", decoded: "E[x|z]" };

/** Save image, plane, inset and reconstruction side by side, with the bounds below. */
export function savePicture(state, save) {
  const entries = Object.entries(PARTS);
  const width = entries.length * (SIDE + MARGIN) + MARGIN;
  const canvas = make("canvas", { width, height: SIDE + 4 * MARGIN });
  const context = canvas.getContext("2d");
  context.fillStyle = color("paper");
  context.fillRect(0, 0, canvas.width, canvas.height);
  useFont(context, 22 / devicePixelRatio);
  entries.forEach(([id, name], i) => {
    const left = MARGIN + i * (SIDE + MARGIN);
    const source = $(id);
    const scale = SIDE / Math.max(source.width, source.height);
    context.imageSmoothingEnabled = scale < 4;
    context.drawImage(source, left, MARGIN, source.width * scale, source.height * scale);
    write(context, name, left, SIDE + 2 * MARGIN);
  });
  if (state.terms) write(context, describe(state), MARGIN, SIDE + 3.4 * MARGIN);
  canvas.toBlob((blob) => save("vae.png", blob));
}

function describe(state) {
  const { elbo, bound, evidence } = readTerms(state);
  const known = evidence[0] === undefined ? "" : `, log p(x) ${signed(evidence[0])}`;
  return `ELBO ${signed(elbo[0])}, bound with K = ${state.samples} ${signed(bound[0])}${known} nats`;
}
