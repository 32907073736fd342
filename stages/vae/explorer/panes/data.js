// The data of the page: the model, the test images, the dimensions and points of the plane.

import { LIKELIHOODS, makeLikelihood } from "../core/likelihoods.js";
import { makeRandom } from "../core/mathematics.js";
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
/** Return the name of a latent dimension. */
export const axisName = (d) => `z${String(d + 1).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit])}`;
export const onPlane = (z) => (single ? [z[0], 0] : shown.map((dimension) => z[dimension]));

/** Return the number and, if it is known, the class name of a test image. */
export function nameOf(index) {
  const name = description.class_names[data.labels[index]];
  return name === undefined ? String(index + 1) : `${index + 1}: ${name}`;
}

/** The classes that the plane distinguishes: none if there are too many for it. */
export const classes = description.class_names.length <= 20 ? description.class_names : [];
/** A color per class, by its position; later classes have those of the first again. */
export const classColor = (label) => `class-${label % 10}`;
export const signed = (value) => value.toFixed(2).replace("-", "−");
export const nats = (value) => `${signed(value)} nats`;

export const problem = findProblem();
export const prior =
  data.prior && makePrior(readFloats(data.prior.loc), readFloats(data.prior.scale), latentDim);
export const model = problem ? null : readModel(data, prior);
export const likelihood = model && makeLikelihood(model);
export const images = readImages(data.images, data.labels.length);
export const suits = model && likelihood.binary === description.binary;

const coordinates = readFloats(data.points);
const onShown = (values) => shown.map((d) => values[d]);
/** The prior in the plane, or the distribution of the points if the prior is unknown. */
export const planePrior = prior
  ? { mean: onShown(prior.mean), deviation: onShown(prior.deviation), extent: onShown(prior.extent) }
  : makePrior(coordinates, coordinates.map(() => 0), shown.length);
export const points = readPoints(coordinates, readBytes(data.point_labels));

/** Return {x, y, label} of points; with a single dimension, classes are in rows. */
export function readPoints(coordinates, allLabels, dim = latentDim) {
  const { uniform } = makeRandom(0);
  const share = (label) => (label + 0.1 + 0.8 * uniform()) / (classes.length || 1);
  const labels = allLabels.map((label) => (classes.length ? label : 0));
  return Array.from(labels, (label, i) =>
    dim === 1
      ? { label, x: coordinates[i], y: planePrior.deviation[0] * (3.8 - 7.6 * share(label)) }
      : { label, x: coordinates[2 * i], y: coordinates[2 * i + 1] },
  );
}

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

/** Read images, [pixels] each, which are packed as bits if they are binary. */
function readImages(text, count) {
  const bytes = readBytes(text);
  const pixel = description.binary
    ? (n, i) => (bytes[n * Math.ceil(size / 8) + (i >> 3)] >> (7 - (i & 7))) & 1
    : (n, i) => bytes[n * size + i] / 255;
  const image = (n) => Float32Array.from({ length: size }, (_, i) => pixel(n, i));
  return Array.from({ length: count }, (_, n) => image(n));
}

export const trainingLabels = readBytes(data.training_labels);

/** Return the pixels of the images to train on, as bytes [count * pixels]. */
export function trainingImages() {
  const all = readImages(data.training_images, trainingLabels.length);
  const result = new Uint8Array(all.length * size);
  all.forEach((image, n) => result.set(image.map((value) => (description.binary ? value : 255 * value)), n * size));
  return result;
}

/** Compute images E[x|z] for rows of z. */
export function decodeImages(rows) {
  const flat = Float32Array.from(rows.flatMap((row) => [...row]));
  const outputs = decode(model, flat, rows.length).map(likelihood.mean);
  return rows.map((_, i) => outputs.subarray(i * size, (i + 1) * size));
}
