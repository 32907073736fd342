// Dense networks in 32-bit arrays. Rows and widths are padded to multiples of four, because
// products are computed in blocks of 4 x 4.

export const pad = (count) => Math.ceil(count / 4) * 4;

/** Read a layer; its kernel [inputs, outputs] is stored transposed. */
function readLayer(tensors, name) {
  const { shape: [inputs, outputs], values } = tensors[`${name}.kernel`];
  const kernel = new Float32Array(pad(outputs) * pad(inputs));
  for (let i = 0; i < inputs; i++) {
    for (let j = 0; j < outputs; j++) kernel[j * pad(inputs) + i] = values[i * outputs + j];
  }
  const bias = new Float32Array(pad(outputs));
  bias.set(tensors[`${name}.bias`].values);
  return { inputs, outputs, kernel, bias };
}

export function readNetwork(tensors, name, output) {
  const layers = [];
  for (let i = 1; `${name}.hidden_${i}.kernel` in tensors; i++) {
    layers.push(readLayer(tensors, `${name}.hidden_${i}`));
  }
  return [...layers, readLayer(tensors, `${name}.${output}`)];
}

/** The error function, with an error below 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26). */
export function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const series =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - series * Math.exp(-x * x));
}

// Each is 0 at 0, so that padding stays 0.
export const ACTIVATIONS = {
  relu: (h) => (h > 0 ? h : 0),
  elu: (h) => (h > 0 ? h : Math.expm1(h)),
  gelu: (h) => 0.5 * h * (1 + erf(h * Math.SQRT1_2)),
  silu: (h) => h / (1 + Math.exp(-h)),
  tanh: Math.tanh,
};

/** Compute values kernel^T + bias [rows, outputs]; kernel is [outputs, inputs], all padded. */
export function product(values, kernel, bias, rows, inputs, outputs) {
  const result = new Float32Array(rows * outputs);
  for (let i = 0; i < rows; i += 4) {
    const a0 = i * inputs, a1 = a0 + inputs, a2 = a1 + inputs, a3 = a2 + inputs;
    for (let j = 0; j < outputs; j += 4) {
      const b0 = j * inputs, b1 = b0 + inputs, b2 = b1 + inputs, b3 = b2 + inputs;
      let s00 = bias[j], s01 = bias[j + 1], s02 = bias[j + 2], s03 = bias[j + 3];
      let s10 = s00, s11 = s01, s12 = s02, s13 = s03;
      let s20 = s00, s21 = s01, s22 = s02, s23 = s03;
      let s30 = s00, s31 = s01, s32 = s02, s33 = s03;
      for (let k = 0; k < inputs; k++) {
        const v0 = values[a0 + k], v1 = values[a1 + k], v2 = values[a2 + k], v3 = values[a3 + k];
        const w0 = kernel[b0 + k], w1 = kernel[b1 + k], w2 = kernel[b2 + k], w3 = kernel[b3 + k];
        s00 += v0 * w0; s01 += v0 * w1; s02 += v0 * w2; s03 += v0 * w3;
        s10 += v1 * w0; s11 += v1 * w1; s12 += v1 * w2; s13 += v1 * w3;
        s20 += v2 * w0; s21 += v2 * w1; s22 += v2 * w2; s23 += v2 * w3;
        s30 += v3 * w0; s31 += v3 * w1; s32 += v3 * w2; s33 += v3 * w3;
      }
      const c0 = i * outputs + j, c1 = c0 + outputs, c2 = c1 + outputs, c3 = c2 + outputs;
      result[c0] = s00; result[c0 + 1] = s01; result[c0 + 2] = s02; result[c0 + 3] = s03;
      result[c1] = s10; result[c1 + 1] = s11; result[c1 + 2] = s12; result[c1 + 3] = s13;
      result[c2] = s20; result[c2 + 1] = s21; result[c2 + 2] = s22; result[c2 + 3] = s23;
      result[c3] = s30; result[c3 + 1] = s31; result[c3 + 2] = s32; result[c3 + 3] = s33;
    }
  }
  return result;
}

/** Compute the outputs of a layer [rows, outputs] for `values` [rows, inputs], all padded. */
export function affine(values, { kernel, bias, inputs, outputs }, rows) {
  return product(values, kernel, bias, rows, pad(inputs), pad(outputs));
}

/** Copy rows to rows of another width, filled with 0 or cut. */
export function copyRows(values, rows, from, to) {
  const result = new Float32Array(pad(rows) * to);
  const width = Math.min(from, to);
  for (let i = 0; i < rows; i++) result.set(values.subarray(i * from, i * from + width), i * to);
  return result;
}

/** Compute the input of the last layer of a network, [rows, width], padded. */
export function lastHidden(network, activation, values, rows) {
  const activate = ACTIVATIONS[activation];
  const { inputs } = network[0];
  let h = copyRows(values, rows, inputs, pad(inputs));
  for (const layer of network.slice(0, -1)) {
    h = affine(h, layer, pad(rows));
    for (let i = 0; i < h.length; i++) h[i] = activate(h[i]);
  }
  return h;
}

/** Compute the outputs [rows, outputs] of a network from `values` [rows, inputs]. */
export function forward(network, activation, values, rows) {
  const last = network.at(-1);
  const h = lastHidden(network, activation, values, rows);
  const outputs = affine(h, last, pad(rows));
  return copyRows(outputs, rows, pad(last.outputs), last.outputs).subarray(0, rows * last.outputs);
}
