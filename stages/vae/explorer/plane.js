"use strict";
// The latent plane: points, densities, and z.

/** Fit the pixels of a canvas to those of the screen. */
function fitSquare(canvas) {
  const side = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
  if (canvas.width !== side || canvas.height !== side) canvas.width = canvas.height = side;
}

/** A square canvas that is not shown, to be painted once and drawn often. */
function makeLayer(side) {
  const layer = document.createElement("canvas");
  layer.width = layer.height = side;
  return [layer, layer.getContext("2d")];
}

/** A Gaussian as ellipses at 1, 2 and 3 standard deviations. */
function drawEllipses(context, view, loc, scale) {
  for (const radius of [1, 2, 3]) {
    const radii = scale.map((deviation) => radius * deviation * view.perUnit());
    context.beginPath();
    context.ellipse(...view.toCanvas(...loc), ...radii, 0, 0, 2 * Math.PI);
    context.stroke();
  }
}

/** The same of a single dimension, as lines across the canvas. */
function drawLines(context, view, [loc], [scale]) {
  for (const radius of [-3, -2, -1, 1, 2, 3]) {
    const [left] = view.toCanvas(loc + radius * scale, 0);
    context.beginPath();
    context.moveTo(left, 0);
    context.lineTo(left, context.canvas.height);
    context.stroke();
  }
}

/** Points in the colours of their classes, those of others than a chosen one faint. */
function drawPoints(context, view, points, chosenClass) {
  const size = Math.max(2, context.canvas.width / 220);
  const colors = Array.from({ length: 10 }, (_, i) => color(`class-${i}`));
  for (const { x, y, label } of points) {
    const other = chosenClass !== null && chosenClass !== label;
    context.globalAlpha = other ? 0.06 : 0.75;
    context.fillStyle = colors[label % 10];
    const [left, top] = view.toCanvas(x, y);
    context.fillRect(left - size / 2, top - size / 2, size, size);
  }
  context.globalAlpha = 1;
}

/** The true posterior as a shade, by interpolation between the points of the grid. */
function paintHeat(view, width, prior, { logPosterior, most }) {
  const side = Math.min(width, 700);
  const [layer, context] = makeLayer(side);
  const pixels = context.createImageData(side, side);
  const shade = channels("accent");
  const axes = [0, 1].map((d) => makeAxis(prior, d));
  const count = axes[0].z.length;
  const places = (coordinate) =>
    Float64Array.from({ length: side }, (_, i) => {
      const middle = ((i + 0.5) * width) / side;
      return axes[coordinate].placeOf(view.fromCanvas(middle, middle)[coordinate]);
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
function drawCurves(context, view, prior, { loc, scale, logPosterior }) {
  const { width, height } = context.canvas;
  const axis = makeAxis(prior, 0);
  const gaussian = (z) => Math.exp(-0.5 * ((z - loc[0]) / scale[0]) ** 2) / (scale[0] * Math.sqrt(2 * Math.PI));
  const most = Math.max(gaussian(loc[0]), logPosterior ? Math.exp(logPosterior.reduce((a, b) => Math.max(a, b))) : 0);
  const curve = (density) => {
    context.beginPath();
    for (let left = 0; left <= width; left++) {
      const [z] = view.fromCanvas(left, 0);
      context.lineTo(left, height * (1 - (0.9 * density(z)) / most));
    }
  };
  if (logPosterior) {
    curve((z) => {
      const place = axis.placeOf(z);
      const i = Math.floor(place);
      if (!(i >= 0 && i < axis.z.length - 1)) return 0;
      return Math.exp(logPosterior[i] + (place - i) * (logPosterior[i + 1] - logPosterior[i]));
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

/** Where z is. */
function drawCross(context, left, top, unit) {
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

/**
 * The plane of two latent dimensions, or of one and the classes.
 *
 * `points` are {x, y, label}, `prior` what `describePrior` says of p(z) in these
 * dimensions; `onMove(x, y)` is called as a pointer or a key moves z.
 * What is drawn over the points is in `overlay`, see `draw`.
 */
function makePlane(canvas, { points, single, prior, onMove }) {
  const [x, y = 0] = prior.mean;
  const view = makeView(canvas, { x, y, radius: 4.2 * Math.max(...prior.deviation) }, refresh);
  let chosenClass = null;
  let overlay = { point: [0, 0] };
  let ground = null; // points and prior, drawn once for a view
  let heat = null;
  let requested = false;

  function request() {
    if (!requested) requestAnimationFrame(draw);
    requested = true;
  }

  function refresh() {
    ground = heat = null;
    request();
  }

  function paintGround() {
    const [layer, context] = makeLayer(canvas.width);
    const unit = devicePixelRatio;
    drawPoints(context, view, points, chosenClass);
    context.strokeStyle = color("muted");
    context.lineWidth = unit;
    context.setLineDash([4 * unit, 4 * unit]);
    (single ? drawLines : drawEllipses)(context, view, prior.mean, prior.deviation);
    return layer;
  }

  function drawPosterior(context, posterior) {
    if (single) return drawCurves(context, view, prior, posterior);
    if (posterior.logPosterior) {
      heat ??= paintHeat(view, canvas.width, prior, posterior);
      context.drawImage(heat, 0, 0, canvas.width, canvas.height);
    }
    context.lineWidth = 1.5 * devicePixelRatio;
    drawEllipses(context, view, posterior.loc, posterior.scale);
  }

  /**
   * Draw the points, then the overlay: {point, posterior: {loc, scale, logPosterior},
   * samples, drawn, path}; all places are in the plane, `drawn` are from the prior.
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
    const { point, posterior, samples = [], drawn = [], path } = overlay;
    context.strokeStyle = context.fillStyle = color("ink");
    context.lineWidth = 2 * unit;
    if (posterior) drawPosterior(context, posterior);
    const circle = (place, radius) => {
      context.beginPath();
      context.arc(...view.toCanvas(...place), radius * unit, 0, 2 * Math.PI);
    };
    for (const place of samples) {
      circle(place, 1.5);
      context.fill();
    }
    for (const place of drawn) {
      circle(place, 5);
      context.stroke();
    }
    if (path) {
      context.beginPath();
      path.forEach((place) => context.lineTo(...view.toCanvas(...place)));
      context.stroke();
    }
    drawCross(context, ...view.toCanvas(...point), unit);
  }

  watchPointers(canvas, view, onMove);
  watchKeys(canvas, view, (dx, dy) => onMove(overlay.point[0] + dx, overlay.point[1] + dy));
  new ResizeObserver(refresh).observe(canvas);

  return {
    refresh,
    zoom: view.zoom,
    showAll: view.showAll,
    setView: view.set,
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
