"use strict";
// A worker: bounds of an image, and log p(x) once the grid is decoded.
// In: {model, numSamples, hasGrid}, then {x} for each image. Out: {progress}, and terms.

const CHUNK = 256; // points decoded between two looks at the messages
let model, noise, grid, axes;

/** Decode all points of the grid, a chunk at a time. */
function startGrid() {
  const points = GRID_POINTS[model.latentDim];
  const total = points ** model.latentDim;
  const last = model.decoder[model.decoder.length - 1];
  axes = Array.from({ length: model.latentDim }, (_, d) => makeAxis(model.prior, d));
  grid = {
    done: 0,
    total,
    hidden: new Float32Array(total * pad(last.inputs)),
    normaliser: new Float64Array(total),
    logMass: new Float64Array(total),
    logWeight: new Float64Array(total),
  };
  decodeChunk();
}

/** Places along the axes of a point: z_1 first, which runs fastest. */
function placesOf(index) {
  const points = GRID_POINTS[model.latentDim];
  return model.latentDim === 1 ? [index] : [index % points, Math.floor(index / points)];
}

function decodeChunk() {
  const { hidden, normaliser, logMass, logWeight, done, total } = grid;
  const rows = Math.min(CHUNK, total - done);
  const last = model.decoder[model.decoder.length - 1];
  const z = new Float32Array(rows * model.latentDim);
  for (let i = 0; i < rows; i++) {
    const point = z.subarray(i * model.latentDim, (i + 1) * model.latentDim);
    placesOf(done + i).forEach((place, d) => {
      point[d] = axes[d].z[place];
      logWeight[done + i] += axes[d].logWeight[place];
    });
    logMass[done + i] = logPrior(model.prior, point) + logWeight[done + i];
  }
  const h = lastHidden(model.decoder, model.activation, z, rows);
  const outputs = affine(h, last, pad(rows));
  const width = pad(last.inputs);
  const likelihood = makeLikelihood(model);
  hidden.set(h.subarray(0, rows * width), done * width);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0, k = i * pad(last.outputs); j < last.outputs; j++, k++) {
      sum += likelihood.normaliser(outputs[k]);
    }
    normaliser[done + i] = sum;
  }
  grid.done += rows;
  postMessage({ progress: grid.done / total });
  if (grid.done < total) setTimeout(decodeChunk);
}

/** log p(x, z) + log of the weight at each point; x . output is linear in `hidden`. */
function logJoint(x) {
  const { hidden, normaliser, logMass, total } = grid;
  const last = model.decoder[model.decoder.length - 1];
  const width = pad(last.inputs);
  const { factor, ofImage } = makeLikelihood(model);
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
    result[n] = sum + offset - normaliser[n] + logMass[n];
  }
  return result;
}

/** log p(x), and log p(z|x), a density, at each point. */
function integrate(x) {
  const joint = logJoint(x);
  const logEvidence = logSumExp(joint);
  const logPosterior = new Float32Array(joint.length);
  for (let i = 0; i < joint.length; i++) {
    logPosterior[i] = joint[i] - logEvidence - grid.logWeight[i];
  }
  return { logEvidence, logPosterior };
}

onmessage = ({ data }) => {
  if (data.model) {
    model = data.model;
    noise = drawMirrored(1, data.numSamples, model.latentDim);
    if (data.hasGrid) startGrid();
    return;
  }
  const { x } = data;
  const complete = grid && grid.done === grid.total;
  postMessage({ ...terms(model, x, noise), ...(complete ? integrate(x) : {}) });
};
