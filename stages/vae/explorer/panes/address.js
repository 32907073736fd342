// The state in the address, as JSON, so that a reload or a bookmark keeps it.

import { images, latentDim, modelIndex, models } from "./data.js";
import { SAVED } from "./state.js";

const WAIT = 300; // milliseconds without a change, after which the address is written

/** Write the saved part of a state as text. */
export function writeAddress(state) {
  const saved = Object.fromEntries(Object.keys(SAVED).map((key) => [key, state[key]]));
  const round = (_, value) => (typeof value === "number" ? Number(value.toFixed(4)) : value);
  return JSON.stringify(saved, round);
}

/** Read the saved part of a state; what is missing, or of another model, is as in the beginning. */
function readAddress(text) {
  let read = {};
  try {
    read = JSON.parse(decodeURIComponent(text));
  } catch {} // no state
  const state = { ...SAVED, ...read };
  if (!models[state.model]) state.model = modelIndex;
  if (state.pinned?.length !== latentDim) state.pinned = null;
  if (!state.image?.strokes && !images[state.image?.index]) state.image = SAVED.image;
  return state;
}

/** Write the address when the state changes; a new step is a new entry for the browser's Back. */
export function watchAddress({ state, update }) {
  let step, timer;
  function read() {
    update(readAddress(location.hash.slice(1)));
    step = state.step;
  }
  read();
  addEventListener("hashchange", read);
  function write() {
    history[state.step === step ? "replaceState" : "pushState"](null, "", `#${writeAddress(state)}`);
    step = state.step;
  }
  function render(_, keys) {
    clearTimeout(timer);
    if (state.model === modelIndex) timer = setTimeout(write, keys.has("step") ? 0 : WAIT);
    else {
      write();
      location.reload();
    }
  }
  return { watches: Object.keys(SAVED), render };
}
