// log p(x) by quadrature on a grid, decoded only where p(z|x) is. The grid has square tiles.
// One point of each tile is decoded for all images; the others once an image needs them.

import { makeLikelihood } from "./likelihoods.js";
import { logSumExp, maximum } from "./mathematics.js";
import { lastHidden, affine, pad } from "./network.js";
import { logPriors, makeAxis } from "./prior.js";

const TILE = 4; // points of a tile along an axis
const MARGIN = 16; // in nats below the highest tile; lower tiles contribute nothing
const CHUNK = 256; // points decoded between two checks for messages

/** Make the grid, with the points of each tile; z_1 varies fastest. */
export function makeGrid(model) {
  const axes = model.prior.extent.map((_, d) => makeAxis(model.prior, d));
  const [columns, rows = 1] = axes.map(({ z }) => z.length);
  const [across, up] = [columns, rows].map((count) => Math.ceil(count / TILE));
  const tiles = Array.from({ length: across * up }, () => []);
  const logWeight = new Float64Array(columns * rows);
  for (let n = 0; n < logWeight.length; n++) {
    const [i, j] = [n % columns, Math.floor(n / columns)];
    logWeight[n] = axes[0].logWeight[i] + (axes[1]?.logWeight[j] ?? 0);
    tiles[Math.floor(j / TILE) * across + Math.floor(i / TILE)].push(n);
  }
  const centers = tiles.map((points) => points[(5 * points.length) >> 3]);
  const kept = { hidden: new Array(logWeight.length), offset: new Float64Array(logWeight.length) };
  return { model, axes, across, up, tiles, centers, logWeight, ...kept };
}

/** Decode points; yield the share that is done. Their last hidden layer is kept. */
function* decodePoints({ model, axes, hidden, offset }, points) {
  const { logNormalizer } = makeLikelihood(model);
  const last = model.decoder.at(-1);
  const [width, outputs] = [pad(last.inputs), pad(last.outputs)];
  for (let start = 0; start < points.length; start += CHUNK) {
    const chunk = points.slice(start, start + CHUNK);
    const place = (n) => axes.map(({ z }, d) => z[d ? Math.floor(n / axes[0].z.length) : n % z.length]);
    const z = Float32Array.from(chunk.flatMap(place));
    const logs = logPriors(model.prior, z, chunk.length);
    const h = lastHidden(model.decoder, model.activation, z, chunk.length);
    const output = affine(h, last, pad(chunk.length));
    chunk.forEach((n, i) => {
      hidden[n] = h.subarray(i * width, (i + 1) * width);
      offset[n] = logs[i] - logNormalizer(output, i * outputs, i * outputs + last.outputs);
    });
    yield (start + chunk.length) / points.length;
  }
}

/** Decode one point of each tile. */
export const decodeCenters = (grid) => decodePoints(grid, grid.centers);

/** Make the function log p(x, z) of a decoded point, as x . output is linear in `hidden`. */
function makeJoint({ model, hidden, offset }, x) {
  const { factor, ofImage } = makeLikelihood(model);
  const { kernel, bias, inputs } = model.decoder.at(-1);
  const direction = new Float64Array(pad(inputs));
  let constant = -ofImage(x);
  for (let j = 0; j < x.length; j++) {
    if (x[j] === 0) continue;
    constant += factor * x[j] * bias[j];
    const start = j * direction.length;
    for (let i = 0; i < inputs; i++) direction[i] += factor * x[j] * kernel[start + i];
  }
  return (n) => {
    let sum = constant + offset[n];
    for (let i = 0; i < inputs; i++) sum += direction[i] * hidden[n][i];
    return sum;
  };
}

/** Find the tiles that are near a tile with a mass close to the highest. */
function findTiles({ across, up }, mass) {
  const threshold = maximum(mass) - MARGIN;
  const found = new Set();
  mass.forEach((value, tile) => {
    if (value < threshold) return;
    const [i, j] = [tile % across, Math.floor(tile / across)];
    for (let v = Math.max(0, j - 1); v <= Math.min(up - 1, j + 1); v++) {
      for (let u = Math.max(0, i - 1); u <= Math.min(across - 1, i + 1); u++) {
        found.add(v * across + u);
      }
    }
  });
  return found;
}

/** Compute log p(x), and the density log p(z|x) per point. It yields while it decodes. */
export function* integrate(grid, x) {
  const { tiles, centers, logWeight, hidden } = grid;
  const joint = makeJoint(grid, x);
  const values = new Float64Array(logWeight.length);
  const mass = Float64Array.from(centers, (n, tile) => {
    const value = joint(n);
    for (const point of tiles[tile]) values[point] = value;
    return value + logWeight[n];
  });
  const done = new Set();
  for (;;) {
    const wanted = [...findTiles(grid, mass)].filter((tile) => !done.has(tile));
    if (!wanted.length) break;
    yield* decodePoints(grid, wanted.flatMap((tile) => tiles[tile]).filter((n) => !hidden[n]));
    for (const tile of wanted) {
      done.add(tile);
      for (const n of tiles[tile]) {
        values[n] = joint(n);
        mass[tile] = Math.max(mass[tile], values[n] + logWeight[n]);
      }
    }
  }
  const logEvidence = logSumExp(values.map((value, n) => value + logWeight[n]));
  const logPosterior = Float32Array.from(values, (value) => value - logEvidence);
  return { logEvidence, logPosterior, most: maximum(logPosterior) };
}
