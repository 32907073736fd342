// Training of a small model from scratch.

import { makeAdam } from "./gradients.js";
import { makeRandom } from "./mathematics.js";
import { copyRows, forward, pad } from "./network.js";
import { differentiate, measure } from "./objective.js";

const NUM_HELD_OUT = 252; // the last images, which are not trained on
const NUM_FIRST = 500; // images whose means are the first outputs
const REPORT = 32; // steps between two reports

/** Make a layer with random weights (Glorot and Bengio 2010). */
function makeLayer(inputs, outputs, { uniform }) {
  const kernel = new Float32Array(pad(outputs) * pad(inputs));
  const limit = Math.sqrt(6 / (inputs + outputs));
  for (let j = 0; j < outputs; j++) {
    for (let i = 0; i < inputs; i++) kernel[j * pad(inputs) + i] = limit * (2 * uniform() - 1);
  }
  return { inputs, outputs, kernel, bias: new Float32Array(pad(outputs)) };
}

/** Make an untrained model like that of `readModel`. */
export function makeModel({ hiddenUnits, latentDim, numPixels }, random) {
  const layers = (widths) => widths.slice(1).map((width, i) => makeLayer(widths[i], width, random));
  const encoder = layers([numPixels, ...hiddenUnits, 2 * latentDim]);
  const decoder = layers([latentDim, ...hiddenUnits.slice().reverse(), numPixels]);
  return { latentDim, activation: "gelu", likelihood: "bernoulli", logScale: 0, encoder, decoder };
}

/** Set the biases of the outputs to the log odds of the mean pixels, which saves the first steps. */
function setBiases({ decoder }, x, rows) {
  const { bias, outputs } = decoder.at(-1);
  for (let j = 0; j < outputs; j++) {
    let sum = 0.5;
    for (let i = 0; i < rows; i++) sum += x[i * pad(outputs) + j];
    bias[j] = Math.log(sum / (rows + 1 - sum));
  }
}

/** List kernels and biases in the order of the gradients. */
export const listWeights = ({ encoder, decoder }) =>
  [encoder, decoder].flatMap((network) =>
    network.slice().reverse().flatMap(({ kernel, bias }) => [kernel, bias]),
  );

/** Make an endless stream of indices below `count`, shuffled anew in each epoch. */
function* shuffled(count, { uniform }) {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (;;) {
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor(uniform() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    yield* order;
  }
}

/** Prepare a training with the settings of the message "train". */
export function makeTraining({ beta, learningRate, points, ...settings }) {
  const { images, count, numPixels, binary } = settings;
  const random = makeRandom(settings.seed);
  const model = makeModel(settings, random);
  const adam = makeAdam(listWeights(model));
  const size = pad(settings.batchSize);
  const numTrained = count - Math.min(NUM_HELD_OUT, count >> 1);
  const indices = shuffled(numTrained, random);
  let [step, sums] = [0, []];
  const first = Array.from({ length: numTrained }, (_, i) => i).slice(0, NUM_FIRST);
  setBiases(model, batch(first), first.length);

  function batch(rows) {
    const x = new Float32Array(rows.length * numPixels);
    rows.forEach((n, i) => x.set(images.subarray(n * numPixels, (n + 1) * numPixels), i * numPixels));
    const values = binary ? x : x.map((value) => value / 255);
    return copyRows(values, rows.length, numPixels, pad(numPixels));
  }
  function takeStep() {
    const x = batch(Array.from({ length: size }, () => indices.next().value));
    const found = measure(model, x, size, random);
    adam(differentiate(model, found, size, beta), learningRate);
    sums.push(found);
    step++;
  }
  function heldOutElbo() {
    const rows = Array.from({ length: NUM_HELD_OUT }, (_, i) => numTrained + (i % (count - numTrained)));
    const { rate, distortion } = measure(model, batch(rows), NUM_HELD_OUT, makeRandom(1));
    return -(rate + distortion);
  }
  /** Report the means since the last report, and loc of q(z|x) of the first images. */
  function report() {
    const mean = (name) => sums.reduce((sum, found) => sum + found[name], 0) / sums.length;
    const [rate, distortion] = [mean("rate"), mean("distortion")];
    sums = [];
    const rows = Array.from({ length: Math.min(points, count) }, (_, i) => i);
    const x = copyRows(batch(rows), rows.length, pad(numPixels), numPixels);
    const output = forward(model.encoder, model.activation, x, rows.length);
    const loc = copyRows(output, rows.length, 2 * model.latentDim, model.latentDim);
    const means = loc.slice(0, rows.length * model.latentDim);
    const epoch = Math.floor((step * size) / numTrained);
    const elbo = -(rate + distortion);
    return { type: "trained", step, epoch, elbo, rate, distortion, heldOutElbo: heldOutElbo(), means };
  }
  const setBeta = (value) => (beta = value);
  return { model, step: takeStep, report, isDue: () => step % REPORT === 0, setBeta };
}
