// Views of the latent plane: squares {x, y, radius}, and their positions on a canvas.

import { maximum } from "../core/mathematics.js";
import { cross, makeAxes } from "../core/prior.js";
import { onPlane, prior } from "./data.js";

const [x, y] = onPlane(prior.mean);
export const wholeView = { x, y, radius: 4.2 * Math.max(...onPlane(prior.deviation)) };
const LARGEST = Math.max(20, wholeView.radius);

/** Return the positions on a square canvas that is `side` pixels wide, and back. */
export function project({ x, y, radius }, side) {
  const perUnit = side / (2 * radius);
  return {
    side,
    perUnit,
    toCanvas: (across, up) => [side / 2 + (across - x) * perUnit, side / 2 - (up - y) * perUnit],
    fromCanvas: (left, top) => [x + (left - side / 2) / perUnit, y - (top - side / 2) / perUnit],
  };
}

const limit = (radius) => Math.min(LARGEST, Math.max(0.01, radius));

/** Zoom about a point of the plane, by default the center. */
export function zoom(view, factor, [across, up] = [view.x, view.y]) {
  const radius = limit(view.radius * factor);
  const share = radius / view.radius;
  return { x: across + (view.x - across) * share, y: up + (view.y - up) * share, radius };
}

/** Move a view. */
export const pan = ({ x, y, radius }, across, up) => ({ x: x + across, y: y + up, radius });

/** Return corners of the box of q(z|x), four standard deviations to each side. */
export function cornersOf({ loc, scale }) {
  const corner = (sign) => onPlane(loc.map((value, d) => value + 4 * sign * scale[d]));
  return [corner(-1), corner(1)];
}

/** The points of the grid in the order of its densities, if it has one or two dimensions. */
export const gridPoints = cross(makeAxes(prior).map(({ z }) => z));

/** Return the square view of points, with a margin. */
export function viewOf(points) {
  const ranges = [0, 1].map((d) => {
    const values = points.map((point) => point[d]);
    return [-maximum(values.map((value) => -value)), maximum(values)];
  });
  const [x, y] = ranges.map(([low, high]) => (low + high) / 2);
  return { x, y, radius: limit(0.6 * Math.max(...ranges.map(([low, high]) => high - low))) };
}

/** Return whether all points are in a view. */
export const contains = (view, points) =>
  points.every(([x, y]) => Math.max(Math.abs(x - view.x), Math.abs(y - view.y)) <= view.radius);
