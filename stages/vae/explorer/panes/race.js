// The race: q(z|x) is optimized for one image, from two starts.

import { drawChart } from "./axes.js";
import { drawBar, readTerms } from "./bounds.js";
import { hasGrid } from "./client.js";
import { signed } from "./data.js";
import { $, on, prefersStillness } from "./dom.js";
import { gridPoints } from "./view.js";

const BELOW = 40; // at most so many nats below log p(x) are shown
export const STARTS = { encoder: "muted", grid: "accent" }; // and their colors

/** Return the races to show: only finished ones where the reader prefers no motion. */
export function racesOf(race) {
  const entries = Object.entries(race).filter(([, { finished }]) => finished || !prefersStillness());
  return Object.fromEntries(entries);
}

/** Make the pane of the race; `client` asks the worker. */
export function makeRace({ state, update }, client) {
  on("race-start", "click", () => {
    update({ race: {} });
    client.race("encoder", state.posterior.loc);
    const { logPosterior, most } = state.terms;
    client.race("grid", logPosterior && Float64Array.from(gridPoints[logPosterior.indexOf(most)]));
  });
  return { watches: ["race", "terms", "layout"], render };
}

function render({ race, terms, samples }) {
  const isRunning = Object.values(race).some(({ finished }) => !finished);
  $("race-start").disabled = !terms || isRunning || (hasGrid && !terms.logPosterior);
  const reference = terms ? readTerms({ terms, samples }).reference : 0;
  draw(racesOf(race), reference);
  show(racesOf(race), terms?.logEvidence, reference);
}

function draw(race, reference) {
  const last = Math.max(1, ...Object.values(race).map(({ numSteps }) => numSteps));
  const curves = Object.entries(race).map(([start, { elbos }]) => {
    return { color: STARTS[start], values: elbos.map((elbo, i) => [i, elbo]) };
  });
  const elbos = Object.values(race).flatMap((found) => found.elbos);
  const lowest = Math.max(reference - BELOW, Math.min(reference - 2, ...elbos));
  const margin = (reference - lowest) / 20;
  const line = { color: "ink", dash: [5, 4], values: [[0, reference], [last, reference]] };
  drawChart($("race-chart"), 1 / 4.5, {
    lines: [line, ...curves],
    across: [0, last],
    up: [lowest - 5 * margin, reference + margin], // with room for the names
    names: `ELBO in nats against steps; dashed: ${hasGrid ? "log p(x)" : "the best bound"}`,
  });
}

/** Show the two gaps: between the encoder, the best q(z|x) found, and log p(x). */
function show({ encoder, grid }, evidence, reference) {
  const first = encoder?.elbos[0];
  const ends = [encoder, grid].map((found) => found?.elbos.at(-1));
  const best = Math.max(...ends.filter((elbo) => elbo !== undefined));
  const values = [...ends, best - first, evidence - best];
  ["race-encoder", "race-grid", "amortization", "approximation"].forEach((id, i) => {
    $(id).textContent = Number.isFinite(values[i]) ? signed(values[i]) : "–";
  });
  const isDone = encoder?.finished && grid?.finished;
  $("race-summary").textContent = isDone ? `amortization gap ${signed(best - first)} nats` : "";
  const parts = encoder ? [{ from: first, to: best, name: "amortization" }] : [];
  if (encoder && evidence !== undefined) parts.push({ from: best, to: evidence, name: "approximation" });
  drawBar($("race-bar"), reference, parts);
}
