// Painting on the latent plane, which is a line if there is a single dimension.

import { makeAxes } from "../core/prior.js";
import { classColor, decodeImages, prior, shape, single, withPoint } from "./data.js";
import { channels, color, drawImages, make } from "./dom.js";

const NUM_IMAGES = 14; // decoded images along a side
const HEAT_SIDE = 400; // pixels along a side of the shading

/** Draw a Gaussian as ellipses, or lines if it has one dimension, at 1, 2 and 3 deviations. */
export function drawGaussian(context, { side, perUnit, toCanvas }, loc, scale) {
  const [left, top] = toCanvas(...loc);
  context.beginPath();
  for (const radius of [1, 2, 3]) {
    const [width, height] = scale.map((deviation) => radius * deviation * perUnit);
    if (scale[1] === 0) {
      for (const x of [left - width, left + width]) {
        context.moveTo(x, 0);
        context.lineTo(x, side);
      }
    } else {
      context.moveTo(left + width, top);
      context.ellipse(left, top, width, height, 0, 0, 2 * Math.PI);
    }
  }
  context.stroke();
}

/** Draw points in the colors of their classes, faint if another class is chosen. */
export function drawPoints(context, { side, toCanvas }, points, chosenClass) {
  const size = Math.max(2, side / 220);
  const colors = Array.from({ length: 10 }, (_, i) => color(classColor(i)));
  for (const { x, y, label } of points) {
    context.globalAlpha = [null, label].includes(chosenClass) ? 1 : 0.06;
    context.fillStyle = colors[label % 10];
    const [left, top] = toCanvas(x, y);
    context.fillRect(left - size / 2, top - size / 2, size, size);
  }
  context.globalAlpha = 1;
}

/** Draw images decoded from the middles of squares of the plane. */
export function drawManifold(context, { side, fromCanvas }) {
  const cell = side / NUM_IMAGES;
  const middle = (n) => fromCanvas((n % NUM_IMAGES + 0.5) * cell, (Math.floor(n / NUM_IMAGES) + 0.5) * cell);
  const rows = Array.from({ length: NUM_IMAGES ** 2 }, (_, n) => withPoint(prior.mean, middle(n)));
  context.drawImage(drawImages(make("canvas"), decodeImages(rows), shape, NUM_IMAGES), 0, 0, side, side);
}

/** Interpolate between values in rows of `count`; outside of them return -Infinity. */
function interpolate(values, count, across, up) {
  const [column, row] = [Math.floor(across), Math.floor(up)];
  const inside = column >= 0 && column < count - 1 && row >= 0 && row < values.length / count - 1;
  if (!inside) return -Infinity;
  const [u, v, k] = [across - column, up - row, row * count + column];
  return (
    (1 - v) * ((1 - u) * values[k] + u * values[k + 1]) +
    v * ((1 - u) * values[k + count] + u * values[k + count + 1])
  );
}

/** Paint the true posterior as shading. */
export function paintHeat({ side, fromCanvas }, { logPosterior, most }) {
  const layer = make("canvas", { width: HEAT_SIDE, height: HEAT_SIDE });
  const context = layer.getContext("2d");
  const pixels = context.createImageData(HEAT_SIDE, HEAT_SIDE);
  const shade = channels("accent");
  const axes = makeAxes(prior);
  const values = single ? [...logPosterior, ...logPosterior] : logPosterior; // at least two rows
  const points = Array.from({ length: HEAT_SIDE }, (_, i) => {
    const position = ((i + 0.5) * side) / HEAT_SIDE;
    return fromCanvas(position, position);
  });
  const [across, up = points.map(() => 0)] = axes.map(({ positionOf }, d) =>
    points.map((point) => positionOf(point[d])),
  );
  for (let i = 0; i < HEAT_SIDE ** 2; i++) {
    const [column, row] = [i % HEAT_SIDE, Math.floor(i / HEAT_SIDE)];
    const value = interpolate(values, axes[0].z.length, across[column], up[row]);
    const share = Math.exp(0.5 * (value - most)); // the square root, so that tails are visible
    if (share > 0.02) pixels.data.set([...shade, 255 * share], 4 * i);
  }
  context.putImageData(pixels, 0, 0);
  return layer;
}

/** Mark z by a cross. */
export function drawCross(context, [left, top], unit) {
  const path = new Path2D("M -15 0 H 15 M 0 -15 V 15 M 9 0 A 9 9 0 1 1 9 -.01");
  context.save();
  context.translate(left, top);
  context.scale(unit, unit);
  for (const [style, width] of [[color("paper"), 5], [color("accent"), 2.5]]) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.stroke(path);
  }
  context.restore();
}
