// A flow as the prior: affine couplings that map z to Gaussian noise, as in
// `learned_priors.py`.

import { LOG_2PI, logSumExp } from "./mathematics.js";
import { forward, readNetwork } from "./network.js";

const SHARE = 1e-4; // of N(0, I) in p(z)

/** Read the networks of the couplings; there are none if the prior is not a flow. */
export function readCouplings(tensors) {
  const couplings = [];
  for (let i = 1; `prior.coupling_${i}.output.kernel` in tensors; i++) {
    couplings.push(readNetwork(tensors, `prior.coupling_${i}`, "output"));
  }
  return couplings;
}

/** Call `move(row, position, shift, logScale)` for each value of `z` that coupling `i` moves. */
function couple(network, i, z, dim, move) {
  const first = Math.floor(dim / 2);
  const [start, end] = i % 2 ? [0, first] : [first, dim];
  const input = z.filter((_, k) => k % dim < start || k % dim >= end);
  const output = forward(network, "gelu", input);
  for (let row = 0, k = 0; row * dim < z.length; row++, k += end - start) {
    for (let d = start; d < end; d++, k++) {
      move(row, row * dim + d, output[k], 2 * Math.tanh(0.5 * output[k + end - start]));
    }
  }
}

/** Compute log p(z) [rows] for `z` [rows, latent]. */
export function logFlow(couplings, z, dim) {
  const noise = Float32Array.from(z);
  const logDet = new Float64Array(z.length / dim);
  couplings.forEach((network, i) =>
    couple(network, i, noise, dim, (row, position, shift, logScale) => {
      noise[position] = noise[position] * Math.exp(logScale) + shift;
      logDet[row] += logScale;
    }),
  );
  const rest = logStandard(z, dim);
  return logStandard(noise, dim).map((log, row) =>
    logSumExp([log + logDet[row] + Math.log1p(-SHARE), rest[row] + Math.log(SHARE)]),
  );
}

function logStandard(z, dim) {
  const result = new Float64Array(z.length / dim);
  z.forEach((e, k) => (result[Math.floor(k / dim)] -= 0.5 * (e * e + LOG_2PI)));
  return result;
}

/** Compute z ~ p(z) from Gaussian noise, both [latent]. */
export function drawFlow(couplings, noise) {
  const z = Float32Array.from(noise);
  for (let i = couplings.length - 1; i >= 0; i--) {
    couple(couplings[i], i, z, z.length, (row, position, shift, logScale) => {
      z[position] = (z[position] - shift) * Math.exp(-logScale);
    });
  }
  return Float64Array.from(z);
}
