// Painting on the latent plane.

import { makeAxis } from "../core/prior.js";
import { classColor } from "./data.js";
import { channels, color, make } from "./dom.js";

/** Make a hidden square canvas that is painted once and drawn often. */
export function makeLayer(side) {
  const layer = make("canvas", { width: side, height: side });
  return [layer, layer.getContext("2d")];
}

/** Draw a Gaussian as ellipses at 1, 2 and 3 standard deviations. */
export function drawEllipses(context, frame, loc, scale) {
  for (const radius of [1, 2, 3]) {
    const radii = scale.map((deviation) => radius * deviation * frame.perUnit);
    context.beginPath();
    context.ellipse(...frame.toCanvas(...loc), ...radii, 0, 0, 2 * Math.PI);
    context.stroke();
  }
}

/** Draw a one-dimensional Gaussian as lines at 1, 2 and 3 standard deviations. */
export function drawLines(context, frame, [loc], [scale]) {
  for (const radius of [-3, -2, -1, 1, 2, 3]) {
    const [left] = frame.toCanvas(loc + radius * scale, 0);
    context.beginPath();
    context.moveTo(left, 0);
    context.lineTo(left, frame.side);
    context.stroke();
  }
}

/** Draw points in the colors of their classes, faint if another class is chosen. */
export function drawPoints(context, frame, points, chosenClass) {
  const size = Math.max(2, frame.side / 220);
  const colors = Array.from({ length: 10 }, (_, i) => color(classColor(i)));
  for (const { x, y, label } of points) {
    const other = chosenClass !== null && chosenClass !== label;
    context.globalAlpha = other ? 0.06 : 1;
    context.fillStyle = colors[label % 10];
    const [left, top] = frame.toCanvas(x, y);
    context.fillRect(left - size / 2, top - size / 2, size, size);
  }
  context.globalAlpha = 1;
}

/** Paint the true posterior as shading, interpolated between the points of the grid. */
export function paintHeat(frame, prior, { logPosterior, most }) {
  const side = Math.min(frame.side, 500);
  const [layer, context] = makeLayer(side);
  const pixels = context.createImageData(side, side);
  const shade = channels("accent");
  const axes = [0, 1].map((d) => makeAxis(prior, d));
  const count = axes[0].z.length;
  const [across, up] = axes.map((axis, d) =>
    Float64Array.from({ length: side }, (_, i) => {
      const middle = ((i + 0.5) * frame.side) / side;
      return axis.positionOf(frame.fromCanvas(middle, middle)[d]);
    }),
  );
  for (let j = 0; j < side; j++) {
    const row = Math.floor(up[j]);
    if (!(row >= 0 && row < count - 1)) continue;
    for (let i = 0; i < side; i++) {
      const column = Math.floor(across[i]);
      if (!(column >= 0 && column < count - 1)) continue;
      const [u, v] = [across[i] - column, up[j] - row];
      const k = row * count + column;
      const value =
        (1 - v) * ((1 - u) * logPosterior[k] + u * logPosterior[k + 1]) +
        v * ((1 - u) * logPosterior[k + count] + u * logPosterior[k + count + 1]);
      const share = Math.exp(0.5 * (value - most)); // the square root, so that tails are visible
      if (share < 0.02) continue;
      pixels.data.set([...shade, 255 * Math.min(1, share)], 4 * (j * side + i));
    }
  }
  context.putImageData(pixels, 0, 0);
  return layer;
}

/** Draw one-dimensional densities as curves above the lower edge. */
export function drawCurves(context, frame, prior, { loc, scale, logPosterior, most }) {
  const { width, height } = context.canvas;
  const axis = makeAxis(prior, 0);
  const gaussian = (z) => Math.exp(-0.5 * ((z - loc[0]) / scale[0]) ** 2) / (scale[0] * Math.sqrt(2 * Math.PI));
  const highest = Math.max(gaussian(loc[0]), logPosterior ? Math.exp(most) : 0);
  const curve = (density) => {
    context.beginPath();
    for (let left = 0; left <= width; left++) {
      const [z] = frame.fromCanvas(left, 0);
      context.lineTo(left, height * (1 - (0.9 * density(z)) / highest));
    }
  };
  if (logPosterior) {
    curve((z) => {
      const position = axis.positionOf(z);
      const i = Math.floor(position);
      if (!(i >= 0 && i < axis.z.length - 1)) return 0;
      return Math.exp(logPosterior[i] + (position - i) * (logPosterior[i + 1] - logPosterior[i]));
    });
    context.lineTo(width, height);
    context.lineTo(0, height);
    context.globalAlpha = 0.5;
    context.fillStyle = color("accent");
    context.fill();
    context.globalAlpha = 1;
  }
  curve(gaussian);
  context.stroke();
}

/** Mark z by a cross. */
export function drawCross(context, left, top, unit) {
  for (const [style, width] of [[color("paper"), 5], [color("accent"), 2.5]]) {
    context.strokeStyle = style;
    context.lineWidth = width * unit;
    context.beginPath();
    context.arc(left, top, 9 * unit, 0, 2 * Math.PI);
    context.moveTo(left - 15 * unit, top);
    context.lineTo(left + 15 * unit, top);
    context.moveTo(left, top - 15 * unit);
    context.lineTo(left, top + 15 * unit);
    context.stroke();
  }
}
