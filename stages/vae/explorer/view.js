"use strict";
// Which part of the latent plane is shown, and how pointers and keys move it and z.

/** The part of the plane, a square, that a canvas shows; `onChange()` as it is another. */
function makeView(canvas, start, onChange) {
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

  function set(centreX, centreY, wanted) {
    [x, y, radius] = [centreX, centreY, Math.min(largest, Math.max(0.01, wanted))];
    onChange();
  }

  return {
    perUnit,
    toCanvas,
    fromCanvas,
    set,
    showAll: () => set(start.x, start.y, start.radius),
    zoom: (factor) => set(x, y, radius * factor),
    /** Zoom so that a place of the canvas stays where it is. */
    zoomAt(left, top, factor) {
      const [across, up] = fromCanvas(left, top);
      set(across + (x - across) * factor, up + (y - up) * factor, radius * factor);
    },
    /** Move what is seen from one place of the canvas to another. */
    drag([left0, top0], [left1, top1]) {
      set(x - (left1 - left0) / perUnit(), y + (top1 - top0) / perUnit(), radius);
    },
    /** The view by so many of its radii. */
    pan: (across, up) => set(x + across * radius, y + up * radius, radius),
    radius: () => radius,
  };
}

/** One pointer hovers or touches to move z; a dragging mouse or two fingers the view. */
function watchPointers(canvas, view, onMove) {
  const pointers = new Map();
  const moveTo = (place) => onMove(...view.fromCanvas(...place));
  const span = ([[x0, y0], [x1, y1]]) => [(x0 + x1) / 2, (y0 + y1) / 2, Math.hypot(x1 - x0, y1 - y0)];

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, placeOf(event, canvas));
    if (pointers.size === 1) moveTo(placeOf(event, canvas));
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    const now = placeOf(event, canvas);
    if (before && pointers.size === 2) {
      const [x0, y0, far0] = span([...pointers.values()]);
      pointers.set(event.pointerId, now);
      const [x1, y1, far1] = span([...pointers.values()]);
      view.drag([x0, y0], [x1, y1]);
      view.zoomAt(x1, y1, far0 / Math.max(1, far1));
      return;
    }
    if (before) pointers.set(event.pointerId, now);
    if (before && event.pointerType === "mouse") view.drag(before, now);
    else moveTo(now);
  });
  for (const type of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(type, (event) => pointers.delete(event.pointerId));
  }
  canvas.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
      event.preventDefault();
      view.zoomAt(...placeOf(event, canvas), Math.exp(event.deltaY / 300));
    },
    { passive: false },
  );
}

/** Arrows call `onStep(x, y)` with a step of z, or move the view; others zoom. */
function watchKeys(canvas, view, onStep) {
  const STEP = 0.04; // of the view's radius
  canvas.addEventListener("keydown", (event) => {
    const directions = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const direction = directions[event.key];
    if (direction && event.shiftKey) view.pan(...direction.map((sign) => 4 * STEP * sign));
    else if (direction) onStep(...direction.map((sign) => STEP * sign * view.radius()));
    else if (event.key === "+" || event.key === "=") view.zoom(0.8);
    else if (event.key === "-") view.zoom(1.25);
    else if (event.key === "0") view.showAll();
    else return;
    event.preventDefault();
  });
}
