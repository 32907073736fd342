// The data of the page: the model, the test images, and the dimensions of the plane.

import { LIKELIHOODS, makeLikelihood } from "../core/likelihoods.js";
import { decode, readModel } from "../core/model.js";
import { ACTIVATIONS } from "../core/network.js";
import { readBytes, readFloats } from "../core/packing.js";
import { makePrior } from "../core/prior.js";
import { $ } from "./dom.js";

export const data = JSON.parse($("data").textContent);
export const description = data.description;
export const shape = description.image_shape;
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

/** Return the number and, if it is known, the class name of a test image. */
export function nameOf(index) {
  const name = description.class_names[data.labels[index]];
  return name === undefined ? String(index + 1) : `${index + 1}: ${name}`;
}

/** The classes that the plane distinguishes: none if there are too many for it. */
export const classes = description.class_names.length <= 20 ? description.class_names : [];
export const signed = (value) => value.toFixed(2).replace("-", "−");
export const nats = (value) => `${signed(value)} nats`;

export const problem = findProblem();
export const prior =
  data.prior && makePrior(readFloats(data.prior.loc), readFloats(data.prior.scale), latentDim);
export const model = problem ? null : readModel(data, prior);
export const likelihood = model && makeLikelihood(model);
export const images = readImages();

/** Return the reason why this page cannot run the model, or an empty text. */
function findProblem() {
  const { activation, likelihood, prior } = description.model;
  const unknown = (part) => `This page does not know the ${part}.`;
  if (!(activation in ACTIVATIONS)) return unknown(`activation ${activation}`);
  if (!(likelihood in LIKELIHOODS)) return unknown(`likelihood ${likelihood}`);
  if (!data.prior) return unknown(`prior ${prior}`);
  if (data.weights) return "";
  return `The model has ${data.num_weights.toLocaleString("en")} weights, more than this page can hold.`;
}

/** Read the test images, [pixels] each, which are packed as bits if they are binary. */
function readImages() {
  const bytes = readBytes(data.images);
  const pixel = description.binary
    ? (n, i) => (bytes[n * Math.ceil(size / 8) + (i >> 3)] >> (7 - (i & 7))) & 1
    : (n, i) => bytes[n * size + i] / 255;
  return data.labels.map((_, n) => Float32Array.from({ length: size }, (_, i) => pixel(n, i)));
}

/** Compute images E[x|z] for rows of z. */
export function decodeImages(rows) {
  const flat = Float32Array.from(rows.flatMap((row) => [...row]));
  const outputs = decode(model, flat, rows.length).map(likelihood.mean);
  return rows.map((_, i) => outputs.subarray(i * size, (i + 1) * size));
}
