// The families of p(x|z).

import { LOG_2PI } from "./mathematics.js";

/** Compute the sum of softplus of a row, from one logarithm of a product of factors below 2. */
function sumSoftplus(outputs, from, to) {
  let [sum, product] = [0, 1];
  for (let k = from; k < to; k++) {
    const u = outputs[k];
    if (u > 0) sum += u;
    product *= 1 + Math.exp(-Math.abs(u));
    if (product < 1e300) continue;
    sum += Math.log(product);
    product = 1;
  }
  return sum + Math.log(product);
}

/** Make the sum of a function over a row. */
const sumOf = (normalizer) => (outputs, from, to) => {
  let sum = 0;
  for (let k = from; k < to; k++) sum += normalizer(outputs[k]);
  return sum;
};

/** Compute log integral_0^1 exp(t logit) dt, the log normalizer of the continuous Bernoulli. */
function continuousNormalizer(logit) {
  const size = Math.abs(logit);
  if (size < 1e-3) return logit / 2 + (logit * logit) / 24;
  return Math.max(logit, 0) + Math.log(-Math.expm1(-size) / size);
}

function continuousMean(logit) {
  const size = Math.abs(logit);
  if (size < 1e-3) return 0.5 + logit / 12;
  const upper = -1 / Math.expm1(-size) - 1 / size;
  return logit > 0 ? upper : 1 - upper;
}

const bernoulliMean = (logit) => 1 / (1 + Math.exp(-logit));
const ofLogits = { factor: 1, ofImage: () => 0 };

/**
 * The families by name, as functions of the log scale, in the form
 *
 *     log p(x|z) = factor (x . output) - logNormalizer(output) - ofImage(x)
 *
 * where only the first term depends on x and z, so that many z are cheap. `mean` is E[x|z],
 * and factor (x - mean(output)) is the gradient.
 */
export const LIKELIHOODS = {
  bernoulli: () => ({ ...ofLogits, logNormalizer: sumSoftplus, mean: bernoulliMean }),
  continuous_bernoulli: () => ({
    ...ofLogits,
    logNormalizer: sumOf(continuousNormalizer),
    mean: continuousMean,
  }),
  gaussian: (logScale) => {
    const precision = Math.exp(-2 * logScale);
    const constant = logScale + 0.5 * LOG_2PI;
    return {
      factor: precision,
      logNormalizer: sumOf((output) => 0.5 * precision * output * output),
      ofImage: (x) => x.reduce((sum, v) => sum + 0.5 * precision * v * v + constant, 0),
      mean: (output) => output,
    };
  },
};

export const makeLikelihood = ({ likelihood, logScale }) => LIKELIHOODS[likelihood](logScale);

/** Compute log p(x|z) [rows] of an image `x` [pixels] for decoder `outputs` [rows, pixels]. */
export function logLikelihoods({ factor, logNormalizer, ofImage }, x, outputs) {
  const constant = ofImage(x);
  const result = new Float64Array(outputs.length / x.length);
  for (let i = 0; i < result.length; i++) {
    const start = i * x.length;
    let sum = 0;
    for (let j = 0; j < x.length; j++) sum += x[j] * outputs[start + j];
    result[i] = factor * sum - logNormalizer(outputs, start, start + x.length) - constant;
  }
  return result;
}
