// The worker that computes bounds, the grid and the race, and what it may compute.

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
  const { kernel, bias } = model.decoder.at(-1);
  const width = kernel.length / bias.length;
  if (width * GRID_POINTS[latentDim] ** latentDim <= 1e8) return "";
  return `The last hidden layer has ${width} units, too many to store for each point of a grid.`;
}

export const hasGrid = !reasonWithoutGrid();

/** Make the pane that sends images to the worker and brings its answers into the state. */
export function makeClient({ state, update }) {
  let sent, last = 0; // the image, and its id
  const worker = startWorker(({ type, id, start, ...found }) => {
    if (id !== last || state.x !== sent) return;
    if (type === "terms") update({ terms: found });
    else update({ race: { ...state.race, [start]: found } });
  });
  worker.postMessage({ type: "model", model, hasGrid });
  return {
    watches: ["x"],
    render: ({ x }) => worker.postMessage({ type: "image", id: ++last, x: (sent = x) }),
    race: (start, loc) => worker.postMessage({ type: "race", id: last, x: state.x, start, loc }),
  };
}
