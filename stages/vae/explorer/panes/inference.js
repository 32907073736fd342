// The terms of the bounds of an image, and the gaps between them.

import { average } from "../core/mathematics.js";
import { iwaeBound } from "../core/model.js";
import { pad } from "../core/network.js";
import { GRID_POINTS } from "../core/prior.js";
import { latentDim, model, nats, single } from "./data.js";
import { $, make, on } from "./dom.js";
import { showOnPlane } from "./plane.js";

const SAMPLE_COUNTS = [1, 2, 5, 10, 20, 50, 100, 250, 500]; // of q(z|x), by the slider

/** The current image {x, loc, scale}, the pixels that the worker looks at, and its answer. */
export const inference = { current: null, asked: null, answer: null };
let worker;

/** Why there is no quadrature, or nothing. */
function noGrid() {
  const manyDimensions = `z has ${latentDim} dimensions, too many for a sum over a grid.`;
  if (!(latentDim in GRID_POINTS)) return `${manyDimensions} log p(x) is above the bound.`;
  const width = pad(model.decoder.at(-1).inputs);
  const manyUnits = `The last hidden layer has ${width} units, too many to keep for each point of a grid.`;
  return width * GRID_POINTS[latentDim] ** latentDim > 1e8 ? manyUnits : "";
}

export function startInference() {
  const script = new Blob([$("worker").textContent], { type: "text/javascript" });
  worker = new Worker(URL.createObjectURL(script));
  worker.onmessage = receive;
  const reason = noGrid();
  worker.postMessage({ model, numSamples: SAMPLE_COUNTS.at(-1), hasGrid: !reason });
  on("num-samples", "input", showTerms);
  $("num-all-samples").textContent = SAMPLE_COUNTS.at(-1);
  $("progress").hidden = Boolean(reason);
  $("grid-text").textContent = Array(latentDim).fill(GRID_POINTS[latentDim]).join(" × ");
  $("shade").textContent = single
    ? "the filled curve, beside the line of q(z|x)"
    : "the shade under the ellipses of q(z|x), which are at 1, 2 and 3 standard deviations";
  if (reason) $("evidence-why").textContent = reason;
}

/** Have the worker look at the image, one at a time: a new one waits for the last. */
export function ask() {
  if (inference.asked) return;
  inference.asked = inference.current.x;
  worker.postMessage({ x: inference.asked });
}

function receive({ data: message }) {
  if ("progress" in message) {
    $("progress").value = message.progress;
    $("progress").hidden = message.progress === 1;
    if (message.progress === 1) ask();
    return;
  }
  const outdated = inference.asked !== inference.current.x;
  inference.asked = null;
  if (outdated) return ask();
  inference.answer = message;
  showOnPlane({ answer: message });
  showTerms();
}

/** Show the worker's answer, if there is one. */
function showTerms() {
  const count = SAMPLE_COUNTS[$("num-samples").value];
  $("num-samples-text").textContent = count === 1 ? "1 sample" : `${count} samples`;
  if (!inference.answer) return;
  const { rate, distortions, logWeights, logEvidence } = inference.answer;
  const distortion = average(distortions);
  const elbo = -(rate + distortion);
  const bound = iwaeBound(logWeights, count);
  const values = { rate, distortion, elbo, bound, evidence: logEvidence };
  for (const [id, value] of Object.entries(values)) {
    $(id).textContent = value === undefined ? "" : nats(value);
  }
  showGaps(elbo, bound, logEvidence);
}

/** Show the gaps from the ELBO to the bound, from there to log p(x), and what nobody knows. */
function showGaps(elbo, bound, logEvidence) {
  const first = Math.max(0, bound - elbo);
  const second = logEvidence === undefined ? null : Math.max(0, logEvidence - bound);
  const parts = [["first", first, `1: q(z|x) misfits the posterior, ${nats(first)}`]];
  if (second !== null) parts.push(["second", second, `2: too few samples, ${nats(second)}`]);
  const rest = second === null ? "2 and 3" : "3";
  const width = Math.max(0.2 * (first + (second ?? 0)), 0.02);
  parts.push(["third", width, `${rest}: up to the best of all models, unknown`]);
  // A sum of shares below 1 would leave a rest, hence the factor.
  const style = (value) => `flex-grow: ${1000 * value}`;
  const bar = ([className, value]) => make("span", { className, style: style(value) });
  const item = ([className, , text]) =>
    make("li", {}, make("span", { className: `swatch ${className}` }), text);
  $("gaps").replaceChildren(...parts.map(bar));
  $("gap-texts").replaceChildren(...parts.map(item));
}
