// Pointers and keys on the plane: they move z, pin it, and move the view.

import { directionOf, positionOf, trackPointers } from "./dom.js";
import { pan, zoom } from "./view.js";

const CLICK = 5; // pixels on the screen that a click may move
const GRAB = 30; // and the distance at which a finger grabs z

const distance = ([x0, y0], [x1, y1]) => Math.hypot(x1 - x0, y1 - y0);
const span = ([[x0, y0], [x1, y1]]) => [(x0 + x1) / 2, (y0 + y1) / 2, distance([x0, y0], [x1, y1])];

/**
 * Watch the pointers of a canvas. A mouse shows z where it is, a click or a tap pins it, and a
 * finger that starts at z drags it; any other swipe scrolls the page. A dragging mouse or two
 * fingers move the view, if there is `onView`. `frame()` has the positions on the canvas.
 */
export function watchPointers(canvas, { frame, marker, view, onHover, onPin, onView }) {
  const pointers = new Map();
  const pixel = () => canvas.width / canvas.clientWidth;
  const at = (position) => frame().fromCanvas(...position);
  const isNear = (position) => distance(position, marker()) < GRAB * pixel();
  function down(position, event) {
    if (event.button !== 0) return false;
    const grabs = event.pointerType !== "mouse" && isNear(position);
    pointers.set(event.pointerId, { start: position, now: position, grabs, moved: pointers.size > 0 });
    return true;
  }
  function move(position, event, isDown) {
    if (!isDown) return event.pointerType === "mouse" && onHover(at(position));
    const pointer = pointers.get(event.pointerId);
    const before = [...pointers.values()].map(({ now }) => now);
    const last = pointer.now;
    pointer.now = position;
    pointer.moved ||= distance(pointer.start, position) > CLICK * pixel();
    if (!pointer.moved) return;
    if (pointers.size === 2) pinch(before, [...pointers.values()].map(({ now }) => now));
    else if (pointer.grabs) onPin(at(position));
    else if (event.pointerType === "mouse") drag(last, position);
  }
  function up(position, event) {
    const { moved, grabs } = pointers.get(event.pointerId);
    pointers.delete(event.pointerId);
    for (const other of pointers.values()) other.moved = true;
    if (!moved && !grabs && event.type === "pointerup") onPin(at(position));
  }
  function drag([left0, top0], [left1, top1]) {
    const { perUnit } = frame();
    const { x, y, radius } = view();
    onView?.({ x: x - (left1 - left0) / perUnit, y: y + (top1 - top0) / perUnit, radius });
  }
  function pinch(before, after) {
    if (!onView) return;
    const [[x0, y0, far0], [x1, y1, far1]] = [span(before), span(after)];
    drag([x0, y0], [x1, y1]);
    onView(zoom(view(), far0 / Math.max(1, far1), at([x1, y1])));
  }
  trackPointers(canvas, { down, move, up });
  canvas.addEventListener("pointerleave", () => onHover(null));
  const keep = (event) => {
    const grabs = isNear(positionOf(event.touches[0], canvas));
    if (grabs || (onView && event.touches.length === 2)) event.preventDefault(); // no scrolling
  };
  canvas.addEventListener("touchstart", keep, { passive: false });
  if (onView) watchWheel(canvas, at, view, onView);
}

function watchWheel(canvas, at, view, onView) {
  const turn = (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
    event.preventDefault();
    onView(zoom(view(), Math.exp(event.deltaY / 300), at(positionOf(event, canvas))));
  };
  canvas.addEventListener("wheel", turn, { passive: false });
}

/** Watch the keys of a canvas: arrows step z, with Shift the view; others zoom. */
export function watchKeys(canvas, { view, onStep, onView, onAll, onRelease }) {
  canvas.addEventListener("keydown", (event) => {
    const direction = directionOf(event);
    if (direction && event.shiftKey) onView(pan(view(), ...direction.map((sign) => 0.16 * sign)));
    else if (direction) onStep(direction.map((sign) => 0.04 * sign * view().radius));
    else if (event.key === "+" || event.key === "=") onView(zoom(view(), 0.8));
    else if (event.key === "-") onView(zoom(view(), 1.25));
    else if (event.key === "0") onAll();
    else if (event.key === "Escape") onRelease();
    else return;
    event.preventDefault();
  });
}
