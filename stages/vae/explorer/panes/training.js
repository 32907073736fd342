// Training from scratch: a small model learns in a second worker, while its dots move.

import { maximum } from "../core/mathematics.js";
import { decode } from "../core/model.js";
import { makeLikelihood } from "../core/likelihoods.js";
import { drawAxes, drawChart } from "./axes.js";
import { startWorker } from "./client.js";
import { axisName, images, readPoints, readTrainingImages, shape, signed, trainingLabels } from "./data.js";
import { $, clearCanvas, color, drawImages, on, prefersStillness, setSlider } from "./dom.js";
import { drawCross, drawGaussian, drawPoints } from "./painting.js";
import { watchPointers } from "./pointing.js";
import { project } from "./view.js";

const NUM_STEPS = 32; // between two reports
const IDLE = { curve: [], test: [], means: [], scales: [] };

/** Make the pane of the training. */
export function makeTraining({ state, update }) {
  let worker = null;
  let [isBusy, isStepWanted] = [false, false];
  function send(message) {
    isBusy = true;
    worker.postMessage(message);
  }
  function proceed() {
    if (isBusy || !(state.playing || isStepWanted)) return;
    send({ type: "train", beta: state.beta, numSteps: isStepWanted ? 1 : NUM_STEPS });
    isStepWanted = false;
  }
  function receive(report) {
    isBusy = false;
    update({ training: extend(state.training ?? IDLE, report) });
    proceed();
  }
  function press(playing, isStep) {
    isStepWanted = isStep;
    update({ playing });
    if (worker) return proceed();
    worker = startWorker(receive);
    send({ type: "prepare", images: readTrainingImages(), testImages: images });
  }
  on("train-play", "click", () => press(!state.playing, false));
  on("train-once", "click", () => press(false, true));
  on("train-reset", "click", () => {
    worker?.terminate();
    worker = null;
    update({ training: null, playing: false });
  });
  on("beta", "input", () => update({ beta: Number((10 ** $("beta").value).toPrecision(2)) }));
  const move = (trainedZ) => update({ trainedZ });
  watchPointers($("train-plane"), {
    frame: () => frameOf(state.training ?? IDLE),
    z: () => state.trainedZ,
    onHover: (point) => point && move(point),
    onPin: move,
  });
  return { watches: ["training", "playing", "trainedZ", "beta", "layout"], render };
}

/** Add a report's points to the curves; before the first step there is no ELBO of the training. */
function extend({ curve, test }, report) {
  const { step, elbo, testElbo } = report;
  const learned = step ? [...curve, [step, elbo]] : curve;
  return { ...report, curve: learned, test: [...test, [step, testElbo]] };
}

/** Project the plane onto the canvas, in a view that grows when dots leave it. */
function frameOf({ means }) {
  const most = Math.max(4, maximum(means.map(Math.abs)));
  const radius = 2 ** (Math.ceil(2 * Math.log2(most)) / 2);
  return project({ x: 0, y: 0, radius }, $("train-plane").width);
}

function render({ training, playing, trainedZ, beta }) {
  const now = training ?? IDLE;
  setSlider($("beta"), Math.log10(beta), `beta ${beta}`);
  $("beta-text").textContent = beta;
  $("train-play").textContent = playing ? "Pause" : "Play";
  $("train-reset").disabled = !training;
  if (playing && prefersStillness()) return; // until the next pause
  for (const name of ["step", "epoch"]) $(`train-${name}`).textContent = now[name] ?? "–";
  const { rate, distortion, elbo, testElbo } = now;
  for (const [id, value] of Object.entries({ rate, distortion, elbo, test: testElbo })) {
    $(`train-${id}`).textContent = value === undefined ? "–" : signed(value);
  }
  drawPlane(now, trainedZ);
  drawCurves(now);
  const decoded = now.model ? decodeOne(now.model, trainedZ) : new Float32Array(shape[0] * shape[1]);
  drawImages($("train-decoded"), [decoded], shape, 1);
}

const decodeOne = (model, z) => decode(model, Float32Array.from(z)).map(makeLikelihood(model).mean);

function drawPlane(now, z) {
  const context = clearCanvas($("train-plane"));
  const frame = frameOf(now);
  const labels = trainingLabels.subarray(0, now.means.length / 2);
  drawPoints(context, frame, readPoints(now.means, labels), null);
  context.lineWidth = devicePixelRatio;
  context.strokeStyle = color("accent");
  now.scales.forEach((scale, i) => drawGaussian(context, frame, now.means.subarray(2 * i, 2 * i + 2), scale));
  context.strokeStyle = color("ink");
  drawGaussian(context, frame, [0, 0], [1, 1]);
  drawCross(context, frame.toCanvas(...z), 0.7 * devicePixelRatio);
  drawAxes(context, frame, [0, 1].map(axisName));
}

function drawCurves({ curve, test, step = 1 }) {
  const values = [...curve, ...test].map(([, elbo]) => elbo);
  const best = values.length ? maximum(values) : 0;
  drawChart($("train-chart"), 0.5, {
    lines: [
      { color: "muted", values: curve },
      { color: "accent", values: test },
    ],
    across: [0, step],
    up: [best - 80, best + 5],
    names: "ELBO in nats against steps",
  });
}
