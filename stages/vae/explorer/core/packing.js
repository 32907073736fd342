// Decoding of arrays from the text of the page.

/** Decode the bytes of a text in base64. */
export function readBytes(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i); // faster than `from`
  return bytes;
}

/** Decode 32-bit numbers from base64, which has the upper 24 bits of each. */
export function readFloats(text) {
  const bytes = readBytes(text);
  const words = new Uint32Array(bytes.length / 3);
  for (let i = 0; i < words.length; i++) {
    words[i] = (bytes[3 * i] << 8) | (bytes[3 * i + 1] << 16) | (bytes[3 * i + 2] << 24);
  }
  return new Float32Array(words.buffer);
}

/** Read the shape and the values of each tensor, by name. */
export function readTensors({ header, values }) {
  const all = readFloats(values);
  const tensors = {};
  for (const [name, { shape, data_offsets }] of Object.entries(JSON.parse(header))) {
    tensors[name] = { shape, values: all.slice(...data_offsets.map((offset) => offset / 4)) };
  }
  return tensors;
}
