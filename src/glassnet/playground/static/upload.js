// Sending a table to the server, in pieces.

import { ask } from "/connection.js";
import { store, update } from "/store.js";

const LARGEST = 16 * 2 ** 20; // bytes
const PIECE = 45 * 1024; // bytes, which are 60 KiB of text
const AHEAD = 4; // pieces that may be on their way
let going = null; // { bytes, sent }

/** Send a file; what the server finds in it comes as a "table". */
export async function send(file) {
  update({ problem: null, table: null, reading: file.name });
  // What is too large is not even read: the server says what to do.
  const bytes = file.size > LARGEST ? null : new Uint8Array(await file.arrayBuffer());
  going = bytes && { bytes, sent: 0 };
  ask("upload", { name: file.name, size: file.size });
}

/** The server has so many bytes: send on. */
export function arrived(count) {
  if (!going) return;
  const { bytes } = going;
  while (going.sent < bytes.length && going.sent < count + AHEAD * PIECE) {
    const piece = bytes.subarray(going.sent, going.sent + PIECE);
    ask("piece", { base64: base64(piece) });
    going.sent += piece.length;
  }
  if (count === bytes.length) going = null;
}

/** It was refused, or the line broke. */
export function dropped() {
  going = null;
  if (store.reading) update({ reading: null });
}

function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
