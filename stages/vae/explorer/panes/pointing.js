// Pointers and keys on the plane: they move z, pin it, and move the view.

import { positionOf, trackPointers } from "./dom.js";
import { pan, zoom } from "./view.js";

const CLICK = 5; // pixels on the screen that a click may move
const GRAB = 30; // and the distance at which a finger grabs z
export const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

const distance = ([x0, y0], [x1, y1]) => Math.hypot(x1 - x0, y1 - y0);
const middle = ([[x0, y0], [x1, y1]]) => [(x0 + x1) / 2, (y0 + y1) / 2];

/**
 * Watch the pointers of a canvas. A mouse shows z where it is, a click or a tap pins it, and a
 * finger that starts at z drags it; any other swipe scrolls the page. A dragging mouse or two
 * fingers move the view, if there is `onView`. `frame()` has the positions on the canvas.
 */
export function watchPointers(canvas, { frame, view, z, onHover, onPin, onView }) {
  const pointers = new Map(); // those that are down
  const at = (position) => frame().fromCanvas(...position);
  const positions = () => [...pointers.values()].map(({ now }) => now);
  const isFar = (from, to, most) => distance(from, to) > (most * canvas.width) / canvas.clientWidth;
  const isAtZ = (position) => !isFar(frame().toCanvas(...z()), position, GRAB);
  trackPointers(canvas, {
    down(position, { pointerId, pointerType }) {
      const grabs = pointerType !== "mouse" && isAtZ(position);
      pointers.set(pointerId, { start: position, now: position, grabs });
      if (pointers.size > 1) pointers.forEach((pointer) => (pointer.moved = true));
    },
    move(position, event, isDown) {
      if (!isDown) return event.pointerType === "mouse" && onHover(at(position));
      const before = positions();
      const pointer = pointers.get(event.pointerId);
      pointer.now = position;
      pointer.moved ||= isFar(pointer.start, position, CLICK);
      if (pointers.size === 2) pinch(before, positions());
      else if (pointer.grabs) onPin(at(position));
      else if (pointer.moved && event.pointerType === "mouse") drag(before[0], position);
    },
    up(position, { pointerId, type }) {
      const { moved } = pointers.get(pointerId) ?? { moved: true }; // another button
      pointers.delete(pointerId);
      if (!moved && type === "pointerup") onPin(at(position));
    },
  });
  function drag(from, to) {
    const [[x0, y0], [x1, y1]] = [at(from), at(to)];
    onView?.(pan(view(), x0 - x1, y0 - y1));
  }
  function pinch(before, after) {
    drag(middle(before), middle(after));
    onView?.(zoom(view(), distance(...before) / Math.max(1, distance(...after)), at(middle(after))));
  }
  canvas.addEventListener("pointerleave", () => onHover(null));
  const keep = (event) => {
    const { length, 0: touch } = event.touches;
    if (isAtZ(positionOf(touch, canvas)) || (onView && length > 1)) event.preventDefault(); // no scrolling
  };
  canvas.addEventListener("touchstart", keep, { passive: false });
}

/** Watch the wheel, with Ctrl, and the keys of a canvas: arrows step z, with Shift the view. */
export function watchZoom(canvas, { frame, view, z, onView, onPin, onRelease }) {
  const turn = (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
    event.preventDefault();
    const point = frame().fromCanvas(...positionOf(event, canvas));
    onView(zoom(view(), Math.exp(event.deltaY / 300), point));
  };
  canvas.addEventListener("wheel", turn, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return; // the browser's
    const { radius } = view();
    const direction = DIRECTIONS[event.key];
    if (direction && event.shiftKey) onView(pan(view(), ...direction.map((sign) => 0.16 * sign * radius)));
    else if (direction) onPin(z().map((value, d) => value + 0.04 * direction[d] * radius));
    else if (event.key === "+") onView(zoom(view(), 0.8));
    else if (event.key === "-") onView(zoom(view(), 1.25));
    else if (event.key === "0") onView(null);
    else if (event.key === "Escape") onRelease();
    else return;
    event.preventDefault();
  });
}
