// Frames: a JSON header and arrays in one binary message; see frames.py for the layout.

const ARRAYS = { f8: Float64Array, f4: Float32Array, u1: Uint8Array };

export function unpack(buffer) {
  const view = new DataView(buffer);
  if (view.getUint32(0) !== 0x474e4631) throw new Error("not a frame of this version");
  const length = view.getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  let at = 8 + length;
  for (const [name, type, shape] of header.arrays) {
    const n = shape.reduce((product, size) => product * size, 1);
    header[name] = new ARRAYS[type](buffer, at, n);
    at += Math.ceil(header[name].byteLength / 8) * 8;
  }
  return header;
}
