"use strict";
// The page: what is chosen, and what follows from it.

const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);
const NUM_SAMPLES = 500; // of q(z|x), for the bounds
const SAMPLE_COUNTS = [1, 2, 5, 10, 20, 50, 100, 250, 500];
const SHOWN_SAMPLES = 30; // dots on the plane
const shape = data.image_shape;
const size = shape[0] * shape[1];
const nats = (value) => `${value.toFixed(2)} nats`;
const signed = (value) => value.toFixed(2).replace("-", "−");

/** Why this page cannot run the model, or nothing. */
function problem() {
  const { activation, likelihood } = data.settings;
  if (!(activation in ACTIVATIONS)) return `This page does not know the activation ${activation}.`;
  if (!makeLikelihood({ likelihood, logScale: 0 })) {
    return `This page does not know the likelihood ${likelihood}.`;
  }
  if (!data.tensors.length) {
    return `The model has ${data.num_weights.toLocaleString("en")} weights, more than this page holds.`;
  }
  return "";
}

/** Test images, [pixels] each: packed as bits where all pixels are 0 or 1. */
function readImages() {
  const bytes = readBytes(data.images);
  const stride = data.binary ? Math.ceil(size / 8) : size;
  return data.labels.map((_, n) =>
    Float32Array.from({ length: size }, (_, i) =>
      data.binary
        ? (bytes[n * stride + (i >> 3)] >> (7 - (i & 7))) & 1
        : bytes[n * stride + i] / 255,
    ),
  );
}

const images = readImages();
const order = data.rate_by_dimension
  .map((rate, dimension) => ({ rate, dimension }))
  .sort((a, b) => b.rate - a.rate);
const single = order.length === 1;
// The two dimensions of the plane, in their own order.
const shown = order.slice(0, 2).map(({ dimension }) => dimension).sort((a, b) => a - b);
const latentDim = order.length;
const nameOf = (dimension) => `z${String(dimension + 1).replace(/\d/g, (d) => "₀₁₂₃₄₅₆₇₈₉"[d])}`;

const { mean, deviation, extent } = describePrior(
  readFloats(data.prior.loc),
  readFloats(data.prior.scale),
  latentDim,
);
const onShown = (values) => shown.map((d) => values[d]);
const shownPrior = { mean: onShown(mean), deviation: onShown(deviation), extent: onShown(extent) };

/** The dots; a single dimension has its classes one above the other. */
function readPoints() {
  const coordinates = readFloats(data.points);
  const labels = readBytes(data.point_labels);
  const { uniform } = makeRandom(0);
  const rows = data.class_names.length;
  return Array.from(labels, (label, i) =>
    single
      ? { label, x: coordinates[i], y: deviation[0] * (3.8 - (7.6 * (label + 0.1 + 0.8 * uniform())) / rows) }
      : { label, x: coordinates[2 * i], y: coordinates[2 * i + 1] },
  );
}

const onPlane = (z) => (single ? [z[0], 0] : shown.map((dimension) => z[dimension]));

function showClasses() {
  data.class_names.forEach((className, label) => {
    const button = document.createElement("button");
    const swatch = document.createElement("span");
    swatch.className = "swatch";
    swatch.style.background = `var(--class-${label % 10})`;
    button.append(swatch, className);
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      const chosen = button.getAttribute("aria-pressed") === "false";
      for (const other of $("classes").children) other.setAttribute("aria-pressed", "false");
      button.setAttribute("aria-pressed", String(chosen));
      plane.choose(chosen ? label : null);
    });
    $("classes").append(button);
  });
}

const plane = makePlane($("plane"), {
  points: readPoints(),
  single,
  prior: shownPrior,
  onMove: (x, y) => moveTo(Float64Array.from(z, (value, d) => {
    if (d === shown[0]) return x;
    return d === shown[1] ? y : value;
  })),
});

let model;
let likelihood;
let z = new Float64Array(latentDim); // that is decoded
let current = null; // {x, loc, scale} of the image
let worker;
let asked = null; // what the worker looks at
let answer = null; // the worker's, of the current image
let sliders = [];

