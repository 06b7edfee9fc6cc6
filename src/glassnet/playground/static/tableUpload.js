// Sending a table to the server, in pieces; and its columns, when they are chosen. A server that is
// started again is sent the same once more.

import { ask } from "./connection.js";
import { store, update } from "./store.js";

const LARGEST = 16 * 2 ** 20; // bytes
const PIECE = 45 * 1024; // bytes, which are 60 KiB of text
const AHEAD = 4; // pieces that may be on their way
let wanted = null; // { file, choice }: what was dropped last, and the columns that were chosen
let going = null; // { bytes, sent }
let number = 0; // of the command that began it

/** Send a file; what the server finds in it comes as a "table". */
export function send(file) {
  wanted = { file, choice: null };
  begins({ table: null });
  begin(wanted);
}

/** Say that it is read; what is said of a line that is broken stays. */
function begins(changes) {
  update({ ...changes, reading: wanted.file.name, ...(store.link === "open" && { problem: null }) });
}

async function begin({ file }) {
  const mine = wanted;
  let bytes = null;
  try {
    // What is too large is not even read: the server says what to do.
    if (file.size <= LARGEST) bytes = new Uint8Array(await file.arrayBuffer());
  } catch {
    if (mine === wanted) update({ reading: null, problem: `${file.name} cannot be read: drop a file, not a folder, that is still where it was.` });
    return;
  }
  if (mine !== wanted) return; // another was dropped meanwhile
  going = bytes && { bytes, sent: 0 };
  number = ask("upload", { name: file.name, size: file.size });
}

/** Whether a message is about an upload that another has taken the place of. */
export const isOld = ({ upload }) => upload !== undefined && upload !== number;

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

/** The server has read it: these are its columns. */
export function found(table) {
  update({ table, problem: null, reading: null });
  if (wanted.choice) take(wanted.choice); // they were chosen before the line broke
}

/** Ask for the points of the columns chosen. */
export function take(choice) {
  wanted.choice = choice;
  begins({});
  ask("take", choice);
}

/** It was refused. */
export function dropped() {
  going = null;
  if (wanted) wanted.choice = null;
  if (store.reading) update({ reading: null });
}

/** There is a new server, which has nothing of it. */
export function again() {
  if (store.reading || store.table) { update({ reading: wanted.file.name }); begin(wanted); }
}

function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
