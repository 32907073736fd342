// The families of p(x|z).

import { LOG_2PI, softplus } from "./mathematics.js";

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
 *     log p(x|z) = factor (x . output) - sum normalizer(output) - ofImage(x)
 *
 * where only the first term depends on x and z, so that many z are cheap. `mean` is E[x|z].
 */
export const LIKELIHOODS = {
  bernoulli: () => ({ ...ofLogits, binary: true, normalizer: softplus, mean: bernoulliMean }),
  continuous_bernoulli: () => ({
    ...ofLogits,
    binary: false,
    normalizer: continuousNormalizer,
    mean: continuousMean,
  }),
  gaussian: (logScale) => {
    const precision = Math.exp(-2 * logScale);
    const constant = logScale + 0.5 * LOG_2PI;
    return {
      binary: false,
      factor: precision,
      normalizer: (output) => 0.5 * precision * output * output,
      ofImage: (x) => x.reduce((sum, v) => sum + 0.5 * precision * v * v + constant, 0),
      mean: (output) => output,
    };
  },
};

export const makeLikelihood = ({ likelihood, logScale }) => LIKELIHOODS[likelihood](logScale);

/** Compute log p(x|z) [rows] of an image `x` [pixels] for decoder `outputs` [rows, pixels]. */
export function logLikelihoods({ factor, normalizer, ofImage }, x, outputs) {
  const constant = ofImage(x);
  const result = new Float64Array(outputs.length / x.length);
  for (let i = 0; i < result.length; i++) {
    let sum = 0;
    for (let j = 0, k = i * x.length; j < x.length; j++, k++) {
      sum += factor * x[j] * outputs[k] - normalizer(outputs[k]);
    }
    result[i] = sum - constant;
  }
  return result;
}
