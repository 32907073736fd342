// Training of a small model from scratch.

import { makeAdam } from "./gradients.js";
import { average, makeRandom } from "./mathematics.js";
import { encode } from "./model.js";
import { forward } from "./network.js";
import { differentiate, measure } from "./objective.js";

const SIZES = { hiddenUnits: [128, 128], latentDim: 2 };
const BATCH_SIZE = 32;
const LEARNING_RATE = 0.004;
const NUM_TEST = 250; // test images, evenly spaced
const NUM_FIRST = 500; // images whose means are the first outputs
const NUM_POINTS = 1000; // images whose means are reported
const NUM_SCALES = 10; // images whose scales are reported

/** Make a layer with random weights (Glorot and Bengio 2010). */
function makeLayer(inputs, outputs, { uniform }) {
  const limit = Math.sqrt(6 / (inputs + outputs));
  const kernel = Float32Array.from({ length: outputs * inputs }, () => limit * (2 * uniform() - 1));
  return { kernel, bias: new Float32Array(outputs) };
}

/** Make an untrained model like that of `readModel`. */
export function makeModel({ hiddenUnits, latentDim }, numPixels, random) {
  const layers = (widths) => widths.slice(1).map((width, i) => makeLayer(widths[i], width, random));
  const encoder = layers([numPixels, ...hiddenUnits, 2 * latentDim]);
  const decoder = layers([latentDim, ...hiddenUnits.toReversed(), numPixels]);
  return { latentDim, activation: "gelu", likelihood: "bernoulli", logScale: 0, encoder, decoder };
}

/** Set the biases of the outputs to the log odds of the mean pixels, which saves the first steps. */
function setBiases({ decoder }, images) {
  const { bias } = decoder.at(-1);
  bias.forEach((_, j) => {
    const sum = images.reduce((total, image) => total + image[j], 0.5);
    bias[j] = Math.log(sum / (images.length + 1 - sum));
  });
}

/** List kernels and biases in the order of the gradients. */
export const listWeights = ({ encoder, decoder }) =>
  [encoder, decoder].flatMap((network) =>
    network.toReversed().flatMap(({ kernel, bias }) => [kernel, bias]),
  );

/** Make an endless stream of items, shuffled anew in each epoch. */
function* shuffled(items, { uniform }) {
  const order = items.slice();
  for (;;) {
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(uniform() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    yield* order;
  }
}

/** Join images to a batch [rows, pixels]. */
function join(images) {
  const batch = new Float32Array(images.length * images[0].length);
  images.forEach((image, i) => batch.set(image, i * image.length));
  return batch;
}

/** Prepare a training on images, with other images for a test. */
export function makeTraining(images, testImages) {
  const random = makeRandom(1);
  const model = makeModel(SIZES, images[0].length, random);
  setBiases(model, images.slice(0, NUM_FIRST));
  const spacing = testImages.length / NUM_TEST;
  const test = Array.from({ length: NUM_TEST }, (_, i) => testImages[Math.floor(spacing * i)]);
  const batches = shuffled(images, random);
  return { images, test, model, random, batches, adam: makeAdam(listWeights(model)), step: 0 };
}

/** Take some steps; return the mean rate and distortion. */
export function train(training, beta, numSteps) {
  const { model, random, batches, adam } = training;
  const found = Array.from({ length: numSteps }, () => {
    const x = join(Array.from({ length: BATCH_SIZE }, () => batches.next().value));
    const measured = measure(model, x, BATCH_SIZE, random);
    adam(differentiate(model, measured, BATCH_SIZE, beta), LEARNING_RATE);
    training.step++;
    return measured;
  });
  const [rate, distortion] = ["rate", "distortion"].map((name) => average(found.map((m) => m[name])));
  return { rate, distortion, elbo: -(rate + distortion) };
}

/** Report the state of a training, with loc and scale of q(z|x) of the first images. */
export function report({ images, test, model, step }) {
  const { rate, distortion } = measure(model, join(test), NUM_TEST, makeRandom(1));
  const outputs = forward(model.encoder, model.activation, join(images.slice(0, NUM_POINTS)));
  const means = outputs.filter((_, k) => k % (2 * model.latentDim) < model.latentDim);
  const scales = images.slice(0, NUM_SCALES).map((image) => [...encode(model, image).scale]);
  const epoch = Math.floor((step * BATCH_SIZE) / images.length);
  return { model, step, epoch, testElbo: -(rate + distortion), means, scales };
}
