// The bounds of an image: a bar on a fixed scale, and numbers with standard errors.

import { COUNTS } from "../core/model.js";
import { GRID_POINTS } from "../core/prior.js";
import { hasGrid, reasonWithoutGrid } from "./client.js";
import { latentDim, signed, single } from "./data.js";
import { $, make, on, setSlider } from "./dom.js";

const [BELOW, ABOVE] = [40, 2]; // nats at the ends of the bar, from log p(x)

/**
 * Draw a bar of `parts` {from, to, name} in nats from `reference`. What is too far below is cut
 * off at an arrow.
 */
export function drawBar(bar, reference, parts) {
  const position = (value) => {
    const share = (value - reference + BELOW) / (BELOW + ABOVE);
    return 100 * Math.min(1, Math.max(0, share));
  };
  const spans = parts.map(({ from, to, name }) => {
    const [left, right] = [position(from), position(to)].sort((a, b) => a - b);
    return make("span", { className: name, style: `left: ${left}%; width: ${right - left}%` });
  });
  const isCut = parts.some(({ from }) => from < reference - BELOW);
  const arrow = make("span", { className: "cut", textContent: "◀" });
  const zero = make("span", { className: "zero", style: `left: ${position(reference)}%` });
  bar.replaceChildren(...spans, ...(isCut ? [arrow] : []), zero);
}

/** Return what is shown: values with standard errors, in nats. */
export function readTerms({ terms, samples }) {
  const i = terms.counts.indexOf(samples);
  const [bound, boundError] = [terms.bounds[i], terms.boundErrors[i]];
  const { rate, distortion, elbo, elboError, logEvidence } = terms;
  return {
    rate: [rate],
    distortion: [distortion, elboError],
    elbo: [elbo, elboError],
    repaired: [bound - elbo, Math.hypot(boundError, elboError)],
    bound: [bound, boundError],
    rest: [logEvidence - bound, boundError],
    evidence: [logEvidence],
    reference: logEvidence ?? terms.bounds.at(-1),
  };
}

const NAMES = ["rate", "distortion", "elbo", "repaired", "bound", "rest", "evidence"];

function format([value, error]) {
  if (!Number.isFinite(value)) return "–";
  return Number.isFinite(error) ? `${signed(value)} ± ${error.toFixed(2)}` : signed(value);
}

/** Make the pane of the bar and the numbers. */
export function makeBounds({ update }) {
  $("num-samples").max = COUNTS.length - 1;
  on("num-samples", "input", () => update({ samples: COUNTS[$("num-samples").value] }));
  const points = Array(latentDim).fill(GRID_POINTS[latentDim]).join(" × ");
  $("grid-text").textContent = reasonWithoutGrid() || `Quadrature on ${points} points.`;
  const line = single ? "lines: q(z|x)" : "ellipses: q(z|x)";
  $("shade").textContent = hasGrid ? `shaded: p(z|x); ${line}` : line;
  for (const element of document.querySelectorAll(".no-grid")) element.hidden = hasGrid;
  if (!hasGrid) $("bar-zero").textContent = "the best bound";
  return { watches: ["x", "terms", "samples"], render };
}

function render(state) {
  const { samples } = state;
  setSlider($("num-samples"), COUNTS.indexOf(samples), `${samples} samples`);
  $("num-samples-text").textContent = samples;
  for (const element of document.querySelectorAll(".count")) element.textContent = `K = ${samples}`;
  const found = state.terms && readTerms(state);
  if (!found) $("summary").textContent = state.x ? "" : "No image is encoded.";
  for (const name of NAMES) $(name).textContent = found ? format(found[name]) : state.x ? "…" : "–";
  if (!found) return drawBar($("bar"), 0, []);
  const { elbo: [elbo], bound: [bound], evidence: [evidence], reference } = found;
  const parts = [{ from: elbo, to: bound, name: "repaired" }];
  if (evidence !== undefined) parts.push({ from: bound, to: evidence, name: "rest" });
  const known = evidence === undefined ? "" : `, log p(x) ${signed(evidence)}`;
  if (state.terms.finished) $("summary").textContent = `ELBO ${signed(elbo)}${known} nats`;
  drawBar($("bar"), reference, parts);
}
