"use strict";
// Colours and small images on canvases.

/** A colour of the style sheet, which knows light and dark. */
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** Red, green and blue of such a colour as #rrggbb. */
const channels = (name) => [1, 3, 5].map((i) => parseInt(color(name).slice(i, i + 2), 16));

/** Where on a canvas, in its pixels, an event is. */
function placeOf(event, canvas) {
  const box = canvas.getBoundingClientRect();
  const scale = canvas.width / canvas.clientWidth;
  return [
    (event.clientX - box.left - canvas.clientLeft) * scale,
    (event.clientY - box.top - canvas.clientTop) * scale,
  ];
}

/** Show images [pixels in 0 to 1] in columns, ink on paper. */
function drawImages(canvas, images, [height, width], columns, gap = 1) {
  const rows = Math.ceil(images.length / columns);
  canvas.width = columns * (width + gap) - gap;
  canvas.height = rows * (height + gap) - gap;
  const context = canvas.getContext("2d");
  const [ink, paper] = [channels("ink"), channels("paper")];
  images.forEach((image, n) => {
    const pixels = context.createImageData(width, height);
    for (let i = 0; i < height * width; i++) {
      const share = Math.min(1, Math.max(0, image[i]));
      for (let c = 0; c < 3; c++) pixels.data[4 * i + c] = paper[c] + share * (ink[c] - paper[c]);
      pixels.data[4 * i + 3] = 255;
    }
    const [left, top] = [n % columns, Math.floor(n / columns)];
    context.putImageData(pixels, left * (width + gap), top * (height + gap));
  });
}
