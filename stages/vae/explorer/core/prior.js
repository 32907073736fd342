// The prior p(z), and the grid of the quadrature. `loc` and `scale` [components, latent] are
// those of a mixture of Gaussians with equal weights; for a flow it only shows where p(z) is.

import { drawFlow, logFlow } from "./flow.js";
import { LOG_2PI, add, average, logSumExp } from "./mathematics.js";

/** Make a prior, with mean, standard deviation and extent per dimension. */
export function makePrior(loc, scale, dim) {
  const count = loc.length / dim;
  const mean = new Float64Array(dim);
  const square = new Float64Array(dim);
  loc.forEach((value, i) => (mean[i % dim] += value / count));
  loc.forEach((value, i) => {
    square[i % dim] += ((value - mean[i % dim]) ** 2 + scale[i] ** 2) / count;
  });
  const column = (values, d) => values.filter((_, i) => i % dim === d);
  const extent = Array.from(mean, (_, d) => extentOf(column(loc, d), column(scale, d)));
  const standard = loc.every((value) => value === 0) && scale.every((value) => value === 1);
  const deviation = square.map(Math.sqrt);
  return { loc, scale, count, mean, deviation, extent, standard, couplings: [] };
}

/** Compute log p(z) [rows] for `z` [rows, latent]. */
export function logPriors(prior, z) {
  const dim = prior.mean.length;
  if (prior.couplings.length) return logFlow(prior.couplings, z, dim);
  const row = (_, i) => logMixture(prior, z.subarray(i * dim, (i + 1) * dim));
  return Float64Array.from({ length: z.length / dim }, row);
}

function logMixture({ loc, scale, count }, z) {
  const each = new Float64Array(count);
  for (let k = 0, i = 0; k < count; k++) {
    for (let d = 0; d < z.length; d++, i++) {
      each[k] -= 0.5 * (((z[d] - loc[i]) / scale[i]) ** 2 + LOG_2PI) + Math.log(scale[i]);
    }
  }
  return logSumExp(each) - Math.log(count);
}

/** Compute KL(q(z|x) || p(z)), in closed form for one Gaussian, otherwise from z ~ q(z|x). */
export function rate({ loc, scale }, prior, logs) {
  if (prior.count > 1) {
    return -add(scale.map((s) => Math.log(s) + 0.5 * (LOG_2PI + 1))) - average(logs);
  }
  const each = loc.map((mu, d) => {
    const [distance, width] = [(mu - prior.loc[d]) / prior.scale[d], scale[d] / prior.scale[d]];
    return 0.5 * (distance ** 2 + width ** 2 - 1) - Math.log(width);
  });
  return add(each);
}

/** Draw z ~ p(z), [latent]; for a flow, without N(0, I). */
export function drawPrior({ loc, scale, count, mean, couplings }, { uniform, normal }) {
  if (couplings.length) return drawFlow(couplings, mean.map(normal));
  const start = mean.length * Math.floor(uniform() * count);
  return Float64Array.from(mean, (_, d) => loc[start + d] + scale[start + d] * normal());
}

// The grid of the quadrature. Its values along each axis are center + core * LIMIT
// sinh(warp t) / sinh(WARP), for t in equal steps from -1 to 1, so points are densest at the
// center. For the standard prior, center, core and warp are 0, 1 and WARP. The pipeline uses
// the same formula with `evaluate.grid_points`.
const [LIMIT, WARP, CORE] = [6, 3, 0.25];
export const GRID_POINTS = { 1: 2001, 2: 301 }; // along an axis, by the number of axes

/** Compute center, core and warp of an axis from the prior's Gaussians along this axis. */
function extentOf(loc, scale) {
  const quantile = (values, share) => values.slice().sort()[Math.floor(share * (values.length - 1))];
  const center = quantile(loc, 0.5);
  const distance = loc.map((value) => Math.abs(value - center));
  const core = quantile(distance.map((value, i) => value + scale[i]), CORE);
  const reach = distance.reduce((most, value, i) => Math.max(most, value + LIMIT * scale[i]), 0);
  return { center, core, warp: WARP + Math.log(Math.max(1, reach / (LIMIT * core))) };
}

/** Make the axes of the grid: values, log weights, and the position of a value in steps. */
export const makeAxes = ({ extent }) => extent.map((each) => makeAxis(each, GRID_POINTS[extent.length]));

function makeAxis({ center, core, warp }, points) {
  const factor = (core * LIMIT) / Math.sinh(WARP);
  const step = 2 / (points - 1);
  const t = Float64Array.from({ length: points }, (_, i) => i * step - 1);
  return {
    z: t.map((u) => center + factor * Math.sinh(warp * u)),
    logWeight: t.map((u) => Math.log(factor * warp * step * Math.cosh(warp * u))),
    positionOf: (z) => (Math.asinh((z - center) / factor) / warp + 1) / step,
  };
}

/** Combine the values of one or two axes to points, of which the first coordinate varies fastest. */
export function cross([across, up]) {
  if (!up) return Array.from(across, (x) => [x]);
  return Array.from(up).flatMap((y) => Array.from(across, (x) => [x, y]));
}
