// The bounds of an image: a bar on a fixed scale, and numbers with standard errors.

import { COUNTS } from "../core/model.js";
import { GRID_POINTS } from "../core/prior.js";
import { hasGrid, reasonWithoutGrid } from "./client.js";
import { latentDim, nats, signed, single } from "./data.js";
import { $, make, on, setSlider } from "./dom.js";

const [BELOW, ABOVE] = [40, 2]; // nats at the ends of the bar, from log p(x)

/**
 * Draw a bar of `parts` {from, to, name} in nats from `reference`. What is too far below is cut
 * off at an arrow.
 */
export function drawBar(bar, reference, parts) {
  const place = (value) => Math.min(100, Math.max(0, (100 * (value - reference + BELOW)) / (BELOW + ABOVE)));
  const spans = parts.map(({ from, to, name }) => {
    const [left, right] = [Math.min(place(from), place(to)), Math.max(place(from), place(to))];
    return make("span", { className: name, style: `left: ${left}%; width: ${right - left}%` });
  });
  const isCut = parts.some(({ from }) => from < reference - BELOW);
  const arrow = make("span", { className: "cut", textContent: "◀" });
  const zero = make("span", { className: "zero", style: `left: ${place(reference)}%` });
  bar.replaceChildren(...spans, ...(isCut ? [arrow] : []), zero);
}

/** Write the numbers of nats below log p(x) under a bar. */
export function drawScale(scale) {
  const tick = (below) => {
    const style = `left: ${(100 * (BELOW - below)) / (BELOW + ABOVE)}%`;
    return make("span", { style }, below === 0 ? "0" : `−${below}`);
  };
  scale.replaceChildren(...[40, 30, 20, 10, 0].map(tick));
}

/** Return what is shown: values with standard errors, in nats. */
export function readTerms({ terms, samples }) {
  const i = terms.counts.indexOf(samples);
  const [bound, boundError] = [terms.bounds[i], terms.boundErrors[i]];
  const { rate, distortion, elbo, elboError, logEvidence } = terms;
  const best = terms.bounds.at(-1);
  return {
    rate: [rate],
    distortion: [distortion, elboError],
    elbo: [elbo, elboError],
    repaired: [bound - elbo, Math.hypot(boundError, elboError)],
    bound: [bound, boundError],
    rest: [logEvidence === undefined ? undefined : logEvidence - bound, boundError],
    evidence: [logEvidence],
    reference: logEvidence ?? best,
  };
}

const NAMES = ["rate", "distortion", "elbo", "repaired", "bound", "rest", "evidence"];
const format = ([value, error]) =>
  value === undefined ? "–" : error === undefined ? signed(value) : `${signed(value)} ± ${error.toFixed(2)}`;

/** Make the pane of the bar and the numbers. */
export function makeBounds({ update }) {
  $("num-samples").max = COUNTS.length - 1;
  on("num-samples", "input", () => update({ samples: COUNTS[$("num-samples").value] }));
  drawScale($("bar-scale"));
  const reason = reasonWithoutGrid();
  $("grid-text").textContent = reason || `Quadrature on ${Array(latentDim).fill(GRID_POINTS[latentDim]).join(" × ")} points.`;
  $("shade").textContent = single ? "filled: p(z|x); line: q(z|x)" : "shaded: p(z|x); ellipses: q(z|x)";
  if (!hasGrid) $("shade").textContent = "ellipses: q(z|x)";
  for (const element of document.querySelectorAll(".no-grid")) element.hidden = hasGrid;
  if (!hasGrid) $("bar-zero").textContent = "the best bound";
  return { watches: ["terms", "samples", "progress"], render };
}

function render(state) {
  const { terms, samples, progress } = state;
  const text = samples === 1 ? "1 sample" : `${samples} samples`;
  setSlider("num-samples", COUNTS.indexOf(samples), text);
  $("num-samples-text").textContent = samples;
  for (const element of document.querySelectorAll(".count")) element.textContent = `K = ${samples}`;
  $("progress").hidden = !hasGrid || progress === 1;
  $("progress").value = progress;
  const found = terms && readTerms(state);
  for (const name of NAMES) $(name).textContent = found ? format(found[name]) : "–";
  const { elbo, bound, evidence, reference } = found ?? {};
  const parts = found ? [{ from: elbo[0], to: bound[0], name: "repaired" }] : [];
  if (evidence?.[0] !== undefined) parts.push({ from: bound[0], to: evidence[0], name: "rest" });
  drawBar($("bar"), reference ?? 0, parts);
  announce(found);
}

/** Say the numbers that matter. */
function announce(found) {
  const evidence = found?.evidence[0];
  const known = evidence === undefined ? "" : `, log p(x) ${nats(evidence)}`;
  $("summary").textContent = found ? `ELBO ${nats(found.elbo[0])}${known}` : "No image is encoded.";
}
