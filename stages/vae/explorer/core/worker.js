// The worker computes what takes long. Long computations are generators; between two of
// their steps the worker handles the messages that have arrived.
//
// It receives {type: "model", model, hasGrid}, then {type: "image", id, x} and {type: "race", id,
// x, start, loc}; an image with a larger id ends the work for smaller ones, and has no x if nothing
// is drawn; a race without loc begins at the best sample of the prior. It sends "terms" (without
// log p(x) at first, then with it, then with more samples), and "race". A second worker trains: to
// {type: "prepare", images, testImages} and to each {type: "train", beta, numSteps} it answers with
// a report.

import { integrate, makeGrid } from "./evidence.js";
import { drawMirrored, drawNormals } from "./mathematics.js";
import { COUNTS, estimateElbo, iwaeBound, terms } from "./model.js";
import { explorePrior, race } from "./race.js";
import { makeTraining, report, train } from "./training.js";

const NUM_MIRRORED = 500; // samples for the ELBO, and for the first bounds
const [NUM_SAMPLES, CHUNK] = [10_000, 500]; // of the bounds, so that 500 samples are 20 groups
let model, noise, grid, training;
let latest = 0; // the id of the last image

/** Run a generator of messages, or of nothing, while its image is the last one. */
async function run(generator, id) {
  for (const message of generator) {
    if (message) postMessage({ ...message, id });
    await new Promise((resolve) => setTimeout(resolve));
    if (id !== latest) return;
  }
}

function* infer(x) {
  const found = terms(model, x, noise);
  const { loc, scale, rate } = found;
  const common = { type: "terms", loc, scale, rate, ...estimateElbo(found) };
  const answer = (logWeights, evidence) => {
    const each = COUNTS.slice(1).map((count) => iwaeBound(logWeights, count));
    const bounds = [common.elbo, ...each.map(({ bound }) => bound)];
    const boundErrors = [common.elboError, ...each.map(({ error }) => error)];
    return { ...common, logWeights, counts: COUNTS, bounds, boundErrors, ...evidence };
  };
  yield answer(found.logWeights);
  const evidence = grid && (yield* integrate(grid, x));
  if (evidence) yield answer(found.logWeights, evidence);
  const logWeights = new Float64Array(NUM_SAMPLES);
  for (let start = 0; start < NUM_SAMPLES; start += CHUNK) {
    const chunk = terms(model, x, drawNormals(start + 2, CHUNK * loc.length));
    logWeights.set(chunk.logWeights, start);
    yield;
  }
  yield { ...answer(logWeights, evidence), finished: true };
}

function* runRace({ x, start, loc }) {
  for (const step of race(model, x, loc ?? explorePrior(model, x))) yield { type: "race", start, ...step };
}

const HANDLERS = {
  model(message) {
    model = message.model;
    noise = drawMirrored(1, NUM_MIRRORED, model.latentDim);
    grid = message.hasGrid ? makeGrid(model) : null;
  },
  image({ id, x }) {
    latest = id;
    if (x) run(infer(x), id);
  },
  race: (message) => run(runRace(message), message.id),
  prepare({ images, testImages }) {
    training = makeTraining(images, testImages);
    postMessage(report(training));
  },
  train({ beta, numSteps }) {
    const found = train(training, beta, numSteps);
    postMessage({ ...report(training), ...found });
  },
};

onmessage = ({ data }) => HANDLERS[data.type](data);
