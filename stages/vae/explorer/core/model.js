// The model: its parameters, its networks, and the bounds on log p(x) in nats.

import { readCouplings } from "./flow.js";
import { logLikelihoods, makeLikelihood } from "./likelihoods.js";
import { LOG_2PI, average, logSumExp, softplus, standardError } from "./mathematics.js";
import { forward, readNetwork } from "./network.js";
import { readTensors } from "./packing.js";
import { logPriors, rate } from "./prior.js";

/** Numbers of samples for which bounds are computed. */
export const COUNTS = [1, 2, 5, 10, 20, 50, 100, 200, 500];

/** Read the model as plain arrays, which can be sent to a worker. */
export function readModel({ description, weights }, prior) {
  const settings = description.model;
  const tensors = readTensors(weights);
  const learned = tensors["likelihood.log_scale"];
  prior.couplings = readCouplings(tensors);
  return {
    prior,
    latentDim: settings.latent_dim,
    activation: settings.activation,
    likelihood: settings.likelihood,
    logScale: learned ? learned.values[0] : Math.log(settings.gaussian_scale),
    encoder: readNetwork(tensors, "encoder", "posterior"),
    decoder: readNetwork(tensors, "decoder", "likelihood"),
  };
}

/** Compute the decoder output [rows, pixels] for `z` [rows, latent]. */
export const decode = ({ decoder, activation }, z) => forward(decoder, activation, z);

/** Compute `loc` and `scale` of q(z|x), [latent] each, for an image `x` [pixels]. */
export function encode(model, x) {
  const output = forward(model.encoder, model.activation, x);
  const loc = Float64Array.from(output.subarray(0, model.latentDim));
  const scale = Float64Array.from(output.subarray(model.latentDim), (u) => softplus(u) + 1e-6);
  return { loc, scale };
}

/** Compute z = loc + scale * noise, [rows, latent]. */
export function drawLatents({ loc, scale }, noise) {
  return Float32Array.from(noise, (e, i) => loc[i % loc.length] + scale[i % loc.length] * e);
}

/**
 * Compute the rate, and for each z ~ q(z|x) the distortion -log p(x|z) and the log weight
 * log p(x, z) - log q(z|x); `noise` is [rows, latent].
 */
export function terms(model, x, noise) {
  const posterior = encode(model, x);
  const { scale } = posterior;
  const dim = scale.length;
  const z = drawLatents(posterior, noise);
  const outputs = decode(model, z);
  const distortions = logLikelihoods(makeLikelihood(model), x, outputs).map((value) => -value);
  const logs = logPriors(model.prior, z);
  const logWeights = distortions.map((distortion, i) => {
    let logPosterior = 0;
    for (let d = 0, k = i * dim; d < dim; d++, k++) {
      logPosterior -= 0.5 * (noise[k] * noise[k] + LOG_2PI) + Math.log(scale[d]);
    }
    return logs[i] - distortion - logPosterior;
  });
  return { ...posterior, rate: rate(posterior, model.prior, logs), distortions, logWeights };
}

/**
 * Compute the ELBO and its standard error from the terms of mirrored samples, whose mean and
 * variance are exact, so that the mean log weight is the ELBO.
 */
export function estimateElbo({ rate, distortions, logWeights }) {
  const half = logWeights.length / 2;
  const pairs = logWeights.subarray(0, half).map((value, i) => (value + logWeights[i + half]) / 2);
  const distortion = average(distortions);
  return { distortion, elbo: -(rate + distortion), elboError: standardError(pairs) };
}

/** Compute the bound log mean_k w_k with `count` samples, averaged over groups; and its error. */
export function iwaeBound(logWeights, count) {
  const groups = [];
  for (let i = 0; i + count <= logWeights.length; i += count) {
    groups.push(logSumExp(logWeights.subarray(i, i + count)) - Math.log(count));
  }
  return { bound: average(groups), error: standardError(groups) };
}
