// Training from scratch: a small model learns in a second worker, while its dots move.

import { decode } from "../core/model.js";
import { LIKELIHOODS } from "../core/likelihoods.js";
import { drawAxes, drawChart } from "./axes.js";
import { startWorker } from "./client.js";
import { axisName, description, readPoints, shape, signed, trainingImages, trainingLabels } from "./data.js";
import { $, drawImages, fitCanvas, on, prefersStillness, setSlider } from "./dom.js";
import { drawCross, drawEllipses, drawPoints } from "./painting.js";
import { watchPointers } from "./pointing.js";
import { project } from "./view.js";

const POINTS = 1000; // images whose means are dots
const RADII = [4, 7, 12, 20, 35, 60]; // of the view of the dots
const IDLE = { playing: false, started: false, curve: [], heldOut: [], z: [0, 0], radius: RADII[0] };

/** Make the pane of the training. */
export function makeTraining({ state, update }) {
  let worker = null;
  const change = (changes) => update({ training: { ...(state.training ?? IDLE), ...changes } });
  const now = () => state.training ?? IDLE;
  const send = (message) => worker.postMessage(message);
  function start() {
    worker?.terminate();
    worker = startWorker((message) => receive(message, now(), change, send));
    send({ type: "train", ...settings(state.beta) });
    change({ ...IDLE, started: true });
  }
  function toggle() {
    if (!now().started) start();
    send({ type: now().playing ? "pause" : "play" });
    change({ playing: !now().playing });
  }
  $("train-pseudo").hidden = description.binary;
  on("train-play", "click", toggle);
  on("train-step", "click", () => {
    if (!now().started) start();
    send({ type: "pause" });
    send({ type: "step" });
    change({ playing: false });
  });
  on("train-reset", "click", () => {
    worker?.terminate();
    worker = null;
    update({ training: null });
  });
  on("beta", "input", () => update({ beta: Number((10 ** Number($("beta").value)).toPrecision(2)) }));
  watchPointers($("train-plane"), {
    frame: () => frameOf(now()),
    view: () => ({ x: 0, y: 0, radius: now().radius }),
    marker: () => frameOf(now()).toCanvas(...now().z),
    onHover: (z) => z && change({ z }),
    onPin: (z) => change({ z }),
  });
  function follow(all, keys) {
    if (keys.has("beta")) worker?.postMessage({ type: "set", beta: all.beta });
    render(all);
  }
  return { watches: ["training", "beta", "scheme", "size"], render: follow };
}

/** Return the message that starts the training, without its type. */
const settings = (beta) => ({
  hiddenUnits: [128, 128],
  latentDim: 2,
  images: trainingImages(),
  count: trainingLabels.length,
  numPixels: shape[0] * shape[1],
  batchSize: 32,
  learningRate: 0.004,
  beta,
  seed: 1,
  binary: description.binary,
  points: Math.min(POINTS, trainingLabels.length),
});

function receive(message, training, change, send) {
  if (message.type === "weights") return change({ model: message.model });
  const { step, elbo, heldOutElbo, means } = message;
  const most = means.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const radius = RADII.find((value) => value > most) ?? RADII.at(-1);
  const curve = step ? [...training.curve, [step, elbo]] : training.curve; // none at the start
  const heldOut = [...training.heldOut, [step, heldOutElbo]];
  change({ ...message, curve, heldOut, radius });
  send({ type: "weights" });
}

const frameOf = ({ radius }) => project({ x: 0, y: 0, radius }, $("train-plane").width);

function render({ training, beta }) {
  const now = training ?? IDLE;
  setSlider("beta", Math.log10(beta), `beta ${beta}`);
  $("beta-text").textContent = beta;
  $("train-play").textContent = now.playing ? "Pause" : "Play";
  $("train-reset").disabled = !training;
  if (now.playing && prefersStillness()) return;
  for (const name of ["step", "epoch"]) $(`train-${name}s`).textContent = now[name] ?? "–";
  for (const name of ["elbo", "rate", "distortion"]) {
    $(`train-${name}`).textContent = now.step ? signed(now[name]) : "–";
  }
  $("train-held-out").textContent = now.heldOut.length ? signed(now.heldOut.at(-1)[1]) : "–";
  drawDots(now);
  drawCurves(now);
  const canvas = $("train-decoded");
  drawImages(canvas, [now.model ? decodeOne(now) : new Float32Array(shape[0] * shape[1])], shape, 1);
}

function decodeOne({ model, z }) {
  const likelihood = LIKELIHOODS[model.likelihood](model.logScale);
  return decode(model, Float32Array.from(z), 1).map(likelihood.mean);
}

function drawDots(now) {
  const canvas = $("train-plane");
  fitCanvas(canvas);
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  const frame = frameOf(now);
  if (now.means) drawPoints(context, frame, readPoints(now.means, trainingLabels.slice(0, POINTS), 2), null);
  context.strokeStyle = getComputedStyle(canvas).color;
  context.lineWidth = devicePixelRatio;
  drawEllipses(context, frame, [0, 0], [1, 1]);
  drawCross(context, ...frame.toCanvas(...now.z), 0.7 * devicePixelRatio);
  drawAxes(context, frame, [0, 1].map(axisName));
}

function drawCurves({ curve, heldOut, step = 1 }) {
  const canvas = $("train-chart");
  fitCanvas(canvas, 0.5);
  const values = [...curve, ...heldOut].map(([, value]) => value);
  const best = values.length ? Math.max(...values) : 0;
  drawChart(canvas, {
    lines: [
      { color: "gap-1", values: curve },
      { color: "gap-2", values: heldOut },
    ],
    across: [0, step],
    up: [best - 80, best + 5],
    names: "ELBO in nats against steps",
  });
}
