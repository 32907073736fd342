// The worker computes what takes long. Long computations are generators; between two of
// their steps the worker handles the messages that have arrived.
//
// It receives {type: "model", model, hasGrid}, then {type: "image", id, x} and
// {type: "race", id, x, start}; an image or a race with a larger id ends the work for
// smaller ones, and {type: "stop"} ends a race. It sends {type: "progress", progress} of the
// grid, "terms" (without log p(x) at first, then with it, then with more samples), and "race".
// A second worker trains: {type: "train", ...} prepares, {type: "play"}, "pause", "step",
// {type: "set", beta} and "weights" follow; it sends "trained" and "weights".

import { decodeCenters, integrate, makeGrid } from "./evidence.js";
import { drawMirrored, drawNormals } from "./mathematics.js";
import { COUNTS, encode, estimateElbo, iwaeBound, terms } from "./model.js";
import { explorePrior, race } from "./race.js";
import { makeTraining } from "./training.js";

const NUM_MIRRORED = 500; // samples for the ELBO, and for the first bounds
const [NUM_SAMPLES, CHUNK] = [10_000, 500]; // of the bounds, so that 500 samples are 20 groups
let model, noise, grid, training;
let isReady = false; // the grid
let latest = -Infinity; // the largest id
let numStops = 0; // of races
let playing = null; // the training that plays

const channel = new MessageChannel();
const waiting = [];
channel.port1.onmessage = () => waiting.shift()();

/** Wait until messages that have arrived are handled; a timer would wait for at least 4 ms. */
const turn = () =>
  new Promise((resolve) => {
    waiting.push(resolve);
    channel.port2.postMessage(null);
  });

/** Run a generator of messages while it is wanted. */
async function run(generator, isWanted) {
  for (const message of generator) {
    if (message.type) postMessage(message);
    await turn();
    if (!isWanted()) return;
  }
}

function* prepareGrid() {
  grid = makeGrid(model);
  for (const progress of decodeCenters(grid)) {
    isReady = progress === 1;
    yield { type: "progress", progress };
  }
}

/** Compute log p(x) once the grid is ready; return nothing if there is none. */
function* findEvidence(x) {
  while (grid && !isReady) yield {};
  return grid && (yield* integrate(grid, x));
}

function* infer({ id, x }) {
  const found = terms(model, x, noise);
  const { loc, scale, rate } = found;
  const common = { type: "terms", id, loc, scale, rate, ...estimateElbo(found) };
  const answer = (logWeights, evidence) => {
    const each = COUNTS.map((count) => iwaeBound(logWeights, count));
    const bounds = [common.elbo, ...each.slice(1).map(({ bound }) => bound)];
    const boundErrors = [common.elboError, ...each.slice(1).map(({ error }) => error)];
    return { ...common, logWeights, counts: COUNTS, bounds, boundErrors, ...evidence };
  };
  yield answer(found.logWeights);
  const evidence = yield* findEvidence(x);
  if (evidence) yield answer(found.logWeights, evidence);
  const logWeights = new Float64Array(NUM_SAMPLES);
  for (let start = 0; start < NUM_SAMPLES; start += CHUNK) {
    const chunk = terms(model, x, drawNormals(start + 2, CHUNK * loc.length));
    logWeights.set(chunk.logWeights, start);
    yield {};
  }
  yield { ...answer(logWeights, evidence), finished: true };
}

/** Find the best point of the grid, or of samples of the prior if there is no grid. */
function* findStart(x) {
  const evidence = yield* findEvidence(x);
  if (!evidence) return explorePrior(model, x);
  const n = evidence.logPosterior.indexOf(evidence.most);
  const { length } = grid.axes[0].z;
  const positions = [n % length, Math.floor(n / length)];
  return Float64Array.from(grid.axes, ({ z }, d) => z[positions[d]]);
}

function* runRace({ id, x, start }) {
  const loc = start === "grid" ? yield* findStart(x) : encode(model, x).loc;
  for (const step of race(model, x, loc)) yield { type: "race", id, start, ...step };
}

function* play() {
  for (;;) {
    training.step();
    yield training.isDue() ? training.report() : {};
  }
}

const HANDLERS = {
  model(message) {
    model = message.model;
    noise = drawMirrored(1, NUM_MIRRORED, model.latentDim);
    if (message.hasGrid) run(prepareGrid(), () => true);
  },
  image(message) {
    latest = Math.max(latest, message.id);
    run(infer(message), () => message.id === latest);
  },
  race(message) {
    latest = Math.max(latest, message.id);
    const before = numStops;
    run(runRace(message), () => message.id === latest && numStops === before);
  },
  stop: () => numStops++,
  train(message) {
    playing = null;
    training = makeTraining(message);
    postMessage(training.report());
  },
  play() {
    if (playing === training) return;
    const played = (playing = training);
    run(play(), () => playing === played);
  },
  pause: () => (playing = null),
  step() {
    training.step();
    postMessage(training.report());
  },
  set: ({ beta }) => training.setBeta(beta),
  weights: () => postMessage({ type: "weights", model: training.model }),
};

onmessage = ({ data }) => HANDLERS[data.type](data);
