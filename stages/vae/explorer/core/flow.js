// A flow as the prior: affine couplings that map z to Gaussian noise, as in `priors.py`.

import { LOG_2PI } from "./mathematics.js";
import { forward, readNetwork } from "./network.js";

/** Read the networks of the couplings; there are none if the prior is not a flow. */
export function readCouplings(tensors) {
  const couplings = [];
  for (let i = 1; `prior.coupling_${i}.output.kernel` in tensors; i++) {
    couplings.push(readNetwork(tensors, `prior.coupling_${i}`, "output"));
  }
  return couplings;
}

/** Call `move(row, position, shift, logScale)` for each value of `z` that coupling `i` moves. */
function couple(network, i, z, rows, move) {
  const dim = z.length / rows;
  const first = Math.floor(dim / 2);
  const [kept, moved, start] = i % 2 ? [dim - first, first, 0] : [first, dim - first, first];
  const from = i % 2 ? first : 0;
  const input = new Float32Array(rows * kept);
  for (let row = 0; row < rows; row++) {
    input.set(z.subarray(row * dim + from, row * dim + from + kept), row * kept);
  }
  const output = forward(network, "gelu", input);
  for (let row = 0, k = 0; row < rows; row++, k += moved) {
    for (let d = 0; d < moved; d++, k++) {
      move(row, row * dim + start + d, output[k], 2 * Math.tanh(0.5 * output[k + moved]));
    }
  }
}

/** Compute log p(z) [rows] for `z` [rows, latent]. */
export function logFlow(couplings, z, dim) {
  const noise = Float32Array.from(z);
  const rows = z.length / dim;
  const result = new Float64Array(rows);
  couplings.forEach((network, i) =>
    couple(network, i, noise, rows, (row, position, shift, logScale) => {
      noise[position] = noise[position] * Math.exp(logScale) + shift;
      result[row] += logScale;
    }),
  );
  noise.forEach((e, k) => (result[Math.floor(k / dim)] -= 0.5 * (e * e + LOG_2PI)));
  return result;
}

/** Compute z ~ p(z) from Gaussian noise, both [latent]. */
export function drawFlow(couplings, noise) {
  const z = Float32Array.from(noise);
  for (let i = couplings.length - 1; i >= 0; i--) {
    couple(couplings[i], i, z, 1, (row, position, shift, logScale) => {
      z[position] = (z[position] - shift) * Math.exp(-logScale);
    });
  }
  return Float64Array.from(z);
}