/** E[x|z] of rows of z, as images. */
function decodeImages(rows) {
  const flat = Float32Array.from(rows.flatMap((row) => Array.from(row)));
  const outputs = decode(model, flat, rows.length).map(likelihood.mean);
  return rows.map((_, i) => outputs.subarray(i * size, (i + 1) * size));
}

// The latent space.

function moveTo(place) {
  z = place;
  if (!model) return;
  drawImages($("decoded"), decodeImages([z]), shape, 1);
  const text = onPlane(z).slice(0, single ? 1 : 2).map(signed).join(", ");
  $("z-text").textContent = latentDim > 2 ? `(${text}, …)` : `(${text})`;
  for (const { slider, output, dimension } of sliders) {
    slider.value = z[dimension];
    output.textContent = signed(z[dimension]);
  }
  plane.set({ point: onPlane(z) });
}

function showDimensions() {
  sliders = order.map(({ rate, dimension }) => {
    const label = document.createElement("label");
    const output = document.createElement("output");
    const slider = document.createElement("input");
    const [middle, unit] = [mean[dimension], deviation[dimension]];
    const [min, max] = [middle - 4 * unit, middle + 4 * unit];
    Object.assign(slider, { type: "range", min, max, step: unit / 100 });
    label.append(`${nameOf(dimension)}, rate ${nats(rate)}: `, output, slider);
    slider.addEventListener("input", () => {
      const place = z.slice();
      place[dimension] = Number(slider.value);
      moveTo(place);
    });
    $("dimensions").append(label);
    return { slider, output, dimension };
  });
}

let priorSeed = 100;
function samplePrior() {
  const random = makeRandom(priorSeed++);
  const rows = Array.from({ length: 10 }, () => drawPrior(model.prior, latentDim, random));
  $("prior-samples").hidden = false;
  drawImages($("prior-samples"), decodeImages(rows), shape, 10);
  plane.set({ drawn: rows.map(onPlane) });
  moveTo(rows[0].slice());
}

/** The window that q(z|x) and what is known of the true posterior fill. */
function zoomToPosterior() {
  const [x, y] = onPlane(current.loc);
  const [a, b = 0] = onPlane(current.scale);
  let [left, right, low, high] = [x - 4 * a, x + 4 * a, y - 4 * b, y + 4 * b];
  if (answer?.logPosterior && !single) {
    const axes = [0, 1].map((d) => makeAxis(model.prior, d).z);
    const { length } = axes[0];
    answer.logPosterior.forEach((value, i) => {
      if (value < answer.most - 6) return;
      const [across, up] = [axes[0][i % length], axes[1][Math.floor(i / length)]];
      [left, right] = [Math.min(left, across), Math.max(right, across)];
      [low, high] = [Math.min(low, up), Math.max(high, up)];
    });
  }
  plane.setView((left + right) / 2, (low + high) / 2, 0.6 * Math.max(right - left, high - low));
}

// An image.

/** Encode an image and show all that follows; the worker's part comes later. */
function infer(x) {
  const { loc, scale } = encode(model, x);
  current = { x, loc, scale };
  answer = null;
  const rows = Array.from({ length: SHOWN_SAMPLES }, (_, i) =>
    drawLatents(current, drawNormals(i, latentDim)),
  );
  drawImages($("seen"), [x], shape, 1);
  drawImages($("reconstruction"), decodeImages([loc]), shape, 1);
  drawImages($("posterior-samples"), decodeImages(rows.slice(0, 10)), shape, 5);
  plane.set({
    posterior: { loc: onPlane(loc), scale: onPlane(scale) },
    samples: rows.map(onPlane),
    path: null,
  });
  moveTo(loc);
  showWay();
  ask();
}

/** Have the worker look at the image, one at a time: a new one waits for the last. */
function ask() {
  if (asked) return;
  asked = current.x;
  worker.postMessage({ x: asked });
}

