// The visible part of the latent plane, and pointers and keys that move it or z.

import { directionOf, positionOf, trackPointers } from "./dom.js";

/** Make the view of a square of the plane; `onChange()` is called when it changes. */
export function makeView(canvas, start, onChange) {
  let { x, y, radius } = start;
  const largest = Math.max(20, start.radius);
  const perUnit = () => canvas.width / (2 * radius);
  const toCanvas = (across, up) => [
    canvas.width / 2 + (across - x) * perUnit(),
    canvas.height / 2 - (up - y) * perUnit(),
  ];
  const fromCanvas = (left, top) => [
    x + (left - canvas.width / 2) / perUnit(),
    y - (top - canvas.height / 2) / perUnit(),
  ];
  function set(centerX, centerY, wanted) {
    [x, y, radius] = [centerX, centerY, Math.min(largest, Math.max(0.01, wanted))];
    onChange();
  }
  return {
    perUnit,
    toCanvas,
    fromCanvas,
    set,
    radius: () => radius,
    showAll: () => set(start.x, start.y, start.radius),
    /** Zoom about a point of the plane, by default the center. */
    zoom(factor, [across, up] = [x, y]) {
      set(across + (x - across) * factor, up + (y - up) * factor, radius * factor);
    },
    /** Move the view from one position of the canvas to another. */
    drag([left0, top0], [left1, top1]) {
      set(x - (left1 - left0) / perUnit(), y + (top1 - top0) / perUnit(), radius);
    },
    /** Move the view by multiples of its radius. */
    pan: (across, up) => set(x + across * radius, y + up * radius, radius),
  };
}

/** Move z by a hovering or touching pointer, and the view by a dragging mouse or two fingers. */
export function watchPointers(canvas, view, onMove) {
  const moveTo = (position) => onMove(...view.fromCanvas(...position));
  const span = (pointers) => {
    const [[x0, y0], [x1, y1]] = pointers.values();
    return [(x0 + x1) / 2, (y0 + y1) / 2, Math.hypot(x1 - x0, y1 - y0)];
  };
  function begin(position, pointers) {
    if (!pointers.size) moveTo(position);
    return position;
  }
  function move(now, { pointerId, pointerType }, pointers) {
    const before = pointers.get(pointerId);
    const [x0, y0, far0] = pointers.size === 2 ? span(pointers) : [];
    if (before) pointers.set(pointerId, now);
    if (before && pointers.size === 2) {
      const [x1, y1, far1] = span(pointers);
      view.drag([x0, y0], [x1, y1]);
      view.zoom(far0 / Math.max(1, far1), view.fromCanvas(x1, y1));
    } else if (before && pointerType === "mouse") view.drag(before, now);
    else moveTo(now);
  }
  trackPointers(canvas, begin, move);
  const zoom = (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
    event.preventDefault();
    view.zoom(Math.exp(event.deltaY / 300), view.fromCanvas(...positionOf(event, canvas)));
  };
  canvas.addEventListener("wheel", zoom, { passive: false });
}

/** Call `onStep(x, y)` with a step of z, move or zoom the view, by keys. */
export function watchKeys(canvas, view, onStep) {
  canvas.addEventListener("keydown", (event) => {
    const direction = directionOf(event);
    if (direction && event.shiftKey) view.pan(...direction.map((sign) => 0.16 * sign));
    else if (direction) onStep(...direction.map((sign) => 0.04 * sign * view.radius()));
    else if (event.key === "+" || event.key === "=") view.zoom(0.8);
    else if (event.key === "-") view.zoom(1.25);
    else if (event.key === "0") view.showAll();
    else return;
    event.preventDefault();
  });
}
