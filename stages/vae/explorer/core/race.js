// The Gaussian q with the highest ELBO for one image, by Adam from a start, as in
// `evaluation/gaps.py` but with fewer steps.

import { backward, makeAdam } from "./gradients.js";
import { logLikelihoods, makeLikelihood } from "./likelihoods.js";
import { LOG_2PI, add, drawMirrored, makeRandom, maximum } from "./mathematics.js";
import { decode, drawLatents, encode } from "./model.js";
import { trace } from "./network.js";
import { drawPrior, logPriors } from "./prior.js";

const NUM_STEPS = 100;
const RATE = 0.2; // the highest, in scales of the encoder's q
const NUM_NOISE = 32; // samples of q, in more than two dimensions
const NUM_EXPLORED = 2000; // samples of the prior
const STEP = 1e-3; // of differences
const MIN_WEIGHT = 1e-5; // of a node that is computed
// Positive nodes and weights of the Gauss-Hermite quadrature with 8 nodes.
const NODES = [0.5390798113513751, 1.636519042435108, 2.8024858612875416, 4.1445471861258945];
const WEIGHTS = [0.3730122576790775, 0.1172399076617590, 0.009635220120788268, 0.0001126145383753677];

/** Make noise [rows, latent] and weights: of a quadrature, or mirrored samples. */
function makeNoise(dim, seed) {
  if (dim > 2) {
    const weights = new Float64Array(NUM_NOISE).fill(1 / NUM_NOISE);
    return { noise: drawMirrored(seed, NUM_NOISE, dim), weights };
  }
  const axis = NODES.flatMap((e, i) => [[[e], WEIGHTS[i]], [[-e], WEIGHTS[i]]]);
  const square = axis.flatMap(([e, w]) => axis.map(([f, v]) => [[...e, ...f], w * v]));
  const nodes = dim === 1 ? axis : square.filter(([, weight]) => weight > MIN_WEIGHT);
  const total = add(nodes.map(([, weight]) => weight));
  const noise = Float64Array.from(nodes.flatMap(([e]) => e));
  return { noise, weights: nodes.map(([, weight]) => weight / total) };
}

/** Compute log p(x, z) [rows] for `z` [rows, latent] and the decoder's outputs for them. */
function logJoints(model, x, z, outputs) {
  const logPrior = logPriors(model.prior, z);
  return logLikelihoods(makeLikelihood(model), x, outputs).map((value, i) => value + logPrior[i]);
}

/** Compute log p(x, z) [rows] and its gradient for `z` [rows, latent]. */
export function jointGradient(model, x, z) {
  const { decoder, activation, prior } = model;
  const { factor, mean } = makeLikelihood(model);
  const traced = trace(decoder, activation, z);
  const outputs = traced.sums.at(-1);
  const slopes = outputs.map((output, k) => factor * (x[k % x.length] - mean(output)));
  const gradient = backward(decoder, activation, traced, slopes);
  addPriorGradient(prior, z, gradient);
  return { joint: logJoints(model, x, z, outputs), gradient };
}

/** Add the gradient of log p(z), by differences. */
function addPriorGradient(prior, z, gradient) {
  const dim = prior.mean.length;
  for (let d = 0; d < dim; d++) {
    const shifted = (step) => logPriors(prior, z.map((v, k) => (k % dim === d ? v + step : v)));
    const [above, below] = [shifted(STEP), shifted(-STEP)];
    above.forEach((value, i) => (gradient[i * dim + d] += (value - below[i]) / (2 * STEP)));
  }
}

/** Compute the ELBO of a Gaussian, and its gradients by loc and by log scale. */
function elboGradient(model, x, q, { noise, weights }) {
  const dim = q.loc.length;
  const rows = weights.length;
  const { joint, gradient } = jointGradient(model, x, drawLatents(q, noise));
  const [loc, logScale] = [new Float64Array(dim), new Float64Array(dim).fill(1)];
  let elbo = add(q.scale.map((s) => Math.log(s) + 0.5 * (LOG_2PI + 1)));
  for (let i = 0, k = 0; i < rows; i++) {
    elbo += weights[i] * joint[i];
    for (let d = 0; d < dim; d++, k++) {
      loc[d] += weights[i] * gradient[k];
      logScale[d] += weights[i] * gradient[k] * noise[k] * q.scale[d];
    }
  }
  return { elbo, loc, logScale };
}

/** Find the z with the highest log p(x, z) among samples of the prior. */
export function explorePrior(model, x) {
  const random = makeRandom(1);
  const rows = Array.from({ length: NUM_EXPLORED }, () => drawPrior(model.prior, random));
  const z = Float32Array.from(rows.flatMap((row) => [...row]));
  const joint = logJoints(model, x, z, decode(model, z));
  return rows[joint.indexOf(maximum(joint))];
}

/** Maximize the ELBO over loc and scale of q, from `loc` and the encoder's scale; yield steps. */
export function* race(model, x, start) {
  const { scale } = encode(model, x);
  const moves = [new Float64Array(start.length), new Float64Array(start.length)];
  const adam = makeAdam(moves, { decay: 0.99, epsilon: 1e-6 });
  const elbos = [];
  for (let step = 0; step <= NUM_STEPS; step++) {
    const q = {
      loc: start.map((value, d) => value + scale[d] * moves[0][d]),
      scale: scale.map((value, d) => value * Math.exp(moves[1][d])),
    };
    const { elbo, loc, logScale } = elboGradient(model, x, q, makeNoise(start.length, step % NUM_STEPS));
    elbos.push(elbo);
    yield { ...q, elbos, numSteps: NUM_STEPS, finished: step === NUM_STEPS };
    const rate = 0.5 * RATE * (1 + Math.cos((Math.PI * (step + 1)) / NUM_STEPS));
    adam([loc.map((g, d) => g * scale[d]), logScale], rate);
  }
}