function receive({ data: message }) {
  if ("progress" in message) {
    $("progress").value = message.progress;
    $("progress").hidden = message.progress === 1;
    if (message.progress === 1) ask();
    return;
  }
  const outdated = asked !== current.x;
  asked = null;
  if (outdated) return ask();
  answer = message;
  if (answer.logPosterior) {
    answer.most = answer.logPosterior.reduce((a, b) => Math.max(a, b), -Infinity);
    const { logPosterior, most } = answer;
    plane.set({
      posterior: { loc: onPlane(current.loc), scale: onPlane(current.scale), logPosterior, most },
    });
  }
  showTerms();
}

const numSamples = () => SAMPLE_COUNTS[$("num-samples").value];

function showTerms() {
  const count = numSamples();
  $("num-samples-text").textContent = count === 1 ? "1 sample" : `${count} samples`;
  if (!answer) return;
  const { rate, distortions, logWeights, logEvidence } = answer;
  const distortion = average(distortions);
  const elbo = -(rate + distortion);
  const bound = iwaeBound(logWeights, count);
  $("rate").textContent = nats(rate);
  $("distortion").textContent = nats(distortion);
  $("elbo").textContent = signed(elbo) + " nats";
  $("bound").textContent = signed(bound) + " nats";
  $("evidence").textContent = logEvidence === undefined ? "" : signed(logEvidence) + " nats";
  showGaps(elbo, bound, logEvidence);
}

/** From the ELBO to the bound, from there to log p(x), and what nobody knows. */
function showGaps(elbo, bound, logEvidence) {
  const first = Math.max(0, bound - elbo);
  const second = logEvidence === undefined ? null : Math.max(0, logEvidence - bound);
  const parts = [["first", first, `1: q(z|x) misfits the posterior, ${nats(first)}`]];
  if (second !== null) parts.push(["second", second, `2: too few samples, ${nats(second)}`]);
  const known = first + (second ?? 0);
  const rest = second === null ? "2 and 3" : "3";
  parts.push(["third", Math.max(0.2 * known, 0.02), `${rest}: up to the best of all models, unknown`]);
  $("gaps").replaceChildren(
    ...parts.map(([className, value]) => {
      const part = document.createElement("span");
      part.className = className;
      part.style.flexGrow = 1000 * value; // a sum below 1 would leave a rest
      return part;
    }),
  );
  $("gap-texts").replaceChildren(
    ...parts.map(([className, , text]) => {
      const item = document.createElement("li");
      const swatch = document.createElement("span");
      swatch.className = `swatch ${className}`;
      item.append(swatch, text);
      return item;
    }),
  );
}

function chooseImage(index) {
  $("choice").value = index;
  $("choice-text").textContent = `${index + 1}: ${data.class_names[data.labels[index]]}`;
  infer(images[index]);
}

/** As `preprocess` does it; a pixel that is drawn keeps its random number. */
function binarise(grey) {
  if (data.binarization === "none") return grey;
  if (data.binarization === "threshold") return grey.map((value) => Number(value > 0.5));
  const { uniform } = makeRandom(7);
  return grey.map((value) => Number(uniform() < value));
}

// Between two images.

/** The strip; the plane and z follow once the reader has touched a slider. */
function showWay(touched = false) {
  const second = Number($("second").value);
  const way = Number($("way").value) / 100;
  $("second-text").textContent = `${second + 1}: ${data.class_names[data.labels[second]]}`;
  $("way-text").textContent = `${$("way").value} %`;
  const { loc: end } = encode(model, images[second]);
  const at = (share) => current.loc.map((value, d) => value + share * (end[d] - value));
  const rows = Array.from({ length: 9 }, (_, i) => at(i / 8));
  drawImages($("between"), decodeImages(rows), shape, 9);
  if (touched) plane.set({ path: [onPlane(current.loc), onPlane(end)] });
  if (touched) moveTo(at(way));
}

// The weights.

function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(writeSafetensors(data.tensors));
  link.download = "model.safetensors";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** Why there is no quadrature, or nothing. */
function noGrid() {
  if (!(latentDim in GRID_POINTS)) {
    return `z has ${latentDim} dimensions, too many for a sum over a grid: log p(x) lies somewhere above the bound.`;
  }
  const width = pad(model.decoder[model.decoder.length - 1].inputs);
  if (width * GRID_POINTS[latentDim] ** latentDim > 1e8) {
    return `The last hidden layer has ${width} units, too many to keep for each point of a grid.`;
  }
  return "";
}

