// Gradients of dense networks, and Adam (Kingma and Ba 2015, arXiv 1412.6980).

import { erf, product, transpose } from "./network.js";

/** The derivatives of the activations. */
const SLOPES = {
  relu: (h) => (h > 0 ? 1 : 0),
  elu: (h) => (h > 0 ? 1 : Math.exp(h)),
  gelu: (h) => 0.5 * (1 + erf(h * Math.SQRT1_2)) + (h * Math.exp(-0.5 * h * h)) / Math.sqrt(2 * Math.PI),
  silu: (h) => (1 + h / (1 + Math.exp(h))) / (1 + Math.exp(-h)),
  tanh: (h) => 1 - Math.tanh(h) ** 2,
};

/** Compute the gradient of the inputs of a layer from that of its sums. */
function inputGradient({ kernel, bias }, gradient) {
  const inputs = kernel.length / bias.length;
  return product(gradient, transpose(kernel, bias.length, inputs), new Float32Array(inputs));
}

/** Compute the gradients of kernel and bias of a layer. */
function layerGradients({ kernel, bias }, input, gradient) {
  const [rows, inputs] = [gradient.length / bias.length, kernel.length / bias.length];
  const turned = transpose(gradient, rows, bias.length);
  const ofKernel = product(turned, transpose(input, rows, inputs), new Float32Array(inputs));
  const ofBias = new Float32Array(bias.length);
  turned.forEach((value, k) => (ofBias[Math.floor(k / rows)] += value));
  return [ofKernel, ofBias];
}

/**
 * Propagate the gradient of the outputs [rows, outputs] back to the inputs of a network; unless it
 * `continues` there, only to the first layer, which is quicker. If `learned` is given, the
 * gradients of each kernel and bias are added to it, last layer first.
 */
export function backward(network, activation, { inputs, sums }, gradient, learned, continues = true) {
  const slope = SLOPES[activation];
  for (let i = network.length - 1; i >= 0; i--) {
    learned?.push(...layerGradients(network[i], inputs[i], gradient));
    if (i === 0 && !continues) return null;
    gradient = inputGradient(network[i], gradient);
    for (let k = 0; i > 0 && k < gradient.length; k++) gradient[k] *= slope(sums[i - 1][k]);
  }
  return gradient;
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
