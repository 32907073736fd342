// The entry point of the page.

import { readFloats } from "../core/packing.js";
import { watchAddress } from "./address.js";
import { makeBounds } from "./bounds.js";
import { makeClient } from "./client.js";
import { data, description, problem, suits } from "./data.js";
import { makeDecoding, makePriorSamples } from "./decoding.js";
import { $, make, on, oncePerFrame } from "./dom.js";
import { makeGallery, makeInterpolation, makePosteriorSamples } from "./gallery.js";
import { makePad } from "./pad.js";
import { savePicture } from "./picture.js";
import { makeInset, makePlane } from "./plane.js";
import { makeClasses, makeZoom, startTexts } from "./controls.js";
import { makeRace } from "./race.js";
import { INITIAL, derive } from "./state.js";
import { makeStore } from "./store.js";
import { makeStory } from "./story.js";
import { makeTraining } from "./training.js";

export const store = makeStore(INITIAL, derive);

function save(name, ...parts) {
  const href = URL.createObjectURL(new Blob(parts, { type: "application/octet-stream" }));
  make("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 1000);
}

/** Save the model as safetensors (length of the header, header, values) and JSON. */
function saveModel() {
  const { header, values } = data.weights;
  const length = new BigUint64Array([BigInt(header.length)]);
  save("model.safetensors", length, header, readFloats(values));
  save("model.json", `${JSON.stringify(description, null, 2)}\n`);
}

/** Draw everything again if the color scheme or the layout changes. */
function watchLayout({ state, update }) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const setScheme = () => update({ scheme: dark.matches ? "dark" : "light" });
  dark.addEventListener("change", setScheme);
  setScheme();
  const resize = oncePerFrame(() => update({ size: state.size + 1 }));
  for (const id of ["plane", "inset", "gallery"]) new ResizeObserver(resize).observe($(id));
}

/** Add the panes that need the model. */
function startModel() {
  store.add(makePad(store));
  const client = makeClient(store);
  for (const id of ["inset", "race-inset"]) store.add(makeInset(store, $(id)));
  const panes = [makeDecoding, makePriorSamples, makeGallery, makePosteriorSamples, makeInterpolation];
  for (const makePane of [...panes, makeBounds, makeStory, makeTraining]) store.add(makePane(store));
  store.add(client);
  store.add(makeRace(store, client));
  $("pseudo").hidden = suits;
  $("num-weights").textContent = data.num_weights.toLocaleString("en");
  $("weights-section").hidden = !data.all_weights;
  on("save", "click", saveModel);
  on("save-picture", "click", () => savePicture(store.state, save));
}

function showProblem() {
  $("problem").prepend(problem);
  $("problem").hidden = false;
  for (const element of document.querySelectorAll(".decodes")) element.hidden = true;
}

document.documentElement.classList.toggle("bright", !data.is_ink);
startTexts();
store.add(watchAddress(store));
store.add(makePlane(store));
store.add(makeZoom(store));
store.add(makeClasses(store));
if (problem) showProblem();
else startModel();
watchLayout(store);
