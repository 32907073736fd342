// The page: where it starts.

import { writeSafetensors } from "../core/packing.js";
import { startBetween } from "./between.js";
import { data, problem } from "./data.js";
import { $, make, on } from "./dom.js";
import { startImage } from "./image.js";
import { startDecoding, startPlane } from "./latent_space.js";

function save() {
  const href = URL.createObjectURL(writeSafetensors(data.weights));
  make("a", { href, download: "model.safetensors" }).click();
  setTimeout(() => URL.revokeObjectURL(href), 1000);
}

function startWeights() {
  $("weights-text").textContent =
    `${data.num_weights.toLocaleString("en")} numbers, rounded to 16 significant bits, as this page ` +
    "uses them. docs/weights.md says how to run them.";
  $("weights-section").hidden = !data.all_weights;
  on("save", "click", save);
}

function showProblem() {
  $("problem").textContent = `${problem} Only the plane is shown.`;
  $("problem").hidden = false;
  const idle = ["decoding", "zoom-posterior", "image-section", "between-section", "weights-section"];
  for (const id of idle) $(id).hidden = true;
}

$("about").textContent = data.about;
startPlane();
if (problem) {
  showProblem();
} else {
  startDecoding();
  startBetween();
  startImage();
  startWeights();
}
