// The straight line in latent space between two images.

import { encode } from "../core/model.js";
import { data, decodeImages, images, model, onPlane, shape } from "./data.js";
import { $, drawImages, on } from "./dom.js";
import { moveTo, plane } from "./latent_space.js";

let start = null; // the posterior mean of the image above

/** Show images along the way from `loc` to the second image. */
export function showWay(loc) {
  start = loc;
  const second = Number($("second").value);
  $("second-text").textContent = `${second + 1}: ${data.class_names[data.labels[second]]}`;
  $("way-text").textContent = `${$("way").value} %`;
  const { loc: end } = encode(model, images[second]);
  const at = (share) => start.map((value, d) => value + share * (end[d] - value));
  const rows = Array.from({ length: 9 }, (_, i) => at(i / 8));
  drawImages($("between"), decodeImages(rows), shape, 9);
  return { end, z: at(Number($("way").value) / 100) };
}

/** Show the way on the plane, too, once a slider is touched. */
function follow() {
  const { end, z } = showWay(start);
  plane.set({ path: [onPlane(start), onPlane(end)] });
  moveTo(z);
}

export function startBetween() {
  $("second").max = images.length - 1;
  on("second", "input", follow);
  on("way", "input", follow);
}