function startWorker() {
  const scripts = ["network.js", "mathematics.js", "inference.js"].map((id) => $(id).textContent);
  const url = URL.createObjectURL(new Blob(scripts, { type: "text/javascript" }));
  worker = new Worker(url);
  worker.onmessage = receive;
  const reason = noGrid();
  worker.postMessage({ model, numSamples: NUM_SAMPLES, hasGrid: !reason });
  $("progress").hidden = Boolean(reason);
  if (reason) $("evidence-why").textContent = reason;
  else $("grid-text").textContent = (GRID_POINTS[latentDim] ** latentDim).toLocaleString("en");
}

function drawGallery() {
  drawImages($("gallery"), images, shape, 20);
}

/** All that depends on light and dark. */
function redraw() {
  drawGallery();
  plane.refresh();
  sketch.refresh();
  infer(current.x);
}

const sketch = makePad($("pad"), (ink, side) => {
  $("choice-text").textContent = "none: your drawing";
  infer(binarise(centreInk(ink, side, shape[0])));
});

function start() {
  showClasses();
  $("zoom-in").addEventListener("click", () => plane.zoom(0.7));
  $("zoom-out").addEventListener("click", () => plane.zoom(1 / 0.7));
  $("zoom-all").addEventListener("click", plane.showAll);
  $("about").textContent = data.about;
  const learned = data.settings.prior !== "standard";
  const contours = single ? "Lines" : learned ? "Ellipses" : "Circles";
  const around = learned ? "the learned prior's mean" : "the prior's mean";
  $("contours").textContent = `${contours} are at 1, 2 and 3 standard deviations from ${around}.`;
  if (learned) $("prior-name").textContent = `a mixture of ${data.settings.pseudo_inputs} Gaussians, learned`;
  $("shade").textContent = single
    ? "the filled curve, beside the line of q(z|x)"
    : "the shade under the ellipses of q(z|x), which are at 1, 2 and 3 standard deviations";
  const text = problem();
  if (text) {
    $("problem").textContent = `${text} What is left is the plane.`;
    $("problem").hidden = false;
    const idle = ["decoding", "zoom-posterior", "image-section", "between-section", "weights-section"];
    for (const id of idle) $(id).hidden = true;
    return;
  }
  model = readModel(data);
  likelihood = makeLikelihood(model);
  for (const id of ["choice", "second"]) $(id).max = images.length - 1;
  $("num-samples").max = SAMPLE_COUNTS.length - 1;
  $("num-samples").value = SAMPLE_COUNTS.indexOf(50);
  for (const element of document.querySelectorAll(".num-samples")) element.textContent = NUM_SAMPLES;
  $("pad-binary").textContent = data.binarization === "none" ? "" : ", and its pixels are made binary";
  $("weights-text").textContent =
    `${data.num_weights.toLocaleString("en")} numbers, rounded to 16 significant bits, as this page ` +
    "uses them. docs/weights.md says how to run them.";
  $("weights-section").hidden = learned; // the page has no pseudo-inputs to save
  $("pseudo").hidden = (data.settings.likelihood === "bernoulli") === data.binary;
  showDimensions();
  startWorker();
  chooseImage(0);
  drawGallery();

  $("zoom-posterior").addEventListener("click", zoomToPosterior);
  $("sample").addEventListener("click", samplePrior);
  $("choice").addEventListener("input", () => chooseImage(Number($("choice").value)));
  $("gallery").addEventListener("click", (event) => {
    const cell = $("gallery").clientWidth / 20;
    const index = Math.floor(event.offsetX / cell) + 20 * Math.floor(event.offsetY / cell);
    if (index < images.length) chooseImage(index);
  });
  $("clear").addEventListener("click", sketch.clear);
  $("num-samples").addEventListener("input", showTerms);
  $("second").addEventListener("input", () => showWay(true));
  $("way").addEventListener("input", () => showWay(true));
  $("save").addEventListener("click", save);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

start();
