// The data of the page: the model, the test images, the dimensions and points of the plane.

import { LIKELIHOODS, makeLikelihood } from "../core/likelihoods.js";
import { makeRandom } from "../core/mathematics.js";
import { decode, readModel } from "../core/model.js";
import { readBytes, readFloats } from "../core/packing.js";
import { makePrior } from "../core/prior.js";
import { $ } from "./dom.js";

export const models = JSON.parse($("data").textContent);
const wanted = Number(/model(?:"|%22):(\d+)/.exec(location.hash)?.[1]);
/** The position of the model that the address names. */
export const modelIndex = wanted in models ? wanted : 0;
export const data = models[modelIndex];
export const description = data.description;
export const shape = description.image_shape;
const size = shape[0] * shape[1];

const known = description.model.likelihood in LIKELIHOODS;
if (!known || !data.weights) {
  const problem = known
    ? "The model has more weights than this page can hold."
    : `This page does not know the likelihood ${description.model.likelihood}.`;
  $("problem").textContent = problem;
  $("problem").hidden = false;
  throw new Error(problem); // the rest of the page needs a model
}

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
/** Return z with other values in the plane. */
export const withPoint = (z, point) => Array.from(z, (value, d) => point[shown.indexOf(d)] ?? value);

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

export const prior = makePrior(readFloats(data.prior.loc), readFloats(data.prior.scale), latentDim);
export const model = readModel(data, prior);
const likelihood = makeLikelihood(model);
export const images = readImages(data.images, data.labels.length);
export const trainingLabels = readBytes(data.training_labels);
export const readTrainingImages = () => readImages(data.training_images, trainingLabels.length);
export const points = readPoints(readFloats(data.points), readBytes(data.point_labels));

/** Return {x, y, label} of points; with a single dimension, classes are in rows. */
export function readPoints(coordinates, labels) {
  const { uniform } = makeRandom(0);
  const share = (label) => (label + 0.1 + 0.8 * uniform()) / (classes.length || 1);
  const dim = coordinates.length / labels.length;
  return Array.from(labels, (given, i) => {
    const label = classes.length ? given : 0;
    const x = coordinates[i * dim];
    const y = dim > 1 ? coordinates[i * dim + 1] : prior.deviation[0] * (3.8 - 7.6 * share(label));
    return { label, x, y };
  });
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

/** Compute images E[x|z] for rows of z. */
export function decodeImages(rows) {
  const means = decode(model, Float32Array.from(rows.flatMap((row) => [...row]))).map(likelihood.mean);
  return rows.map((_, i) => means.subarray(i * size, (i + 1) * size));
}
