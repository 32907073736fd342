// The worker: the bounds of an image, and log p(x) once the grid is decoded.
// It gets {model, numSamples, hasGrid}, then {x} for each image; it sends {progress}, and terms.

import { makeLikelihood } from "./likelihoods.js";
import { drawMirrored, logSumExp } from "./mathematics.js";
import { terms } from "./model.js";
import { affine, lastHidden, pad } from "./network.js";
import { logPrior, makeAxis } from "./prior.js";

const CHUNK = 256; // points decoded between two looks at the messages
let model, likelihood, last, noise, grid;

/** Decode all points of the grid, a chunk at a time; z_1 runs fastest. */
function startGrid() {
  const axes = Array.from({ length: model.latentDim }, (_, d) => makeAxis(model.prior, d));
  const total = axes.reduce((product, { z }) => product * z.length, 1);
  grid = {
    axes,
    done: 0,
    total,
    hidden: new Float32Array(total * pad(last.inputs)),
    normalizer: new Float64Array(total),
    logMass: new Float64Array(total),
    logWeight: new Float64Array(total),
  };
  decodeChunk();
}

function decodeChunk() {
  const { axes, hidden, normalizer, logMass, logWeight, done, total } = grid;
  const rows = Math.min(CHUNK, total - done);
  const z = new Float32Array(rows * axes.length);
  for (let i = 0; i < rows; i++) {
    const point = z.subarray(i * axes.length, (i + 1) * axes.length);
    axes.forEach((axis, d) => {
      const position = Math.floor((done + i) / axis.z.length ** d) % axis.z.length;
      point[d] = axis.z[position];
      logWeight[done + i] += axis.logWeight[position];
    });
    logMass[done + i] = logPrior(model.prior, point) + logWeight[done + i];
  }
  const h = lastHidden(model.decoder, model.activation, z, rows);
  const outputs = affine(h, last, pad(rows));
  const width = pad(last.inputs);
  hidden.set(h.subarray(0, rows * width), done * width);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0, k = i * pad(last.outputs); j < last.outputs; j++, k++) {
      sum += likelihood.normalizer(outputs[k]);
    }
    normalizer[done + i] = sum;
  }
  grid.done += rows;
  postMessage({ progress: grid.done / total });
  if (grid.done < total) setTimeout(decodeChunk);
}

/** log p(x, z) + log of the weight at each point; x . output is linear in `hidden`. */
function logJoint(x) {
  const { hidden, normalizer, logMass, total } = grid;
  const { factor, ofImage } = likelihood;
  const width = pad(last.inputs);
  const direction = new Float64Array(width);
  let offset = -ofImage(x);
  for (let j = 0; j < x.length; j++) {
    if (x[j] === 0) continue;
    offset += factor * x[j] * last.bias[j];
    for (let i = 0; i < width; i++) direction[i] += factor * x[j] * last.kernel[j * width + i];
  }
  const result = new Float64Array(total);
  for (let n = 0; n < total; n++) {
    let sum = 0;
    for (let i = 0, k = n * width; i < width; i++, k++) sum += direction[i] * hidden[k];
    result[n] = sum + offset - normalizer[n] + logMass[n];
  }
  return result;
}

/** log p(x), and log p(z|x), a density, at each point. */
function integrate(x) {
  const joint = logJoint(x);
  const logEvidence = logSumExp(joint);
  const logPosterior = Float32Array.from(joint, (value, i) => value - logEvidence - grid.logWeight[i]);
  return { logEvidence, logPosterior };
}

onmessage = ({ data }) => {
  if (data.model) {
    model = data.model;
    likelihood = makeLikelihood(model);
    last = model.decoder[model.decoder.length - 1];
    noise = drawMirrored(1, data.numSamples, model.latentDim);
    if (data.hasGrid) startGrid();
    return;
  }
  const complete = grid && grid.done === grid.total;
  postMessage({ ...terms(model, data.x, noise), ...(complete ? integrate(data.x) : {}) });
};
