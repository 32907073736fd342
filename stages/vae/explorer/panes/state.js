// What the state is made of, and what follows from a change of it.

import { encode } from "../core/model.js";
import { boxView, contains, posteriorBox, truthBox, wholeView } from "./view.js";
import { images, latentDim, model, onPlane, prior } from "./data.js";
import { prefersStillness } from "./dom.js";
import { observe } from "./strokes.js";

/** The part of the state that is in the address, and so survives a reload. */
export const SAVED = {
  step: 1, // of the story
  image: { index: 0 }, // or {strokes}, of a drawing
  pinned: null, // z, if the reader has chosen one; otherwise it is the mean of q(z|x)
  view: null, // of the plane: {x, y, radius}, or null for all of it
  samples: 50, // K of the importance-weighted bound
  beta: 1, // of the training
  manifold: false, // whether decoded images are behind the plane
  chosenClass: null,
  second: 1, // image to which is interpolated
};

export const INITIAL = {
  ...SAVED,
  image: null,
  hover: null, // z under the pointer
  x: null, // pixels that the encoder sees; null if there is no ink
  posterior: null, // {loc, scale} of q(z|x)
  inset: wholeView, // the view that follows q(z|x)
  terms: null, // the worker's answer
  progress: 0, // of the grid
  race: {}, // {elbos, loc, scale, finished} by its start
  drawn: [], // samples of the prior
  path: null, // of the interpolation
  training: null,
  scheme: "",
  size: 0, // changes when the layout does
};

/** Return the z that is decoded. */
export const zOf = ({ hover, pinned, posterior }) => pinned ?? hover ?? posterior?.loc ?? prior.mean;

/** Return the races to draw, by start; only results where the reader prefers no motion. */
export const racesOf = ({ race }) =>
  Object.entries(race).filter(([, { finished }]) => finished || !prefersStillness());

/** Return what follows from changes: a new image has no old numbers, marks or pinned z. */
export function derive(state, changes) {
  if (changes.terms?.logPosterior) {
    const boxes = [posteriorBox(state.posterior), truthBox(changes.terms)];
    return { inset: boxView(...boxes) };
  }
  if (!changes.image || !model) return {};
  const x = "index" in changes.image ? images[changes.image.index] : observe(changes.image.strokes);
  const posterior = x && encode(model, x);
  const fresh = { x, posterior, terms: null, race: {}, hover: null, path: null, pinned: changes.pinned ?? null };
  return posterior ? { ...fresh, ...follow(state, changes, posterior) } : fresh;
}

/** Move the views so that q(z|x) is in them. */
function follow({ view, inset }, changes, posterior) {
  const box = posteriorBox(posterior);
  const wanted = boxView(box);
  const [x, y] = onPlane(posterior.loc);
  const current = "view" in changes ? changes.view : view;
  return {
    inset: contains(inset, box) && inset.radius < 4 * wanted.radius ? inset : wanted,
    view: current && !("view" in changes) && !contains(current, [x, x, y, y]) ? { ...current, x, y } : current,
  };
}

/** Return z with other values in the plane. */
export const withPoint = (z, point, shown) =>
  Float64Array.from({ length: latentDim }, (_, d) => point[shown.indexOf(d)] ?? z[d]);
