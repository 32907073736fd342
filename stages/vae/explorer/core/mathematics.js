// Sums, and random numbers that depend only on a seed.

export const LOG_2PI = Math.log(2 * Math.PI);
export const softplus = (u) => Math.max(u, 0) + Math.log1p(Math.exp(-Math.abs(u)));
export const maximum = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);
export const add = (values) => values.reduce((sum, value) => sum + value, 0);
export const average = (values) => add(values) / values.length;

/** Compute the standard error of a mean, which is infinite for a single value. */
export function standardError(values) {
  const center = average(values);
  const squares = add(values.map((value) => (value - center) ** 2));
  return values.length > 1 ? Math.sqrt(squares / (values.length * (values.length - 1))) : Infinity;
}

export function logSumExp(values) {
  const most = maximum(values);
  return most + Math.log(values.reduce((sum, v) => sum + Math.exp(v - most), 0));
}

/** Make a stream of random numbers (xorshift, Marsaglia 2003). */
export function makeRandom(seed) {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  const uniform = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) + 0.5) / 2 ** 32;
  };
  for (let i = 0; i < 8; i++) uniform();
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}

export function drawNormals(seed, count) {
  const { normal } = makeRandom(seed);
  return Float64Array.from({ length: count }, normal);
}

/**
 * Draw standard Gaussian noise [rows, latent]. The second half is the negative of the first,
 * and each column has variance 1, so that the mean of a quadratic function is nearly exact.
 */
export function drawMirrored(seed, rows, dim) {
  const half = drawNormals(seed, (rows / 2) * dim);
  const squares = new Float64Array(dim);
  half.forEach((e, i) => (squares[i % dim] += (e * e) / (rows / 2)));
  const scaled = half.map((e, i) => e / Math.sqrt(squares[i % dim]));
  return Float64Array.from([...scaled, ...scaled.map((e) => -e)]);
}
