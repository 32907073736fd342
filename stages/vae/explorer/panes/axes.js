// Axes with numbers, on the plane and of curves.

import { clearCanvas, color } from "./dom.js";

/** Return round numbers in a range, about `count` of them. */
export function ticks(from, to, count) {
  const rough = (to - from) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((value) => value >= rough);
  const first = Math.ceil(from / step);
  const length = Math.floor(to / step) - first + 1;
  return Array.from({ length }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Write text with an outline in the color of the paper, so that it can be read on anything. */
export function write(context, text, left, top) {
  context.strokeStyle = color("paper");
  context.lineWidth = 4 * devicePixelRatio;
  context.lineJoin = "round";
  context.setLineDash([]);
  context.strokeText(text, left, top);
  context.fillText(text, left, top);
}

/** Prepare a context for text of `size` pixels. */
export function useFont(context, size = 11) {
  context.font = `${size * devicePixelRatio}px system-ui, sans-serif`;
  context.fillStyle = color("ink");
}

const minus = (value) => String(value).replace("-", "−");

/** Draw the axes of the plane at its lower and left edge. */
export function drawAxes(context, { side, fromCanvas, toCanvas }, names) {
  const unit = devicePixelRatio;
  const [low, high] = [fromCanvas(0, side), fromCanvas(side, 0)];
  useFont(context);
  names.forEach((name, d) => {
    context.textAlign = d ? "left" : "center";
    context.textBaseline = d ? "middle" : "bottom";
    for (const value of ticks(low[d], high[d], Math.max(2, side / (50 * unit)))) {
      const position = toCanvas(value, value)[d];
      if (position < 24 * unit || position > side - 30 * unit) continue;
      if (d) context.fillRect(0, position, 4 * unit, unit);
      else context.fillRect(position, side - 4 * unit, unit, 4 * unit);
      if (d) write(context, minus(value), 10 * unit, position);
      else write(context, minus(value), position, side - 5 * unit);
    }
    if (d) write(context, name, 4 * unit, 10 * unit);
    else write(context, name, side - 12 * unit, side - 4 * unit);
  });
}

/**
 * Draw curves in a chart: `lines` are {values, color, dash}, with `values` [[x, y], ...].
 * Values below the chart are at its lower edge.
 */
export function drawChart(canvas, ratio, { lines, across: [from, to], up: [low, high], names }) {
  const context = clearCanvas(canvas, ratio);
  const unit = devicePixelRatio;
  const [width, height] = [canvas.width, canvas.height];
  const [x0, y0] = [46 * unit, height - 20 * unit];
  const left = (value) => x0 + ((width - x0 - 16 * unit) * (value - from)) / (to - from || 1);
  const top = (value) => y0 - ((y0 - 8 * unit) * (Math.max(low, value) - low)) / (high - low);
  useFont(context);
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const value of ticks(low, high, 4)) {
    context.fillText(minus(value), x0 - 5 * unit, top(value));
    context.globalAlpha = 0.25;
    context.fillRect(x0, top(value), width - x0, unit);
    context.globalAlpha = 1;
  }
  context.textAlign = "center";
  for (const value of ticks(from, to, 4)) context.fillText(value, left(value), height - 8 * unit);
  for (const { values, color: name, dash = [] } of lines) {
    context.strokeStyle = color(name);
    context.lineWidth = 2 * unit;
    context.setLineDash(dash.map((length) => length * unit));
    context.beginPath();
    for (const [x, y] of values) context.lineTo(left(x), top(y));
    context.stroke();
  }
  context.textAlign = "right";
  write(context, names, width - 8 * unit, y0 - 10 * unit);
}
