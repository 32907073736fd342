// Views of the latent plane: squares {x, y, radius}, and their positions on a canvas.

import { makeAxis } from "../core/prior.js";
import { onPlane, planePrior, prior, single } from "./data.js";

const [x, y = 0] = planePrior.mean;
export const wholeView = { x, y, radius: 4.2 * Math.max(...planePrior.deviation) };
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

/** Move a view by multiples of its radius. */
export const pan = ({ x, y, radius }, across, up) => ({ x: x + across * radius, y: y + up * radius, radius });

/** Return the box [left, right, low, high] of q(z|x), four standard deviations to each side. */
export function posteriorBox({ loc, scale }) {
  const [x, y] = onPlane(loc);
  const [a, b] = single ? [scale[0], 0] : onPlane(scale);
  return [x - 4 * a, x + 4 * a, y - 4 * b, y + 4 * b];
}

/** Return the box of the true posterior's mass on the grid. */
export function truthBox({ logPosterior, most }) {
  const axes = planePrior.extent.map((_, d) => makeAxis(prior, d).z);
  const { length } = axes[0];
  const box = [Infinity, -Infinity, single ? 0 : Infinity, single ? 0 : -Infinity];
  logPosterior.forEach((value, i) => {
    if (value < most - 6) return;
    const [across, up] = [axes[0][i % length], axes[1]?.[Math.floor(i / length)] ?? 0];
    box[0] = Math.min(box[0], across);
    box[1] = Math.max(box[1], across);
    box[2] = Math.min(box[2], up);
    box[3] = Math.max(box[3], up);
  });
  return box;
}

/** Return the square view of boxes, with a margin. */
export function boxView(...boxes) {
  const [left, right, low, high] = [0, 1, 2, 3].map((i) =>
    boxes.map((box) => box[i]).reduce((a, b) => (i % 2 ? Math.max(a, b) : Math.min(a, b))),
  );
  const radius = limit(0.6 * Math.max(right - left, high - low));
  return { x: (left + right) / 2, y: (low + high) / 2, radius };
}

/** Return whether a box is inside a view. */
export const contains = (view, [left, right, low, high]) =>
  left >= view.x - view.radius && right <= view.x + view.radius &&
  low >= view.y - view.radius && high <= view.y + view.radius;
