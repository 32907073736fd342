// Pointers and keys on the plane: they move z, pin it, and move the view.

import { positionOf, trackPointers } from "./dom.js";
import { pan, zoom } from "./view.js";

const CLICK = 5; // pixels on the screen that a click may move
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

const distance = ([x0, y0], [x1, y1]) => Math.hypot(x1 - x0, y1 - y0);
const middle = ([[x0, y0], [x1, y1]]) => [(x0 + x1) / 2, (y0 + y1) / 2];

/**
 * Watch the pointers of a canvas. A mouse shows z where it is, and a click pins it; a finger pins z
 * where it is. A dragging mouse or two fingers move the view, if there is `onView`. `frame()` has
 * the positions on the canvas.
 */
export function watchPointers(canvas, { frame, view, onHover, onPin, onView }) {
  const pointers = new Map(); // those that are down
  const at = (position) => frame().fromCanvas(...position);
  const positions = () => [...pointers.values()].map(({ now }) => now);
  trackPointers(canvas, {
    down: (position, event) => pointers.set(event.pointerId, { start: position, now: position }),
    move(position, event, isDown) {
      if (!isDown) return event.pointerType === "mouse" && onHover(at(position));
      const before = positions();
      const pointer = pointers.get(event.pointerId);
      pointer.now = position;
      pointer.moved ||= distance(pointer.start, position) > (CLICK * canvas.width) / canvas.clientWidth;
      if (pointers.size === 2) pinch(before, positions());
      else if (event.pointerType !== "mouse") onPin(at(position));
      else if (pointer.moved) drag(before[0], position);
    },
    up(position, { pointerId, type }) {
      const { moved } = pointers.get(pointerId);
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
}

/** Watch the wheel, with Ctrl, and the keys of a canvas: arrows step z, with Shift the view. */
export function watchZoom(canvas, { frame, view, z, onView, onPin }) {
  const turn = (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
    event.preventDefault();
    const point = frame().fromCanvas(...positionOf(event, canvas));
    onView(zoom(view(), Math.exp(event.deltaY / 300), point));
  };
  canvas.addEventListener("wheel", turn, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const { radius } = view();
    const direction = DIRECTIONS[event.key];
    if (direction && event.shiftKey) onView(pan(view(), ...direction.map((sign) => 0.16 * sign * radius)));
    else if (direction) onPin(z().map((value, d) => value + 0.04 * direction[d] * radius));
    else if (event.key === "+") onView(zoom(view(), 0.8));
    else if (event.key === "-") onView(zoom(view(), 1.25));
    else return;
    event.preventDefault();
  });
}
