// The entry point of the page.

import { readFloats } from "../core/packing.js";
import { data, description, problem } from "./data.js";
import { $, make, on } from "./dom.js";
import { startImage } from "./image.js";
import { startDecoding, startPlane } from "./latent_space.js";

function save(download, ...parts) {
  const href = URL.createObjectURL(new Blob(parts, { type: "application/octet-stream" }));
  make("a", { href, download }).click();
  setTimeout(() => URL.revokeObjectURL(href), 1000);
}

/** Save the model as safetensors (length of the header, header, values) and JSON. */
function saveModel() {
  const { header, values } = data.weights;
  const length = new BigUint64Array([BigInt(header.length)]);
  save("model.safetensors", length, header, readFloats(values));
  save("model.json", `${JSON.stringify(description, null, 2)}\n`);
}

$("about").textContent = data.about;
document.documentElement.classList.toggle("bright", !data.is_ink);
startPlane();
if (problem) {
  $("problem").prepend(problem);
  $("problem").hidden = false;
  for (const element of document.querySelectorAll(".decodes")) element.hidden = true;
} else {
  startDecoding();
  startImage();
  $("num-weights").textContent = data.num_weights.toLocaleString("en");
  $("weights-section").hidden = !data.all_weights;
  on("save", "click", saveModel);
}
