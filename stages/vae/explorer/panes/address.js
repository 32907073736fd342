// The state in the address, so that a reload and the browser's Back keep it.

import { COUNTS } from "../core/model.js";
import { classes, images, latentDim, model } from "./data.js";
import { SAVED } from "./state.js";
import { packStrokes, unpackStrokes } from "./strokes.js";

const WAIT = 300; // milliseconds without a change, after which the address is written

const numbers = (text, length) => {
  const values = (text ?? "").split(",").map(Number);
  return text && values.length === length && values.every(Number.isFinite) ? values : null;
};
/** Return a whole number from `least` to `most`, or else a default. */
function integer(text, least, most, otherwise) {
  const value = Number(text ?? NaN);
  return Number.isInteger(value) && value >= least && value <= most ? value : otherwise;
}
const short = (values) => Array.from(values, (value) => Number(value.toFixed(4))).join(",");

/** Write the saved part of a state as text; what is as in the beginning is left out. */
export function writeAddress(state) {
  const { step, image, pinned, view, samples, beta, manifold, chosenClass, second } = state;
  const fields = {
    step,
    image: image?.index,
    drawing: image?.strokes && packStrokes(image.strokes),
    z: pinned && short(pinned),
    view: view && short([view.x, view.y, view.radius]),
    samples,
    beta,
    manifold: manifold ? 1 : null,
    class: chosenClass,
    second,
  };
  const initial = { ...SAVED, image: 0 };
  const kept = Object.entries(fields).filter(([key, value]) => value != null && value !== initial[key]);
  return kept.map(([key, value]) => `${key}=${value}`).join("&");
}

/** Read the saved part of a state; what is missing or makes no sense is as in the beginning. */
export function readAddress(text) {
  const fields = Object.fromEntries(new URLSearchParams(text));
  const z = model && numbers(fields.z, latentDim);
  const view = numbers(fields.view, 3);
  const beta = Number(fields.beta);
  const index = integer(fields.image, 0, images.length - 1, 0);
  return {
    step: integer(fields.step, 1, 7, SAVED.step),
    image: "drawing" in fields ? { strokes: unpackStrokes(fields.drawing) } : { index },
    pinned: z && Float64Array.from(z),
    view: view && view[2] > 0 ? { x: view[0], y: view[1], radius: view[2] } : null,
    samples: COUNTS.includes(Number(fields.samples)) ? Number(fields.samples) : SAVED.samples,
    beta: beta >= 0.1 && beta <= 10 ? beta : SAVED.beta,
    manifold: fields.manifold === "1",
    chosenClass: integer(fields.class, 0, classes.length - 1, null),
    second: integer(fields.second, 0, images.length - 1, SAVED.second),
  };
}

/** Write the address when the state changes; a new step or image is a new entry for Back. */
export function watchAddress({ state, update }) {
  const read = () => readAddress(location.hash.slice(1));
  let entry, timer;
  update(read());
  const parts = ({ step, image }) => JSON.stringify([step, image]);
  entry = parts(state);
  function write() {
    clearTimeout(timer);
    const text = `#${writeAddress(state)}`;
    if (text === (location.hash || "#")) return;
    history[parts(state) === entry ? "replaceState" : "pushState"](null, "", text);
    entry = parts(state);
  }
  addEventListener("popstate", () => {
    clearTimeout(timer);
    update(read());
    entry = parts(state);
  });
  function render(_, keys) {
    clearTimeout(timer);
    timer = setTimeout(write, keys.has("step") ? 0 : WAIT);
  }
  return { watches: Object.keys(SAVED), render };
}
