// log p(x) by quadrature on a grid, decoded only where p(z|x) is. The grid has square tiles.
// One point of each tile is decoded for all images; the others once an image needs them.

import { makeLikelihood } from "./likelihoods.js";
import { add, logSumExp, maximum } from "./mathematics.js";
import { trace } from "./network.js";
import { cross, logPriors, makeAxes } from "./prior.js";

const TILE = 4; // points of a tile along an axis
const MARGIN = 16; // in nats below the highest tile; lower tiles contribute nothing
const CHUNK = 256; // points decoded between two checks for messages

/** Make the grid, with the points of each tile. */
export function makeGrid(model) {
  const axes = makeAxes(model.prior);
  const logWeights = cross(axes.map(({ logWeight }) => logWeight)).map(add);
  const points = cross(axes.map(({ z }) => z)).map((z, n) => {
    return { z, logWeight: logWeights[n], hidden: null, offset: 0 };
  });
  const [columns, rows = 1] = axes.map(({ z }) => z.length);
  const [across, up] = [columns, rows].map((count) => Math.ceil(count / TILE));
  const tiles = Array.from({ length: across * up }, () => []);
  points.forEach((_, n) => {
    const [i, j] = [n % columns, Math.floor(n / columns)];
    tiles[Math.floor(j / TILE) * across + Math.floor(i / TILE)].push(n);
  });
  const centers = tiles.map((tile) => tile[(5 * tile.length) >> 3]);
  return { model, across, up, tiles, centers, points };
}

/** Decode points, if they are not yet, and keep their last hidden layer. */
function* decodePoints({ model, points }, wanted) {
  const { logNormalizer } = makeLikelihood(model);
  const missing = wanted.map((n) => points[n]).filter(({ hidden }) => !hidden);
  for (let start = 0; start < missing.length; start += CHUNK) {
    const chunk = missing.slice(start, start + CHUNK);
    const z = Float32Array.from(chunk.flatMap((point) => point.z));
    const logs = logPriors(model.prior, z);
    const { inputs, sums } = trace(model.decoder, model.activation, z);
    const [width, size] = [inputs.at(-1), sums.at(-1)].map(({ length }) => length / chunk.length);
    chunk.forEach((point, i) => {
      point.hidden = inputs.at(-1).subarray(i * width, (i + 1) * width);
      point.offset = logs[i] - logNormalizer(sums.at(-1), i * size, (i + 1) * size);
    });
    yield;
  }
}

/** Make the function log p(x, z) of a decoded point, as x . output is linear in `hidden`. */
function makeJoint(model, x) {
  const { factor, ofImage } = makeLikelihood(model);
  const { kernel, bias } = model.decoder.at(-1);
  const direction = new Float64Array(kernel.length / bias.length);
  let constant = -ofImage(x);
  for (let j = 0; j < x.length; j++) {
    constant += factor * x[j] * bias[j];
    const start = j * direction.length;
    for (let i = 0; i < direction.length; i++) direction[i] += factor * x[j] * kernel[start + i];
  }
  return ({ hidden, offset }) => {
    let sum = constant + offset;
    for (let i = 0; i < direction.length; i++) sum += direction[i] * hidden[i];
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
  return [...found];
}

/** Compute log p(x), and the density log p(z|x) per point. It yields while it decodes. */
export function* integrate(grid, x) {
  const { model, tiles, centers, points } = grid;
  yield* decodePoints(grid, centers);
  const joint = makeJoint(model, x);
  const values = new Float64Array(points.length);
  const mass = Float64Array.from(centers, (n, tile) => {
    const value = joint(points[n]);
    for (const point of tiles[tile]) values[point] = value;
    return value + points[n].logWeight;
  });
  const done = new Set();
  for (;;) {
    const wanted = findTiles(grid, mass).filter((tile) => !done.has(tile));
    if (!wanted.length) break;
    yield* decodePoints(grid, wanted.flatMap((tile) => tiles[tile]));
    for (const tile of wanted) {
      done.add(tile);
      for (const n of tiles[tile]) {
        values[n] = joint(points[n]);
        mass[tile] = Math.max(mass[tile], values[n] + points[n].logWeight);
      }
    }
  }
  const logEvidence = logSumExp(values.map((value, n) => value + points[n].logWeight));
  const logPosterior = Float32Array.from(values, (value) => value - logEvidence);
  return { logEvidence, logPosterior, most: maximum(logPosterior) };
}
