// The ELBO of a batch with a weighted rate, and its gradients. All arrays are padded.

import { backward, inputGradient, trace } from "./gradients.js";
import { makeLikelihood } from "./likelihoods.js";
import { softplus } from "./mathematics.js";
import { pad } from "./network.js";

/** Call `visit(k, i, d)` for each latent value k, that of row i and dimension d. */
function visitLatents(rows, dim, visit) {
  for (let i = 0, k = 0; i < rows; i++) for (let d = 0; d < dim; d++, k++) visit(k, i, d);
}

/** Compute rate and distortion of `x` [rows, pixels], in nats per image, and all layers. */
export function measure(model, x, rows, { normal }) {
  const { encoder, decoder, activation, latentDim: dim } = model;
  const encoded = trace(encoder, activation, x, rows);
  const posterior = encoded.sums.at(-1);
  const noise = Float64Array.from({ length: rows * dim }, normal);
  const z = new Float32Array(rows * pad(dim));
  let rate = 0;
  visitLatents(rows, dim, (k, i, d) => {
    const start = i * pad(2 * dim) + d;
    const [loc, scale] = [posterior[start], softplus(posterior[start + dim]) + 1e-6];
    z[i * pad(dim) + d] = loc + scale * noise[k];
    rate += (0.5 * (loc * loc + scale * scale - 1) - Math.log(scale)) / rows;
  });
  const decoded = trace(decoder, activation, z, rows);
  const { logNormalizer } = makeLikelihood(model);
  const [outputs, count] = [decoded.sums.at(-1), decoder.at(-1).outputs];
  let distortion = 0;
  for (let i = 0, start = 0; i < rows; i++, start += pad(count)) {
    let sum = logNormalizer(outputs, start, start + count);
    for (let k = start; k < start + count; k++) sum -= x[k] * outputs[k];
    distortion += sum / rows;
  }
  return { rate, distortion, encoded, decoded, noise };
}

/** Compute the gradients of -(distortion + beta rate) by kernels and biases, last layer first. */
export function differentiate(model, { encoded, decoded, noise }, rows, beta) {
  const { encoder, decoder, activation, latentDim: dim } = model;
  const { mean } = makeLikelihood(model);
  const [x, outputs, count] = [encoded.inputs[0], decoded.sums.at(-1), decoder.at(-1).outputs];
  const slopes = new Float32Array(outputs.length);
  for (let i = 0, start = 0; i < rows; i++, start += pad(count)) {
    for (let k = start; k < start + count; k++) slopes[k] = (x[k] - mean(outputs[k])) / rows;
  }
  const [ofEncoder, ofDecoder] = [[], []];
  const first = backward(decoder, activation, decoded, slopes, rows, ofDecoder);
  const ofZ = inputGradient(decoder[0], first, rows);
  const posterior = encoded.sums.at(-1);
  const ofPosterior = new Float32Array(posterior.length);
  visitLatents(rows, dim, (k, i, d) => {
    const start = i * pad(2 * dim) + d;
    const [u, g] = [posterior[start + dim], ofZ[i * pad(dim) + d]];
    const scale = softplus(u) + 1e-6;
    ofPosterior[start] = g - (beta / rows) * posterior[start];
    const ofScale = g * noise[k] - (beta / rows) * (scale - 1 / scale);
    ofPosterior[start + dim] = ofScale / (1 + Math.exp(-u));
  });
  backward(encoder, activation, encoded, ofPosterior, rows, ofEncoder);
  return [...ofEncoder, ...ofDecoder];
}
