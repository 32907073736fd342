// Conversion of a drawing to an image like those of the data, by the same rules as `fit_ink`
// in `data/ink.py` for MNIST and `scale_image` in `data/images.py` for other data.

import { add } from "./mathematics.js";

/** Find begin and end of the ink's box along an axis from the largest ink at each position. */
function findBox(most) {
  const threshold = Math.max(...most) / 4;
  const inside = (ink) => ink > threshold;
  return [most.findIndex(inside), most.findLastIndex(inside) + 1];
}

/** Compute the shift in pixels of a box with `sums` of ink, scaled to pixels of width `step`. */
function findShift(sums, step, size) {
  const center = add(sums.map((sum, i) => sum * (2 * i + 1))) / (2 * add(sums));
  const shift = Math.floor(size / 2 - center / step + 0.5);
  return Math.max(0, Math.min(shift, Math.floor(size - sums.length / step)));
}

/** Average `values` [rows, count] over the pixels of an axis; return [size, rows]. */
function resample(values, count, { step, shift, size }) {
  const rows = values.length / count;
  const result = new Float64Array(size * rows);
  for (let pixel = 0; pixel < size; pixel++) {
    const [from, to] = [step * (pixel - shift), step * (pixel - shift + 1)];
    for (let i = Math.max(0, Math.floor(from)); i < Math.min(count, to); i++) {
      const share = (Math.min(to, i + 1) - Math.max(from, i)) / step;
      for (let row = 0; row < rows; row++) {
        result[pixel * rows + row] += share * values[row * count + i];
      }
    }
  }
  return result;
}

/** Scale and center `ink` [rows of integers from 0 to 255]; return [height, width] in [0, 1]. */
export function fitInk(ink, [height, width]) {
  const columns = (rows) => Array.from(rows[0], (_, i) => rows.map((row) => row[i]));
  const [top, bottom] = findBox(ink.map((row) => Math.max(...row)));
  const [left, right] = findBox(columns(ink).map((column) => Math.max(...column)));
  const box = ink.slice(top, bottom).map((row) => Array.from(row.slice(left, right)));
  if (!box.length) return new Float32Array(height * width);
  const step = (28 * Math.max(box.length / height, box[0].length / width)) / 20;
  const axis = (lines, size) => ({ step, size, shift: findShift(lines.map(add), step, size) });
  return resampleBoth(box, axis(box, height), axis(columns(box), width));
}

/** Scale all of `ink` to [height, width], without keeping its proportions. */
export function scaleInk(ink, [height, width]) {
  const axis = (count, size) => ({ step: count / size, size, shift: 0 });
  return resampleBoth(ink, axis(ink.length, height), axis(ink[0].length, width));
}

function resampleBoth(rows, vertical, horizontal) {
  const narrow = resample(rows.flat(), rows[0].length, horizontal);
  const image = resample(narrow, rows.length, vertical);
  return Float32Array.from(image, (value) => value / 255);
}
