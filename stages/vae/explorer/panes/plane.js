// The latent plane, of two dimensions or of one and the classes: points, densities and z.

import { makeRandom } from "../core/mathematics.js";
import { readBytes, readFloats } from "../core/packing.js";
import { makePrior } from "../core/prior.js";
import { classes, data, prior, shown, single } from "./data.js";
import { $, color, oncePerFrame } from "./dom.js";
import { drawCross, drawCurves, drawEllipses, drawLines, drawPoints } from "./painting.js";
import { makeLayer, paintHeat } from "./painting.js";
import { makeView, watchKeys, watchPointers } from "./view.js";

const canvas = $("plane");
const coordinates = readFloats(data.points);
const onShown = (values) => shown.map((d) => values[d]);
/** The prior in the plane, or the distribution of the points if the prior is unknown. */
const planePrior = prior
  ? { mean: onShown(prior.mean), deviation: onShown(prior.deviation), extent: onShown(prior.extent) }
  : makePrior(coordinates, coordinates.map(() => 0), shown.length);
const points = readPoints();
const overlay = { point: [0, 0], samples: [], drawn: [] };
let chosenClass = null;
let ground, heat; // layers, painted once per view
const request = oncePerFrame(draw);
const [x, y = 0] = planePrior.mean;
const radius = 4.2 * Math.max(...planePrior.deviation);
export const view = makeView(canvas, { x, y, radius }, refreshPlane);

/** Read the points; with a single dimension, classes are in rows. */
function readPoints() {
  const { uniform } = makeRandom(0);
  const share = (label) => (label + 0.1 + 0.8 * uniform()) / (classes.length || 1);
  const labels = readBytes(data.point_labels).map((label) => (classes.length ? label : 0));
  return Array.from(labels, (label, i) =>
    single
      ? { label, x: coordinates[i], y: planePrior.deviation[0] * (3.8 - 7.6 * share(label)) }
      : { label, x: coordinates[2 * i], y: coordinates[2 * i + 1] },
  );
}

/** Call `onMove(x, y)` when a pointer or a key moves z. */
export function watchPlane(onMove) {
  watchPointers(canvas, view, onMove);
  watchKeys(canvas, view, (dx, dy) => onMove(overlay.point[0] + dx, overlay.point[1] + dy));
  new ResizeObserver(refreshPlane).observe(canvas);
}

export function refreshPlane() {
  ground = heat = null;
  request();
}

/** Show one class, or all classes if `label` is null. */
export function chooseClass(label) {
  chosenClass = label;
  refreshPlane();
}

/**
 * Change the overlay of the points: {point, posterior: {loc, scale}, samples, drawn, path} in
 * the plane, where `drawn` are samples of the prior, and the worker's `answer`.
 */
export function showOnPlane(changes) {
  if ("answer" in changes) heat = null;
  Object.assign(overlay, changes);
  request();
}

function draw() {
  const side = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
  if (canvas.width !== side || canvas.height !== side) {
    canvas.width = canvas.height = side;
    ground = heat = null;
  }
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, side, side);
  ground ??= paintGround();
  context.drawImage(ground, 0, 0);
  context.strokeStyle = context.fillStyle = color("ink");
  context.lineWidth = 2 * devicePixelRatio;
  if (overlay.posterior) drawPosterior(context, overlay);
  for (const position of overlay.samples) context.fill(circle(position, 1.5));
  for (const position of overlay.drawn) context.stroke(circle(position, 5));
  context.beginPath();
  overlay.path?.forEach((position) => context.lineTo(...view.toCanvas(...position)));
  context.stroke();
  drawCross(context, ...view.toCanvas(...overlay.point), devicePixelRatio);
}

/** Paint the points and the prior. */
function paintGround() {
  const [layer, context] = makeLayer(canvas.width);
  drawPoints(context, view, points, chosenClass);
  if (!prior) return layer;
  context.strokeStyle = color("muted");
  context.lineWidth = devicePixelRatio;
  context.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  (single ? drawLines : drawEllipses)(context, view, planePrior.mean, planePrior.deviation);
  return layer;
}

function drawPosterior(context, { posterior, answer }) {
  if (single) return drawCurves(context, view, planePrior, { ...posterior, ...answer });
  if (answer?.logPosterior) {
    heat ??= paintHeat(view, canvas.width, planePrior, answer);
    context.drawImage(heat, 0, 0, canvas.width, canvas.height);
  }
  context.lineWidth = 1.5 * devicePixelRatio;
  drawEllipses(context, view, posterior.loc, posterior.scale);
}

function circle(position, size) {
  const path = new Path2D();
  path.arc(...view.toCanvas(...position), size * devicePixelRatio, 0, 2 * Math.PI);
  return path;
}
