// The worker that computes bounds, the grid and the race, and what it may compute.

import { pad } from "../core/network.js";
import { GRID_POINTS } from "../core/prior.js";
import { latentDim, model } from "./data.js";
import { $ } from "./dom.js";

/** Start a worker; `receive(message)` is called with what it sends. */
export function startWorker(receive) {
  const script = new Blob([$("worker").textContent], { type: "text/javascript" });
  const worker = new Worker(URL.createObjectURL(script));
  worker.onmessage = ({ data }) => receive(data);
  return worker;
}

/** Return the reason why log p(x) is not computed, or an empty text. */
export function reasonWithoutGrid() {
  if (!(latentDim in GRID_POINTS)) return `z has ${latentDim} dimensions, too many for quadrature on a grid.`;
  const width = pad(model.decoder.at(-1).inputs);
  const manyUnits = `The last hidden layer has ${width} units, too many to store for each point of a grid.`;
  return width * GRID_POINTS[latentDim] ** latentDim > 1e8 ? manyUnits : "";
}

export const hasGrid = Boolean(model) && !reasonWithoutGrid();

/** Make the pane that sends images to the worker and brings its answers into the state. */
export function makeClient({ state, update }) {
  let id = 0; // of the image
  const receivers = {
    progress: ({ progress }) => update({ progress }),
    terms: (terms) => terms.id === id && update({ terms }),
    race: (message) => message.id === id && update({ race: { ...state.race, ...extend(message) } }),
  };
  const extend = ({ start, elbo, ...rest }) => {
    const elbos = [...(state.race[start]?.elbos ?? []), elbo];
    return { [start]: { ...rest, elbo, elbos } };
  };
  const worker = startWorker((message) => receivers[message.type](message));
  worker.postMessage({ type: "model", model, hasGrid });
  return {
    watches: ["x"],
    render({ x }) {
      id += 1;
      worker.postMessage(x ? { type: "image", id, x } : { type: "stop" });
    },
    race: (start) => worker.postMessage({ type: "race", id, x: state.x, start }),
  };
}
