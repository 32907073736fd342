// The latent plane, of two dimensions or of one and the classes, and its inset.

import { drawAxes } from "./axes.js";
import { axisName, onPlane, points, prior, shown, withPoint } from "./data.js";
import { $, cached, clearCanvas, color, make } from "./dom.js";
import { drawCross, drawGaussian, drawManifold, drawPoints, paintHeat } from "./painting.js";
import { watchPointers, watchZoom } from "./pointing.js";
import { STARTS } from "./race.js";
import { zOf } from "./state.js";
import { project, wholeView } from "./view.js";

const AXES = shown.map(axisName);

/** Make the pane of the whole plane, whose view can be moved. */
export function makePlane(store) {
  const { state, update } = store;
  const canvas = $("plane");
  const viewOf = ({ view }) => view ?? wholeView;
  const options = watch(canvas, store, viewOf, (view) => update({ view }));
  const onStep = ([dx, dy]) => {
    const [x, y] = onPlane(zOf(state));
    options.onPin([x + dx, y + dy]);
  };
  watchZoom(canvas, { ...options, onStep });
  const paintGround = cached(groundOf);
  const paintTruth = cached(paintHeat);
  function render(now) {
    const { view, manifold, chosenClass, layout } = now;
    const { context, frame } = begin(canvas, viewOf(now));
    context.drawImage(paintGround([view, manifold, chosenClass, layout], frame, now), 0, 0);
    paintPosterior(context, frame, now, paintTruth);
    outline(context, frame, now.inset);
    context.lineWidth = 2 * devicePixelRatio;
    for (const z of now.drawn) drawDot(context, frame, z);
    finish(context, frame, zOf(now), 1);
  }
  const watches = ["view", "manifold", "chosenClass", "layout", "posterior", "terms", "inset"];
  return { watches: [...watches, "drawn", "pinned", "hover"], render };
}

/** Make the pane of an inset, whose view follows q(z|x) and the true posterior. */
export function makeInset(store, canvas) {
  watch(canvas, store, ({ inset }) => inset);
  const paintTruth = cached(paintHeat);
  function render(now) {
    if (!canvas.clientWidth) return; // not on this screen
    const { context, frame } = begin(canvas, now.inset);
    paintPosterior(context, frame, now, paintTruth);
    for (const [start, { loc, scale }] of Object.entries(now.race)) {
      context.strokeStyle = color(STARTS[start]);
      context.lineWidth = 3 * devicePixelRatio;
      drawGaussian(context, frame, onPlane(loc), onPlane(scale));
    }
    finish(context, frame, zOf(now), 0.7);
  }
  const watches = ["inset", "posterior", "terms", "race", "pinned", "hover", "layout"];
  return { watches, render };
}

/** Let pointers on a canvas move z, and the view if there is `onView`. */
function watch(canvas, { state, update }, viewOf, onView) {
  const options = {
    view: () => viewOf(state),
    frame: () => project(viewOf(state), canvas.width),
    onHover: (point) => update({ hover: point && withPoint(zOf(state), point) }),
    onPin: (point) => update({ pinned: withPoint(zOf(state), point) }),
    onView,
  };
  watchPointers(canvas, options);
  return options;
}

function begin(canvas, view) {
  const context = clearCanvas(canvas);
  return { context, frame: project(view, canvas.width) };
}

function finish(context, frame, z, size) {
  drawCross(context, frame.toCanvas(...onPlane(z)), size * devicePixelRatio);
  drawAxes(context, frame, AXES);
}

/** Paint the decoded images or the points, and the prior. */
function groundOf(frame, { manifold, chosenClass }) {
  const layer = make("canvas", { width: frame.side, height: frame.side });
  const context = layer.getContext("2d");
  if (manifold) drawManifold(context, frame);
  else drawPoints(context, frame, points, chosenClass);
  context.strokeStyle = color("muted");
  context.lineWidth = devicePixelRatio;
  context.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  drawGaussian(context, frame, onPlane(prior.mean), onPlane(prior.deviation));
  return layer;
}

/** Paint q(z|x), and the true posterior if it is known. */
function paintPosterior(context, frame, { posterior, terms, view, inset, layout }, paintTruth) {
  if (!posterior) return;
  const { side } = frame;
  if (terms?.logPosterior) {
    context.drawImage(paintTruth([view, inset, layout, terms], frame, terms), 0, 0, side, side);
  }
  context.strokeStyle = color("ink");
  context.lineWidth = 1.5 * devicePixelRatio;
  drawGaussian(context, frame, onPlane(posterior.loc), onPlane(posterior.scale));
}

/** Outline the inset's view. */
function outline(context, frame, { x, y, radius }) {
  const [left, top] = frame.toCanvas(x - radius, y + radius);
  const side = 2 * radius * frame.perUnit;
  context.strokeStyle = color("accent");
  context.lineWidth = devicePixelRatio;
  context.strokeRect(left, top, side, side);
}

function drawDot(context, frame, z) {
  context.beginPath();
  context.arc(...frame.toCanvas(...onPlane(z)), 5 * devicePixelRatio, 0, 2 * Math.PI);
  context.stroke();
}
