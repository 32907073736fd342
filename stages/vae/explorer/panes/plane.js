// The latent plane: points, densities, and z.

import { color, oncePerFrame } from "./dom.js";
import { drawCross, drawCurves, drawEllipses, drawLines, drawPoints } from "./painting.js";
import { makeLayer, paintHeat } from "./painting.js";
import { makeView, watchKeys, watchPointers } from "./view.js";

/**
 * The plane of two latent dimensions, or of one and the classes.
 *
 * `points` are {x, y, label}; `prior` has mean, deviation and extent in these dimensions, and
 * `known` says whether to show it. `onMove(x, y)` is called when a pointer or a key moves z.
 */
export class Plane {
  constructor(canvas, { points, single, prior, known, onMove }) {
    Object.assign(this, { canvas, points, single, prior, known });
    const [x, y = 0] = prior.mean;
    const radius = 4.2 * Math.max(...prior.deviation);
    this.chosenClass = null;
    this.overlay = { point: [0, 0], samples: [], drawn: [] };
    this.request = oncePerFrame(() => this.draw());
    this.view = makeView(canvas, { x, y, radius }, () => this.refresh());
    watchPointers(canvas, this.view, onMove);
    watchKeys(canvas, this.view, (dx, dy) => onMove(this.overlay.point[0] + dx, this.overlay.point[1] + dy));
    new ResizeObserver(() => this.refresh()).observe(canvas);
  }

  refresh() {
    this.ground = this.heat = null; // both are drawn once for a view
    this.request();
  }

  /** Show one class, or all where `label` is null. */
  choose(label) {
    this.chosenClass = label;
    this.refresh();
  }

  /**
   * Change what is drawn over the points: {point, posterior: {loc, scale, logPosterior, most},
   * samples, drawn, path}. All are positions in the plane; `drawn` are from the prior.
   */
  set(changes) {
    if ("posterior" in changes) this.heat = null;
    Object.assign(this.overlay, changes);
    this.request();
  }

  /** Fit the pixels of the canvas to those of the screen. */
  fit() {
    const { canvas } = this;
    const side = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
    if (canvas.width === side && canvas.height === side) return;
    canvas.width = canvas.height = side;
    this.ground = this.heat = null;
  }

  draw() {
    this.fit();
    const { canvas, overlay } = this;
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, canvas.width, canvas.height);
    this.ground ??= this.paintGround();
    context.drawImage(this.ground, 0, 0);
    context.strokeStyle = context.fillStyle = color("ink");
    context.lineWidth = 2 * devicePixelRatio;
    if (overlay.posterior) this.drawPosterior(context, overlay.posterior);
    for (const position of overlay.samples) context.fill(this.circle(position, 1.5));
    for (const position of overlay.drawn) context.stroke(this.circle(position, 5));
    if (overlay.path) {
      context.beginPath();
      overlay.path.forEach((position) => context.lineTo(...this.view.toCanvas(...position)));
      context.stroke();
    }
    drawCross(context, ...this.view.toCanvas(...overlay.point), devicePixelRatio);
  }

  /** Paint the points and the prior. */
  paintGround() {
    const [layer, context] = makeLayer(this.canvas.width);
    drawPoints(context, this.view, this.points, this.chosenClass);
    if (!this.known) return layer;
    context.strokeStyle = color("muted");
    context.lineWidth = devicePixelRatio;
    context.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
    (this.single ? drawLines : drawEllipses)(context, this.view, this.prior.mean, this.prior.deviation);
    return layer;
  }

  drawPosterior(context, posterior) {
    const { canvas, prior, single, view } = this;
    if (single) return drawCurves(context, view, prior, posterior);
    if (posterior.logPosterior) {
      this.heat ??= paintHeat(view, canvas.width, prior, posterior);
      context.drawImage(this.heat, 0, 0, canvas.width, canvas.height);
    }
    context.lineWidth = 1.5 * devicePixelRatio;
    drawEllipses(context, view, posterior.loc, posterior.scale);
  }

  circle(position, radius) {
    const path = new Path2D();
    path.arc(...this.view.toCanvas(...position), radius * devicePixelRatio, 0, 2 * Math.PI);
    return path;
  }
}
