// Sending what is too long for one message: a table, or a story with its points, in pieces.

import { ask } from "/connection.js";

export const LARGEST = 16 * 2 ** 20; // bytes
const PIECE = 45 * 1024; // bytes, which are 60 KiB of text
const AHEAD = 4; // pieces that may be on their way
let going = null; // { bytes, sent, then }

/** Send bytes as a "table" or a "story"; what follows is done when all have arrived. */
export function send(kind, name, bytes, then = () => {}) {
  going = { bytes, sent: 0, then };
  ask("upload", { kind, name, size: bytes.length });
}

/** The server has so many bytes: send on. */
export function arrived(count) {
  if (!going) return;
  const { bytes, then } = going;
  while (going.sent < bytes.length && going.sent < count + AHEAD * PIECE) {
    const piece = bytes.subarray(going.sent, going.sent + PIECE);
    ask("piece", { base64: base64(piece) });
    going.sent += piece.length;
  }
  if (count === bytes.length) { going = null; then(); }
}

/** It was refused, or the line broke. */
export function dropped() {
  going = null;
}

function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
