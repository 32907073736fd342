// The latent plane, of two dimensions or of one and the classes, and its inset.

import { axisName, decodeImages, model, onPlane, planePrior, points, prior, shape, shown, single } from "./data.js";
import { drawAxes } from "./axes.js";
import { $, cached, color, fitCanvas, imageLayer } from "./dom.js";
import { drawCross, drawCurves, drawEllipses, drawLines, drawPoints, makeLayer, paintHeat } from "./painting.js";
import { watchKeys, watchPointers } from "./pointing.js";
import { racesOf, withPoint, zOf } from "./state.js";
import { project, wholeView } from "./view.js";

const MANIFOLD = 14; // decoded images along a side
const AXES = shown.map(axisName);
const viewOf = (state) => state.view ?? wholeView;

/** Make the pane of the whole plane, whose view can be moved. */
export function makePlane(store) {
  const { state, update } = store;
  const onView = (view) => update({ view });
  const actions = watch($("plane"), store, viewOf, onView);
  watchKeys($("plane"), {
    view: () => viewOf(state),
    onView,
    onAll: () => update({ view: null }),
    onStep: ([dx, dy]) => {
      const [x, y] = onPlane(zOf(state));
      actions.onPin([x + dx, y + dy]);
    },
    onRelease: () => update({ pinned: null }),
  });
  const paintGround = cached(groundOf);
  const paintTruth = cached(truthOf);
  function render(now) {
    const context = begin($("plane"));
    const frame = project(viewOf(now), context.canvas.width);
    const { view, manifold, chosenClass, scheme, terms } = now;
    context.drawImage(paintGround([frame.side, view, manifold, chosenClass, scheme], frame, now), 0, 0);
    paintPosterior(context, frame, now, () => paintTruth([frame.side, view, scheme, terms], frame, now));
    context.lineWidth = 2 * devicePixelRatio;
    for (const z of now.drawn) context.stroke(circle(frame, onPlane(z), 5));
    context.beginPath();
    for (const z of now.path ?? []) context.lineTo(...frame.toCanvas(...onPlane(z)));
    context.stroke();
    if (now.posterior && !single) outline(context, frame, now.inset);
    if (model) drawCross(context, ...frame.toCanvas(...onPlane(zOf(now))), devicePixelRatio);
    drawAxes(context, frame, AXES);
  }
  const watches = ["view", "manifold", "chosenClass", "scheme", "size", "posterior", "terms", "inset"];
  return { watches: [...watches, "drawn", "path", "pinned", "hover"], render };
}

/** Make the pane of an inset, whose view follows q(z|x) and the true posterior. */
export function makeInset(store, canvas) {
  watch(canvas, store, ({ inset }) => inset);
  const paintTruth = cached(truthOf);
  function render(now) {
    if (!canvas.clientWidth) return;
    const context = begin(canvas);
    const frame = project(now.inset, context.canvas.width);
    if (now.posterior) {
      paintPosterior(context, frame, now, () => paintTruth([frame.side, now.inset, now.scheme, now.terms], frame, now));
    }
    for (const [start, { loc, scale }] of racesOf(now)) {
      context.strokeStyle = color(start === "encoder" ? "gap-1" : "gap-2");
      context.lineWidth = 3 * devicePixelRatio;
      (single ? drawLines : drawEllipses)(context, frame, onPlane(loc), onPlane(scale));
    }
    drawCross(context, ...frame.toCanvas(...onPlane(zOf(now))), 0.7 * devicePixelRatio);
    drawAxes(context, frame, AXES);
  }
  const watches = ["inset", "posterior", "terms", "race", "pinned", "hover", "scheme", "size"];
  return { watches, render };
}

/** Let pointers on a canvas move z, and the view if there is `onView`. */
function watch(canvas, { state, update }, view, onView) {
  const frame = () => project(view(state), canvas.width);
  const move = (point) => point && withPoint(zOf(state), point, shown);
  const onPin = (point) => model && update({ pinned: move(point), hover: null });
  watchPointers(canvas, {
    frame,
    view: () => view(state),
    marker: () => frame().toCanvas(...onPlane(model ? zOf(state) : planePrior.mean)),
    onHover: (point) => model && !state.pinned && update({ hover: move(point) }),
    onPin,
    onView,
  });
  return { onPin };
}

function begin(canvas) {
  fitCanvas(canvas);
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  return context;
}

/** Paint the decoded images, if wanted, the points and the prior. */
function groundOf(frame, { manifold, chosenClass }) {
  const [layer, context] = makeLayer(frame.side);
  if (manifold && model) paintManifold(context, frame);
  else drawPoints(context, frame, points, chosenClass);
  if (!prior) return layer;
  context.strokeStyle = color("muted");
  context.lineWidth = devicePixelRatio;
  context.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  (single ? drawLines : drawEllipses)(context, frame, planePrior.mean, planePrior.deviation);
  return layer;
}

/** Paint images decoded from the middles of squares of the plane. */
function paintManifold(context, frame) {
  const cell = frame.side / MANIFOLD;
  const places = Array.from({ length: MANIFOLD ** 2 }, (_, i) => [i % MANIFOLD, Math.floor(i / MANIFOLD)]);
  const middle = ([column, row]) => frame.fromCanvas((column + 0.5) * cell, (row + 0.5) * cell);
  const decoded = decodeImages(places.map((place) => withPoint(prior.mean, middle(place), shown)));
  places.forEach(([column, row], i) => {
    context.drawImage(imageLayer(decoded[i], shape), column * cell, row * cell, cell, cell);
  });
}

const truthOf = (frame, { terms }) => paintHeat(frame, planePrior, terms);

/** Paint q(z|x), and the true posterior if it is known. */
function paintPosterior(context, frame, { posterior, terms }, truth) {
  if (!posterior) return;
  context.strokeStyle = context.fillStyle = color("ink");
  context.lineWidth = 1.5 * devicePixelRatio;
  if (single) return drawCurves(context, frame, planePrior, { ...posterior, ...terms });
  if (terms?.logPosterior) context.drawImage(truth(), 0, 0, frame.side, frame.side);
  drawEllipses(context, frame, onPlane(posterior.loc), onPlane(posterior.scale));
}

/** Outline the inset's view. */
function outline(context, frame, { x, y, radius }) {
  const [left, top] = frame.toCanvas(x - radius, y + radius);
  context.strokeStyle = color("accent");
  context.lineWidth = devicePixelRatio;
  context.strokeRect(left, top, 2 * radius * frame.perUnit, 2 * radius * frame.perUnit);
}

function circle(frame, position, size) {
  const path = new Path2D();
  path.arc(...frame.toCanvas(...position), size * devicePixelRatio, 0, 2 * Math.PI);
  return path;
}
