// The race: q(z|x) is optimized for one image, from two starts.

import { drawChart } from "./axes.js";
import { drawBar, drawScale, readTerms } from "./bounds.js";
import { nats, signed } from "./data.js";
import { $, fitCanvas, on } from "./dom.js";
import { racesOf } from "./state.js";

const BELOW = 40; // nats below log p(x) at the lower edge
const STARTS = { encoder: "gap-1", grid: "gap-2" }; // and their colors

/** Make the pane of the race; `client` asks the worker. */
export function makeRace({ state, update }, client) {
  drawScale($("race-scale"));
  on("race-start", "click", () => {
    update({ race: {} });
    client.race("encoder");
  });
  let followed = null; // the race from the encoder after which the other one was started
  function render(now) {
    const { encoder, grid } = now.race;
    if (encoder?.finished && !grid && followed !== encoder) {
      followed = encoder;
      client.race("grid");
    }
    const running = Object.values(now.race).some(({ finished }) => !finished) || (encoder && !grid);
    $("race-start").disabled = !now.terms || running;
    const races = Object.fromEntries(racesOf(now));
    draw(now, races);
    show(now, races);
  }
  return { watches: ["race", "terms", "scheme", "size"], render };
}

function draw(now, race) {
  const canvas = $("race-chart");
  fitCanvas(canvas, 1 / 4.5);
  const evidence = now.terms ? readTerms(now).reference : 0;
  const last = Math.max(1, ...Object.values(race).map(({ numSteps }) => numSteps));
  const curves = Object.entries(race).map(([start, { elbos, step }]) => {
    const unit = step / Math.max(1, elbos.length - 1);
    return { color: STARTS[start], values: elbos.map((elbo, i) => [i * unit, elbo]) };
  });
  const line = { color: "ink", dash: [5, 4], values: [[0, evidence], [last, evidence]] };
  drawChart(canvas, {
    lines: [line, ...curves],
    across: [0, last],
    up: [evidence - BELOW, evidence + 2],
    names: "ELBO in nats against steps; dashed: log p(x)",
  });
}

/** Show the two gaps: between the encoder, the best q(z|x) found, and log p(x). */
function show(now, { encoder, grid }) {
  const first = encoder?.elbos[0];
  const best = encoder && Math.max(encoder.elbo, grid?.elbo ?? -Infinity);
  const evidence = now.terms?.logEvidence;
  const write = (id, value) => ($(id).textContent = Number.isFinite(value) ? signed(value) : "–");
  write("race-encoder", encoder?.elbo);
  write("race-grid", grid?.elbo);
  write("amortization", best - first);
  write("approximation", evidence - best);
  const found = encoder?.finished && grid?.finished;
  $("race-summary").textContent = found ? `amortization gap ${nats(best - first)}` : "";
  const parts = encoder ? [{ from: first, to: best, name: "amortization" }] : [];
  if (encoder && evidence !== undefined) parts.push({ from: best, to: evidence, name: "approximation" });
  drawBar($("race-bar"), now.terms ? readTerms(now).reference : 0, parts);
}
