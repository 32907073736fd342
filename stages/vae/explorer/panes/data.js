// What the page's data hold: the model, the test images, and the dimensions of the plane.

import { makeLikelihood } from "../core/likelihoods.js";
import { decode, readModel, unknownPart } from "../core/model.js";
import { readBytes, readFloats } from "../core/packing.js";
import { makePrior } from "../core/prior.js";
import { $ } from "./dom.js";

export const data = JSON.parse($("data").textContent);
export const shape = data.image_shape;
const size = shape[0] * shape[1];

/** The latent dimensions, the most informative first. */
export const order = data.rate_by_dimension
  .map((rate, dimension) => ({ rate, dimension }))
  .sort((a, b) => b.rate - a.rate);
export const latentDim = order.length;
export const single = latentDim === 1;
/** The two dimensions of the plane, in their own order. */
export const shown = order.slice(0, 2).map(({ dimension }) => dimension).sort((a, b) => a - b);
export const onPlane = (z) => (single ? [z[0], 0] : shown.map((dimension) => z[dimension]));

export const signed = (value) => value.toFixed(2).replace("-", "−");
export const nats = (value) => `${signed(value)} nats`;

/** Why this page cannot run the model, or nothing. */
export const problem = findProblem();
export const prior =
  data.prior && makePrior(readFloats(data.prior.loc), readFloats(data.prior.scale), latentDim);
export const model = problem ? null : readModel(data, prior);
export const likelihood = model && makeLikelihood(model);
export const images = readImages();

function findProblem() {
  const unknown = unknownPart(data);
  if (unknown) return `This page does not know ${unknown}.`;
  if (data.weights) return "";
  return `The model has ${data.num_weights.toLocaleString("en")} weights, more than this page holds.`;
}

/** Test images, [pixels] each: packed as bits where all pixels are 0 or 1. */
function readImages() {
  const bytes = readBytes(data.images);
  const stride = data.binary ? Math.ceil(size / 8) : size;
  return data.labels.map((_, n) =>
    Float32Array.from({ length: size }, (_, i) =>
      data.binary
        ? (bytes[n * stride + (i >> 3)] >> (7 - (i & 7))) & 1
        : bytes[n * stride + i] / 255,
    ),
  );
}

/** E[x|z] of rows of z, as images. */
export function decodeImages(rows) {
  const flat = Float32Array.from(rows.flatMap((row) => Array.from(row)));
  const outputs = decode(model, flat, rows.length).map(likelihood.mean);
  return rows.map((_, i) => outputs.subarray(i * size, (i + 1) * size));
}
