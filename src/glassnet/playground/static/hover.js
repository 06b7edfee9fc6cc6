// The point that the mouse or the focus is on, shown in the plane and in the table at once.

const listeners = new Set();
let pointed = null;

/** Point at a row of the data, or at none (null). */
export function pointAt(row) {
  if (row === pointed) return;
  pointed = row;
  for (const listener of listeners) listener(row);
}

/** Call back with the row that is pointed at, now and whenever it is another. */
export function onPointed(callback) {
  listeners.add(callback);
  callback(pointed);
  return () => listeners.delete(callback);
}
