// Decoding: the image E[x|z], a slider for each latent dimension, and samples from the prior.

import { makeRandom } from "../core/mathematics.js";
import { drawPrior } from "../core/prior.js";
import { axisName, data, decodeImages, latentDim, onPlane, order, prior, shape, signed } from "./data.js";
import { $, drawImages, make, on, setSlider } from "./dom.js";
import { zOf } from "./state.js";

/** Make the pane of the decoded image. */
export function makeDecoding({ state, update }) {
  const sliders = order.map((entry) => makeSlider(entry, state, update));
  on("release", "click", () => update({ pinned: null }));
  function render(now) {
    const z = zOf(now);
    drawImages($("decoded"), decodeImages([z]), shape, 1);
    const text = onPlane(z).slice(0, latentDim).map(signed).join(", ");
    $("z-text").textContent = latentDim > 2 ? `(${text}, …)` : `(${text})`;
    const values = data.factors?.values[now.image?.index] ?? [];
    $("factors").textContent = values.map((value, i) => `${data.factors.names[i]} ${value}`).join(", ");
    $("factors-part").hidden = !values.length;
    const mean = now.posterior ? "the mean of q(z|x)" : "the mean of the prior";
    $("z-source").textContent = now.pinned ? "chosen by you" : now.hover ? "under the pointer" : mean;
    $("release").disabled = !now.pinned;
    sliders.forEach((slider, i) => {
      const value = z[order[i].dimension];
      slider.previousSibling.textContent = signed(value);
      setSlider(slider, value, signed(value));
    });
  }
  return { watches: ["pinned", "hover", "posterior", "layout"], render };
}

function makeSlider({ rate, dimension }, state, update) {
  const [middle, unit] = [prior.mean[dimension], prior.deviation[dimension]];
  const [min, max] = [middle - 4 * unit, middle + 4 * unit];
  const name = axisName(dimension);
  const { informed_of: factor, information } = data.factors ?? {};
  const known = factor ? `, ${signed(information[dimension])} about ${factor[dimension]}` : "";
  const slider = make("input", { type: "range", min, max, step: unit / 100, ariaLabel: name });
  slider.addEventListener("input", () => {
    const values = Array.from(zOf(state), (value, d) => (d === dimension ? Number(slider.value) : value));
    update({ pinned: values });
  });
  $("dimensions").append(make("label", {}, `${name}, rate ${signed(rate)} nats${known}: `, make("output"), slider));
  return slider;
}

/** Make the pane of samples from the prior. */
export function makePriorSamples({ update }) {
  const random = makeRandom(100);
  on("sample", "click", () => {
    const drawn = Array.from({ length: 10 }, () => [...drawPrior(prior, random)]);
    update({ drawn, pinned: drawn[0] });
  });
  function render({ drawn }) {
    $("prior-samples").hidden = !drawn.length;
    if (drawn.length) drawImages($("prior-samples"), decodeImages(drawn), shape, 10);
  }
  return { watches: ["drawn", "layout"], render };
}
