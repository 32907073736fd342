"use strict";
// Densities, bounds and the quadrature, in nats.

const LOG_2PI = Math.log(2 * Math.PI);

function softplus(u) {
  return Math.max(u, 0) + Math.log1p(Math.exp(-Math.abs(u)));
}

/** log C of the continuous Bernoulli, negated: of a logit. */
function continuousNormaliser(logit) {
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

/**
 * The family of p(x|z), in the form
 *
 *     log p(x|z) = factor (x . output) - sum normaliser(output) - ofImage(x)
 *
 * where only the first term needs both, so that many z are cheap. `mean` is E[x|z].
 */
function makeLikelihood({ likelihood, logScale }) {
  const precision = Math.exp(-2 * logScale);
  const constant = logScale + 0.5 * LOG_2PI;
  switch (likelihood) {
    case "bernoulli":
      return {
        factor: 1,
        normaliser: softplus,
        ofImage: () => 0,
        mean: (logit) => 1 / (1 + Math.exp(-logit)),
      };
    case "continuous_bernoulli":
      return {
        factor: 1,
        normaliser: continuousNormaliser,
        ofImage: () => 0,
        mean: continuousMean,
      };
    case "gaussian":
      return {
        factor: precision,
        normaliser: (output) => 0.5 * precision * output * output,
        ofImage: (x) => x.reduce((sum, v) => sum + 0.5 * precision * v * v + constant, 0),
        mean: (output) => output,
      };
  }
}

/** log p(x|z) of an image `x` [pixels] for each of the decoder's `outputs` [rows, pixels]. */
function logLikelihoods(likelihood, x, outputs) {
  const { factor, normaliser, ofImage } = likelihood;
  const constant = ofImage(x);
  const result = new Float64Array(outputs.length / x.length);
  for (let i = 0; i < result.length; i++) {
    let sum = 0;
    for (let j = 0, k = i * x.length; j < x.length; j++, k++) {
      sum += factor * x[j] * outputs[k] - normaliser(outputs[k]);
    }
    result[i] = sum - constant;
  }
  return result;
}

/** log p(z) at a place [latent]: p(z) is an equal mixture of Gaussians. */
function logPrior({ loc, scale }, z) {
  const dim = z.length;
  const each = new Float64Array(loc.length / dim);
  for (let k = 0, i = 0; k < each.length; k++) {
    for (let d = 0; d < dim; d++, i++) {
      each[k] -= 0.5 * (((z[d] - loc[i]) / scale[i]) ** 2 + LOG_2PI) + Math.log(scale[i]);
    }
  }
  return logSumExp(each) - Math.log(each.length);
}

/** KL(q(z|x) || p(z)): in closed form of a single Gaussian, else from z ~ q(z|x). */
function rate({ loc, scale }, prior, logPriors) {
  if (prior.loc.length > loc.length) {
    return -add(scale.map((s) => Math.log(s) + 0.5 * (LOG_2PI + 1))) - average(logPriors);
  }
  return add(
    loc.map((mu, d) => {
      const [distance, width] = [(mu - prior.loc[d]) / prior.scale[d], scale[d] / prior.scale[d]];
      return 0.5 * (distance ** 2 + width ** 2 - 1) - Math.log(width);
    }),
  );
}

/** z ~ p(z), [latent]. */
function drawPrior({ loc, scale }, dim, { uniform, normal }) {
  const start = dim * Math.floor((uniform() * loc.length) / dim);
  return Float32Array.from({ length: dim }, (_, d) => loc[start + d] + scale[start + d] * normal());
}

const add = (values) => values.reduce((sum, value) => sum + value, 0);
const average = (values) => add(values) / values.length;

/** z = loc + scale * noise, [rows, latent]. */
function drawLatents({ loc, scale }, noise) {
  return Float32Array.from(noise, (e, i) => loc[i % loc.length] + scale[i % loc.length] * e);
}

/**
 * Rate, and for each z ~ q(z|x) the distortion -log p(x|z) and the
 * log weight log p(x, z) - log q(z|x); `noise` is [rows, latent].
 */
function terms(model, x, noise) {
  const posterior = encode(model, x);
  const { scale } = posterior;
  const dim = scale.length;
  const rows = noise.length / dim;
  const z = drawLatents(posterior, noise);
  const outputs = decode(model, z, rows);
  const distortions = logLikelihoods(makeLikelihood(model), x, outputs).map((value) => -value);
  const logPriors = distortions.map((_, i) =>
    logPrior(model.prior, z.subarray(i * dim, (i + 1) * dim)),
  );
  const logWeights = distortions.map((distortion, i) => {
    let logPosterior = 0;
    for (let d = 0, k = i * dim; d < dim; d++, k++) {
      logPosterior -= 0.5 * (noise[k] * noise[k] + LOG_2PI) + Math.log(scale[d]);
    }
    return logPriors[i] - distortion - logPosterior;
  });
  return { rate: rate(posterior, model.prior, logPriors), distortions, logWeights };
}

function logSumExp(values) {
  const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
  return most + Math.log(values.reduce((sum, v) => sum + Math.exp(v - most), 0));
}

/** The bound log mean_k w_k for so many samples, the mean over all groups of so many. */
function iwaeBound(logWeights, numSamples) {
  const bounds = [];
  for (let i = 0; i + numSamples <= logWeights.length; i += numSamples) {
    bounds.push(logSumExp(logWeights.subarray(i, i + numSamples)) - Math.log(numSamples));
  }
  return average(bounds);
}

// The grid of the quadrature, as `evaluate` has it: along each axis
// centre + core * LIMIT sinh(warp t) / sinh(WARP) for t in equal steps from -1 to 1, so that
// points are densest at the centre; 0, 1 and WARP for the standard prior.
const LIMIT = 6;
const WARP = 3;
const CORE = 0.25;
const GRID_POINTS = { 1: 2001, 2: 301 };

/** Of one dimension of a prior's Gaussians: their centre, core, and the warp of the axis. */
function extentOf(loc, scale) {
  const quantile = (values, share) => values.slice().sort()[Math.floor(share * (values.length - 1))];
  const centre = quantile(loc, 0.5);
  const distance = loc.map((value) => Math.abs(value - centre));
  const core = quantile(distance.map((value, i) => value + scale[i]), CORE);
  const reach = distance.reduce((most, value, i) => Math.max(most, value + LIMIT * scale[i]), 0);
  return { centre, core, warp: WARP + Math.log(Math.max(1, reach / (LIMIT * core))) };
}

/** An axis of the grid: values, log weights, and where in steps a value lies. */
function makeAxis({ extent }, dimension) {
  const points = GRID_POINTS[extent.length];
  const { centre, core, warp } = extent[dimension];
  const factor = (core * LIMIT) / Math.sinh(WARP);
  const step = 2 / (points - 1);
  const t = Float64Array.from({ length: points }, (_, i) => i * step - 1);
  return {
    z: t.map((u) => centre + factor * Math.sinh(warp * u)),
    logWeight: t.map((u) => Math.log(factor * warp * step * Math.cosh(warp * u))),
    placeOf: (z) => (Math.asinh((z - centre) / factor) / warp + 1) / step,
  };
}

/** A stream of random numbers from a seed (xorshift, Marsaglia 2003). */
function makeRandom(seed) {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  const uniform = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) + 0.5) / 2 ** 32;
  };
  for (let i = 0; i < 8; i++) uniform();
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}

/**
 * Standard Gaussian noise, [rows, latent]: the second half mirrors the first, and each
 * column has variance 1, so that the mean of a quadratic function is nearly exact.
 */
function drawMirrored(seed, rows, dim) {
  const half = drawNormals(seed, (rows / 2) * dim);
  const squares = new Float64Array(dim);
  half.forEach((e, i) => (squares[i % dim] += (e * e) / (rows / 2)));
  const scaled = half.map((e, i) => e / Math.sqrt(squares[i % dim]));
  const noise = new Float64Array(rows * dim);
  noise.set(scaled);
  noise.set(scaled.map((e) => -e), half.length);
  return noise;
}

function drawNormals(seed, count) {
  const { normal } = makeRandom(seed);
  return Float64Array.from({ length: count }, normal);
}
