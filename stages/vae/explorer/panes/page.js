// The entry point of the page.

import { readFloats } from "../core/packing.js";
import { watchAddress } from "./address.js";
import { makeBounds } from "./bounds.js";
import { makeClient } from "./client.js";
import { data, description } from "./data.js";
import { makeDecoding, makePriorSamples } from "./decoding.js";
import { $, make, on } from "./dom.js";
import { makeGallery, makePad } from "./pad.js";
import { savePicture } from "./picture.js";
import { makeInset, makePlane } from "./plane.js";
import { makeClasses, makeZoom, offerModels, writeTexts } from "./controls.js";
import { makeRace } from "./race.js";
import { INITIAL, derive } from "./state.js";
import { makeStore } from "./store.js";
import { makeStory } from "./story.js";
import { makeTraining } from "./training.js";

export const store = makeStore(INITIAL, derive);

function save(name, ...parts) {
  const href = URL.createObjectURL(new Blob(parts, { type: "application/octet-stream" }));
  make("a", { href, download: name }).click();
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
  const draw = () => update({ layout: state.layout + 1 });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  for (const id of ["plane", "inset"]) new ResizeObserver(draw).observe($(id));
}

const client = makeClient(store);
const panes = [makeBounds, makeClasses, makeDecoding, makeGallery, makePad, makePlane, makePriorSamples];
panes.push(makeStory, makeTraining, makeZoom, watchAddress);
store.add(client, makeRace(store, client), ...panes.map((makePane) => makePane(store)));
store.add(...["inset", "race-inset"].map((id) => makeInset(store, $(id))));
writeTexts();
offerModels(store);
watchLayout(store);
on("save", "click", saveModel);
on("save-picture", "click", () => savePicture(store.state, save));
