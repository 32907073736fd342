// Gradients of dense networks, and Adam (Kingma and Ba 2015, arXiv 1412.6980).

import { ACTIVATIONS, affine, erf, pad, product } from "./network.js";

/** The derivatives of the activations. */
export const SLOPES = {
  relu: (h) => (h > 0 ? 1 : 0),
  elu: (h) => (h > 0 ? 1 : Math.exp(h)),
  gelu: (h) => 0.5 * (1 + erf(h * Math.SQRT1_2)) + (h * Math.exp(-0.5 * h * h)) / Math.sqrt(2 * Math.PI),
  silu: (h) => (1 + h / (1 + Math.exp(h))) / (1 + Math.exp(-h)),
  tanh: (h) => 1 - Math.tanh(h) ** 2,
};

/** Compute all layers of a network: the sums, of which the last is the output, and inputs. */
export function trace(network, activation, values, rows) {
  const activate = ACTIVATIONS[activation];
  const [inputs, sums] = [[], []];
  for (const layer of network) {
    const input = inputs.length ? new Float32Array(sums.at(-1).length) : values;
    if (inputs.length) sums.at(-1).forEach((h, i) => (input[i] = activate(h)));
    inputs.push(input);
    sums.push(affine(input, layer, rows));
  }
  return { inputs, sums };
}

function transpose(values, rows, columns) {
  const result = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = values[i * columns + j];
  }
  return result;
}

/** Compute the gradient of the input of a layer from that of its outputs, all padded. */
export function inputGradient({ kernel, inputs, outputs }, gradient, rows) {
  const [width, count] = [pad(inputs), pad(outputs)];
  return product(gradient, transpose(kernel, count, width), new Float32Array(width), rows, count, width);
}

/** Compute the gradients of kernel and bias of a layer. */
function layerGradients({ inputs, outputs }, input, gradient, rows) {
  const [width, count] = [pad(inputs), pad(outputs)];
  const turned = transpose(gradient, rows, count);
  const nothing = new Float32Array(width);
  const kernel = product(turned, transpose(input, rows, width), nothing, count, rows, width);
  const bias = new Float32Array(count);
  for (let j = 0; j < turned.length; j++) bias[Math.floor(j / rows)] += turned[j];
  return [kernel, bias];
}

/**
 * Propagate the gradient of the outputs [rows, outputs] back to the sums of the first layer. If
 * `learned` is given, the gradients of each kernel and bias are added to it, last layer first.
 */
export function backward(network, activation, { inputs, sums }, gradient, rows, learned) {
  const slope = SLOPES[activation];
  for (let i = network.length - 1; ; i--) {
    learned?.push(...layerGradients(network[i], inputs[i], gradient, rows));
    if (i === 0) return gradient;
    gradient = inputGradient(network[i], gradient, rows);
    for (let k = 0; k < gradient.length; k++) gradient[k] *= slope(sums[i - 1][k]);
  }
}

/** Make Adam for arrays; it ascends, and leaves values whose gradient is exactly 0. */
export function makeAdam(arrays, { decay = 0.999, epsilon = 1e-8 } = {}) {
  const moments = arrays.map(({ length }) => [new Float64Array(length), new Float64Array(length)]);
  let count = 0;
  return (gradients, rate) => {
    count++;
    const step = (rate * Math.sqrt(1 - decay ** count)) / (1 - 0.9 ** count);
    arrays.forEach((values, n) => {
      const [mean, square] = moments[n];
      const gradient = gradients[n];
      for (let i = 0; i < values.length; i++) {
        const g = gradient[i];
        if (g === 0) continue;
        mean[i] += 0.1 * (g - mean[i]);
        square[i] += (1 - decay) * (g * g - square[i]);
        values[i] += (step * mean[i]) / (Math.sqrt(square[i]) + epsilon);
      }
    });
  };
}
