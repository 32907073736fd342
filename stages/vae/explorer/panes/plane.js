// The latent plane, of two dimensions or of one and the classes, and its inset.

import { drawAxes } from "./axes.js";
import { axisName, onPlane, points, prior, shown, withPoint } from "./data.js";
import { $, cached, clearCanvas, color, make } from "./dom.js";
import { drawCross, drawGaussian, drawManifold, drawPoints, paintHeat } from "./painting.js";
import { watchPointers, watchZoom } from "./pointing.js";
import { STARTS, racesOf } from "./race.js";
import { zOf } from "./state.js";
import { project, wholeView } from "./view.js";

const AXES = shown.map(axisName);
const WATCHES = ["view", "inset", "manifold", "chosenClass", "posterior", "terms", "race"];

/** Make the pane of the whole plane, whose view can be moved. */
export function makePlane(store) {
  const canvas = $("plane");
  const viewOf = ({ view }) => view ?? wholeView;
  const paintGround = cached(groundOf);
  const pane = makeView(store, canvas, viewOf, {
    onView: (view) => store.update({ view }),
    drawBelow(context, frame, now) {
      const { view, manifold, chosenClass, layout } = now;
      context.drawImage(paintGround([view, manifold, chosenClass, layout], frame, now), 0, 0);
    },
    drawAbove: (context, frame, { inset }) => outline(context, frame, inset),
  });
  watchZoom(canvas, pane);
  return pane;
}

/** Make the pane of an inset, whose view follows q(z|x) and the true posterior. */
export const makeInset = (store, canvas) =>
  makeView(store, canvas, ({ inset }) => inset, { drawBelow() {}, drawAbove: drawRaces });

function drawRaces(context, frame, { race }) {
  for (const [start, { loc, scale }] of Object.entries(racesOf(race))) {
    context.strokeStyle = color(STARTS[start]);
    context.lineWidth = 3 * devicePixelRatio;
    drawGaussian(context, frame, onPlane(loc), onPlane(scale));
  }
}

/** Make the pane of a view: its pointers move z, and the view if there is `onView`. */
function makeView({ state, update }, canvas, viewOf, { onView, drawBelow, drawAbove }) {
  const options = {
    view: () => viewOf(state),
    frame: () => project(viewOf(state), canvas.width),
    z: () => onPlane(zOf(state)),
    onHover: (point) => update({ hover: point && withPoint(zOf(state), point) }),
    onPin: (point) => update({ pinned: withPoint(zOf(state), point) }),
    onRelease: () => update({ pinned: null }),
    onView,
  };
  watchPointers(canvas, options);
  const paintTruth = cached(paintHeat);
  function render(now) {
    if (!canvas.clientWidth) return; // not on this screen
    const context = clearCanvas(canvas);
    const frame = options.frame();
    drawBelow(context, frame, now);
    if (now.posterior) drawPosterior(context, frame, now, paintTruth);
    drawAbove(context, frame, now);
    drawCross(context, frame.toCanvas(...options.z()), devicePixelRatio);
    drawAxes(context, frame, AXES);
  }
  return { ...options, watches: [...WATCHES, "pinned", "hover", "layout"], render };
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

/** Draw q(z|x), and the true posterior if it is known. */
function drawPosterior(context, frame, { posterior, terms, view, inset, layout }, paintTruth) {
  if (terms?.logPosterior) {
    const layer = paintTruth([view, inset, layout, terms], frame, terms);
    context.drawImage(layer, 0, 0, frame.side, frame.side);
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
