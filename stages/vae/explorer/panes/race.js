// The race: q(z|x) is optimized for one image, from two starts.

import { drawChart } from "./axes.js";
import { drawBar, drawScale } from "./bounds.js";
import { hasGrid } from "./client.js";
import { signed } from "./data.js";
import { $, fitCanvas, on, prefersStillness } from "./dom.js";

const BELOW = 40; // nats below log p(x) at the lower edge
const STARTS = { encoder: "gap-1", grid: "gap-2" }; // and their colors

/** Make the pane of the race; `client` asks the worker. */
export function makeRace({ state, update }, client) {
  $("race-section").hidden = !hasGrid;
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
    $("race-start").disabled = now.terms?.logEvidence === undefined || running;
    if (prefersStillness() && running) return;
    draw(now);
    show(now);
  }
  return { watches: ["race", "terms", "scheme", "size"], render };
}

function draw({ race, terms }) {
  const canvas = $("race-chart");
  fitCanvas(canvas, 1 / 4.5);
  const evidence = terms?.logEvidence ?? 0;
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

/** Show the two gaps, once both races are finished. */
function show({ race, terms }) {
  const { encoder, grid } = race;
  const first = encoder?.elbos[0];
  const elbos = Object.values(race).map(({ elbo }) => elbo);
  const best = elbos.length ? Math.max(...elbos) : undefined;
  const evidence = terms?.logEvidence;
  const known = best !== undefined && evidence !== undefined;
  const text = (value) => (known ? signed(value) : "–");
  $("amortization").textContent = text(best - first);
  $("approximation").textContent = text(evidence - best);
  $("race-encoder").textContent = encoder ? signed(encoder.elbo) : "–";
  $("race-grid").textContent = grid ? signed(grid.elbo) : "–";
  const parts = [
    { from: first, to: best, name: "amortization" },
    { from: best, to: evidence, name: "approximation" },
  ];
  drawBar($("race-bar"), evidence ?? 0, known ? parts : []);
}
