// The worker computes the bounds of an image, and log p(x) once the grid is decoded. It
// receives {model, numSamples, hasGrid}, then {x} per image; it sends {progress}, and terms.

import { makeLikelihood } from "./likelihoods.js";
import { drawMirrored, logSumExp, maximum } from "./mathematics.js";
import { terms } from "./model.js";
import { affine, lastHidden, pad } from "./network.js";
import { logPriors, makeAxis } from "./prior.js";

const CHUNK = 256; // points decoded between two checks for messages
let model, likelihood, last, noise, grid;

/** Decode all points of the grid, in chunks; z_1 varies fastest. */
function startGrid() {
  const axes = Array.from({ length: model.latentDim }, (_, d) => makeAxis(model.prior, d));
  const total = axes.reduce((product, { z }) => product * z.length, 1);
  const hidden = new Float32Array(total * pad(last.inputs));
  const [normalizer, logMass, logWeight] = [0, 1, 2].map(() => new Float64Array(total));
  grid = { axes, done: 0, total, hidden, normalizer, logMass, logWeight };
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
  }
  logPriors(model.prior, z, rows).forEach((value, i) => {
    logMass[done + i] = value + logWeight[done + i];
  });
  const h = lastHidden(model.decoder, model.activation, z, rows);
  hidden.set(h.subarray(0, rows * pad(last.inputs)), done * pad(last.inputs));
  const outputs = affine(h, last, pad(rows));
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

/** Compute log p(x), and the density log p(z|x) per point; x . output is linear in `hidden`. */
function integrate(x) {
  const { hidden, normalizer, logMass, logWeight, total } = grid;
  const { factor, ofImage } = likelihood;
  const width = pad(last.inputs);
  const direction = new Float64Array(width);
  let offset = -ofImage(x);
  for (let j = 0; j < x.length; j++) {
    if (x[j] === 0) continue;
    offset += factor * x[j] * last.bias[j];
    for (let i = 0; i < width; i++) direction[i] += factor * x[j] * last.kernel[j * width + i];
  }
  const joint = new Float64Array(total); // log p(x, z) + log weight
  for (let n = 0; n < total; n++) {
    let sum = 0;
    for (let i = 0, k = n * width; i < width; i++, k++) sum += direction[i] * hidden[k];
    joint[n] = sum + offset - normalizer[n] + logMass[n];
  }
  const logEvidence = logSumExp(joint);
  const logPosterior = Float32Array.from(joint, (value, i) => value - logEvidence - logWeight[i]);
  return { logEvidence, logPosterior, most: maximum(logPosterior) };
}

onmessage = ({ data }) => {
  if (data.model) {
    model = data.model;
    likelihood = makeLikelihood(model);
    last = model.decoder.at(-1);
    noise = drawMirrored(1, data.numSamples, model.latentDim);
    if (data.hasGrid) startGrid();
    return;
  }
  const evidence = grid && grid.done === grid.total && integrate(data.x);
  postMessage({ ...terms(model, data.x, noise), ...evidence });
};
