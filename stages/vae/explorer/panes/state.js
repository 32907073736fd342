// What the state is made of, and what follows from a change of it.

import { encode } from "../core/model.js";
import { images, model, modelIndex, onPlane, prior } from "./data.js";
import { observe } from "./strokes.js";
import { contains, cornersOf, gridPoints, viewOf, wholeView } from "./view.js";

const MARGIN = 6; // nats below the mode of p(z|x), up to which the inset shows it

/** The part of the state that is in the address, and so survives a reload. */
export const SAVED = {
  model: modelIndex, // another one is shown by loading the page again
  step: 1, // of the story
  image: { index: 0 }, // or {strokes}, of a drawing
  pinned: null, // z, if the reader has chosen one; otherwise it is the mean of q(z|x)
  view: null, // of the plane: {x, y, radius}, or null for all of it
  samples: 50, // K of the importance-weighted bound
  beta: 1, // of the training
  manifold: false, // whether decoded images are behind the plane
};

export const INITIAL = {
  ...SAVED,
  image: null,
  chosenClass: null,
  hover: null, // z under the pointer
  pen: null, // {position, isDown} on the pad, if keys move it
  x: null, // pixels that the encoder sees; null if there is no ink
  posterior: null, // {loc, scale} of q(z|x)
  inset: wholeView, // the view that follows q(z|x)
  terms: null, // the worker's answer
  race: {}, // {elbos, loc, scale, finished} by its start
  drawn: [], // samples of the prior
  training: null, // the worker's last report
  playing: false, // whether it trains
  trainedZ: [0, 0], // the z that its model decodes
  layout: 0, // changes with the layout and the color scheme
};

/** Return the z that is decoded. */
export const zOf = ({ hover, pinned, posterior }) => pinned ?? hover ?? posterior?.loc ?? prior.mean;

/** Return what follows from changes: a new image has no old numbers, marks or pinned z. */
export function derive(state, { image, terms, pinned = null, view }) {
  const { inset, posterior } = state;
  if (terms?.logPosterior) {
    const mass = gridPoints.filter((_, n) => terms.logPosterior[n] > terms.most - MARGIN);
    return { inset: viewOf([...cornersOf(posterior), ...mass.map(onPlane)]) };
  }
  if (!image) return {};
  const x = "index" in image ? images[image.index].slice() : observe(image.strokes);
  const fresh = { x, posterior: x && encode(model, x), terms: null, race: {}, hover: null, pinned };
  if (!x) return fresh;
  const corners = cornersOf(fresh.posterior);
  const wanted = viewOf(corners);
  const stays = contains(inset, corners) && inset.radius < 4 * wanted.radius;
  const next = { ...fresh, inset: stays ? inset : wanted };
  if (view !== undefined || !state.view || contains(state.view, corners)) return next;
  return { ...next, view: { ...wanted, radius: Math.max(wanted.radius, state.view.radius) } };
}
