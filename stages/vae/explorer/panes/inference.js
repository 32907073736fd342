// The bounds of an image, their terms, and the gaps between them.

import { pad } from "../core/network.js";
import { GRID_POINTS } from "../core/prior.js";
import { latentDim, model, nats, single } from "./data.js";
import { $, make, on } from "./dom.js";
import { showOnPlane } from "./plane.js";

const SAMPLE_COUNTS = [1, 2, 5, 10, 20, 50, 100, 200, 500]; // of q(z|x), by the slider

/** The current image {x, loc, scale}, the worker's answer, and the number of images sent to it. */
export const inference = { current: null, answer: null, id: 0 };
let worker;

/** Return the reason why log p(x) is not computed, or an empty text. */
function noGrid() {
  const manyDimensions = `z has ${latentDim} dimensions, too many for quadrature on a grid.`;
  if (!(latentDim in GRID_POINTS)) return `${manyDimensions} log p(x) is above the bound.`;
  const width = pad(model.decoder.at(-1).inputs);
  const manyUnits = `The last hidden layer has ${width} units, too many to store for each point of a grid.`;
  return width * GRID_POINTS[latentDim] ** latentDim > 1e8 ? manyUnits : "";
}

export function startInference() {
  const script = new Blob([$("worker").textContent], { type: "text/javascript" });
  worker = new Worker(URL.createObjectURL(script));
  worker.onmessage = receive;
  const reason = noGrid();
  worker.postMessage({ type: "model", model, hasGrid: !reason });
  on("num-samples", "input", showTerms);
  $("num-all-samples").textContent = SAMPLE_COUNTS.at(-1);
  $("progress").hidden = Boolean(reason);
  $("grid-text").textContent = Array(latentDim).fill(GRID_POINTS[latentDim]).join(" × ");
  $("shade").textContent = single
    ? "which is the filled curve; the line is q(z|x)"
    : "which is shaded; the ellipses are q(z|x) at 1, 2 and 3 standard deviations";
  if (reason) $("evidence-why").textContent = reason;
}

/** Send the current image to the worker, which leaves an older image. */
export function ask() {
  inference.id++;
  worker.postMessage({ type: "image", id: inference.id, x: inference.current.x });
}

function receive({ data: message }) {
  if (message.type === "progress") {
    $("progress").value = message.progress;
    $("progress").hidden = message.progress === 1;
  }
  if (message.type !== "terms" || message.id !== inference.id) return;
  inference.answer = message;
  showOnPlane({ answer: message });
  showTerms();
}

/** Show the worker's answer, if it has arrived. */
function showTerms() {
  const count = SAMPLE_COUNTS[$("num-samples").value];
  $("num-samples-text").textContent = count === 1 ? "1 sample" : `${count} samples`;
  if (!inference.answer) return;
  const { rate, distortion, elbo, bounds, logEvidence } = inference.answer;
  const bound = bounds[$("num-samples").value];
  const values = { rate, distortion, elbo, bound, evidence: logEvidence };
  for (const [id, value] of Object.entries(values)) {
    $(id).textContent = value === undefined ? "" : nats(value);
  }
  showGaps(elbo, bound, logEvidence);
}

/** Show the gaps from ELBO to bound, to log p(x), and to the entropy of the data. */
function showGaps(elbo, bound, logEvidence) {
  const first = Math.max(0, bound - elbo);
  const second = logEvidence === undefined ? null : Math.max(0, logEvidence - bound);
  const [name, known] = ["importance-weighted bound", second !== null];
  const parts = [["first", first, `ELBO to ${name}: ${nats(first)}`]];
  if (known) parts.push(["second", second, `${name} to log p(x): ${nats(second)}`]);
  const width = Math.max(0.2 * (first + (second ?? 0)), 0.02);
  parts.push(["third", width, `${known ? "log p(x)" : name} to negative entropy of the data: unknown`]);
  // The factor makes the sum of the shares larger than 1, so that they fill the bar.
  const style = (value) => `flex-grow: ${1000 * value}`;
  const bar = ([className, value]) => make("span", { className, style: style(value) });
  const item = ([className, , text]) =>
    make("li", {}, make("span", { className: `swatch ${className}` }), text);
  $("gaps").replaceChildren(...parts.map(bar));
  $("gap-texts").replaceChildren(...parts.map(item));
}
