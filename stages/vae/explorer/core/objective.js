// The ELBO of a batch with a weighted rate, and its gradients.

import { backward } from "./gradients.js";
import { makeLikelihood } from "./likelihoods.js";
import { softplus } from "./mathematics.js";
import { trace } from "./network.js";

/** Call `visit(k, position)` for each latent value k; its loc is at `position` of the outputs. */
function visitLatents(count, dim, visit) {
  for (let k = 0; k < count; k++) visit(k, k + dim * Math.floor(k / dim));
}

/** Compute rate and distortion of `x` [rows, pixels], in nats per image, and all layers. */
export function measure(model, x, rows, { normal }) {
  const { encoder, decoder, activation, latentDim: dim } = model;
  const encoded = trace(encoder, activation, x);
  const posterior = encoded.sums.at(-1);
  const noise = Float64Array.from({ length: rows * dim }, normal);
  const z = new Float32Array(rows * dim);
  let rate = 0;
  visitLatents(z.length, dim, (k, position) => {
    const [loc, scale] = [posterior[position], softplus(posterior[position + dim]) + 1e-6];
    z[k] = loc + scale * noise[k];
    rate += (0.5 * (loc * loc + scale * scale - 1) - Math.log(scale)) / rows;
  });
  const decoded = trace(decoder, activation, z);
  const { logNormalizer } = makeLikelihood(model);
  const outputs = decoded.sums.at(-1);
  const count = outputs.length / rows;
  let distortion = 0;
  for (let start = 0; start < outputs.length; start += count) {
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
  const [x, posterior] = [encoded.inputs[0], encoded.sums.at(-1)];
  const slopes = decoded.sums.at(-1).map((output, k) => (x[k] - mean(output)) / rows);
  const [ofEncoder, ofDecoder] = [[], []];
  const ofZ = backward(decoder, activation, decoded, slopes, ofDecoder);
  const ofPosterior = new Float32Array(posterior.length);
  visitLatents(ofZ.length, dim, (k, position) => {
    const u = posterior[position + dim];
    const scale = softplus(u) + 1e-6;
    ofPosterior[position] = ofZ[k] - (beta / rows) * posterior[position];
    const ofScale = ofZ[k] * noise[k] - (beta / rows) * (scale - 1 / scale);
    ofPosterior[position + dim] = ofScale / (1 + Math.exp(-u));
  });
  backward(encoder, activation, encoded, ofPosterior, ofEncoder, false);
  return [...ofEncoder, ...ofDecoder];
}
