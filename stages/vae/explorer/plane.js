"use strict";
// The latent plane: points, densities, and the pointer that moves z.

/** Fit the pixels of a canvas to those of the screen. */
function fitSquare(canvas) {
  const side = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
  if (canvas.width !== side || canvas.height !== side) canvas.width = canvas.height = side;
}

/**
 * The plane of two latent dimensions, or of one and the classes.
 *
 * `points` are {x, y, label}, `prior` what `describePrior` says of p(z) in these
 * dimensions; `onMove(x, y)` is called as a pointer or a key moves z.
 * What is drawn over the points is in `overlay`, see `draw`.
 */
function makePlane(canvas, { points, single, prior, onMove }) {
  const [centreX, centreY = 0] = prior.mean;
  const start = { x: centreX, y: centreY, radius: 4.2 * Math.max(...prior.deviation) };
  let view = { ...start };
  let chosenClass = null;
  let overlay = { point: [0, 0] };
  let ground = null; // the points, drawn once for a view
  let heat = null;
  let requested = false;

  const perUnit = () => canvas.width / (2 * view.radius);
  const toCanvas = (x, y) => [
    canvas.width / 2 + (x - view.x) * perUnit(),
    canvas.height / 2 - (y - view.y) * perUnit(),
  ];
  const fromCanvas = (left, top) => [
    view.x + (left - canvas.width / 2) / perUnit(),
    view.y - (top - canvas.height / 2) / perUnit(),
  ];

  function request() {
    if (!requested) requestAnimationFrame(draw);
    requested = true;
  }

  function setView(x, y, radius) {
    view = { x, y, radius: Math.min(Math.max(20, start.radius), Math.max(0.01, radius)) };
    ground = heat = null;
    request();
  }

  function paintGround() {
    const layer = document.createElement("canvas");
    layer.width = layer.height = canvas.width;
    const context = layer.getContext("2d");
    const size = Math.max(2, canvas.width / 220);
    const colors = Array.from({ length: 10 }, (_, i) => color(`class-${i}`));
    for (const { x, y, label } of points) {
      const other = chosenClass !== null && chosenClass !== label;
      context.globalAlpha = other ? 0.06 : 0.75;
      context.fillStyle = colors[label % 10];
      const [left, top] = toCanvas(x, y);
      context.fillRect(left - size / 2, top - size / 2, size, size);
    }
    context.globalAlpha = 1;
    context.strokeStyle = color("muted");
    context.lineWidth = devicePixelRatio;
    context.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
    for (const radius of [1, 2, 3]) {
      context.beginPath();
      if (single) {
        for (const x of [-radius, radius]) {
          const [left] = toCanvas(centreX + x * prior.deviation[0], 0);
          context.moveTo(left, 0);
          context.lineTo(left, canvas.height);
        }
      } else {
        const radii = prior.deviation.map((deviation) => radius * deviation * perUnit());
        context.ellipse(...toCanvas(centreX, centreY), ...radii, 0, 0, 2 * Math.PI);
      }
      context.stroke();
    }
    return layer;
  }

  /** The true posterior as a shade, by interpolation between the points of the grid. */
  function paintHeat(logPosterior, most) {
    const layer = document.createElement("canvas");
    const side = (layer.width = layer.height = Math.min(canvas.width, 700));
    const context = layer.getContext("2d");
    const pixels = context.createImageData(side, side);
    const shade = channels("accent");
    const axes = [0, 1].map((d) => makeAxis(prior, d));
    const count = axes[0].z.length;
    const ratio = canvas.width / side;
    const places = (coordinate) =>
      Float64Array.from({ length: side }, (_, i) => {
        const middle = (i + 0.5) * ratio;
        return axes[coordinate].placeOf(fromCanvas(middle, middle)[coordinate]);
      });
    const [across, up] = [places(0), places(1)];
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
        const share = Math.exp(0.5 * (value - most)); // the root, so that tails are seen
        if (share < 0.02) continue;
        pixels.data.set([...shade, 255 * Math.min(1, share)], 4 * (j * side + i));
      }
    }
    context.putImageData(pixels, 0, 0);
    return layer;
  }

  /** Densities over the single dimension, as curves from the lower edge. */
  function drawCurves(context, { loc, scale, logPosterior }) {
    const axis = makeAxis(prior, 0);
    const gaussian = (z) => Math.exp(-0.5 * ((z - loc[0]) / scale[0]) ** 2) / (scale[0] * Math.sqrt(2 * Math.PI));
    const most = Math.max(gaussian(loc[0]), logPosterior ? Math.exp(logPosterior.reduce((a, b) => Math.max(a, b))) : 0);
    const curve = (density) => {
      context.beginPath();
      for (let left = 0; left <= canvas.width; left++) {
        const [z] = fromCanvas(left, 0);
        context.lineTo(left, canvas.height * (1 - (0.9 * density(z)) / most));
      }
    };
    if (logPosterior) {
      curve((z) => {
        const place = axis.placeOf(z);
        const i = Math.floor(place);
        if (!(i >= 0 && i < axis.z.length - 1)) return 0;
        return Math.exp(logPosterior[i] + (place - i) * (logPosterior[i + 1] - logPosterior[i]));
      });
      context.lineTo(canvas.width, canvas.height);
      context.lineTo(0, canvas.height);
      context.globalAlpha = 0.5;
      context.fillStyle = color("accent");
      context.fill();
      context.globalAlpha = 1;
    }
    curve(gaussian);
    context.stroke();
  }

  /**
   * Draw the points, then the overlay: {point, posterior: {loc, scale, logPosterior},
   * samples, prior, path}; all places are in the plane.
   */
  function draw() {
    requested = false;
    const before = canvas.width;
    fitSquare(canvas);
    if (canvas.width !== before) ground = heat = null;
    const context = canvas.getContext("2d");
    const unit = devicePixelRatio;
    context.clearRect(0, 0, canvas.width, canvas.height);
    ground ??= paintGround();
    context.drawImage(ground, 0, 0);
    const { point, posterior, samples = [], prior = [], path } = overlay;
    context.strokeStyle = context.fillStyle = color("ink");
    context.lineWidth = 2 * unit;
    if (posterior && single) drawCurves(context, posterior);
    if (posterior && !single) {
      if (posterior.logPosterior) {
        heat ??= paintHeat(posterior.logPosterior, posterior.most);
        context.drawImage(heat, 0, 0, canvas.width, canvas.height);
      }
      context.lineWidth = 1.5 * unit;
      for (const radius of [1, 2, 3]) {
        const [a, b] = posterior.scale.map((scale) => radius * scale * perUnit());
        context.beginPath();
        context.ellipse(...toCanvas(...posterior.loc), a, b, 0, 0, 2 * Math.PI);
        context.stroke();
      }
    }
    const mark = (x, y, radius) => {
      context.beginPath();
      context.arc(...toCanvas(x, y), radius * unit, 0, 2 * Math.PI);
    };
    for (const [x, y] of samples) {
      mark(x, y, 1.5);
      context.fill();
    }
    for (const [x, y] of prior) {
      mark(x, y, 5);
      context.stroke();
    }
    if (path) {
      context.beginPath();
      path.forEach(([x, y]) => context.lineTo(...toCanvas(x, y)));
      context.stroke();
    }
    const [left, top] = toCanvas(...point);
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

  // Pointers: one hovers or touches to move z, a dragging mouse or two fingers the view.
  const pointers = new Map();
  const span = ([[x0, y0], [x1, y1]]) => [(x0 + x1) / 2, (y0 + y1) / 2, Math.hypot(x1 - x0, y1 - y0)];

  function drag([left0, top0], [left1, top1]) {
    setView(view.x - (left1 - left0) / perUnit(), view.y + (top1 - top0) / perUnit(), view.radius);
  }
  function zoomAt(left, top, factor) {
    const [x, y] = fromCanvas(left, top);
    setView(x + (view.x - x) * factor, y + (view.y - y) * factor, view.radius * factor);
  }

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, placeOf(event, canvas));
    if (pointers.size === 1) onMove(...fromCanvas(...placeOf(event, canvas)));
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    const now = placeOf(event, canvas);
    if (before && pointers.size === 2) {
      const [x0, y0, far0] = span([...pointers.values()]);
      pointers.set(event.pointerId, now);
      const [x1, y1, far1] = span([...pointers.values()]);
      drag([x0, y0], [x1, y1]);
      zoomAt(x1, y1, far0 / Math.max(1, far1));
      return;
    }
    if (before) pointers.set(event.pointerId, now);
    if (before && event.pointerType === "mouse") drag(before, now);
    else onMove(...fromCanvas(...now));
  });
  for (const type of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(type, (event) => pointers.delete(event.pointerId));
  }
  canvas.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
      event.preventDefault();
      zoomAt(...placeOf(event, canvas), Math.exp(event.deltaY / 300));
    },
    { passive: false },
  );
  canvas.addEventListener("keydown", (event) => {
    const directions = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const direction = directions[event.key];
    if (direction) {
      const [dx, dy] = direction.map((sign) => sign * view.radius * 0.04);
      if (event.shiftKey) setView(view.x + 4 * dx, view.y + 4 * dy, view.radius);
      else onMove(overlay.point[0] + dx, overlay.point[1] + dy);
    } else if (event.key === "+" || event.key === "=") zoom(0.8);
    else if (event.key === "-") zoom(1.25);
    else if (event.key === "0") showAll();
    else return;
    event.preventDefault();
  });

  const zoom = (factor) => setView(view.x, view.y, view.radius * factor);
  const showAll = () => setView(start.x, start.y, start.radius);
  const refresh = () => {
    ground = heat = null;
    request();
  };
  new ResizeObserver(refresh).observe(canvas);

  return {
    zoom,
    showAll,
    refresh,
    setView,
    choose: (label) => {
      chosenClass = label;
      refresh();
    },
    set: (changes) => {
      if ("posterior" in changes) heat = null;
      overlay = { ...overlay, ...changes };
      request();
    },
  };
}
