// Sending a table to the server, in pieces; and its columns, when they are chosen. A server that is
// started again is sent the same once more.

import { ask, onMessage } from "./connection.js";
import { page } from "./state.js";

const LARGEST = 16 * 2 ** 20; // bytes
const PIECE = 45 * 1024; // bytes, which are 60 KiB of text
const AHEAD = 4; // pieces that may be on their way
/** @type {any} */
let wanted = null; // { file, choice, reading }: what was dropped last, and what was chosen of it
let sending = null; // { bytes, sent }

/** Send a file; what the server finds in it comes as a "table". */
export function sendTable(file) {
  wanted = { file, choice: null, reading: {} };
  Object.assign(page, { table: null, unread: null });
  showReading();
  begin(wanted);
}

/** Show that it is read; the sentence on a line that is broken stays. */
function showReading() {
  page.reading = wanted.file.name;
  if (page.link === "open") page.problem = null;
}

async function begin({ file, reading }) {
  const mine = wanted;
  let bytes = null;
  try {
    // What is too large is not even read: the server says what to do.
    if (file.size <= LARGEST) bytes = new Uint8Array(await file.arrayBuffer());
  } catch {
    if (mine !== wanted) return;
    page.reading = null;
    page.problem = `${file.name} cannot be read: drop a file, not a folder, that is still where it `
      + "was.";
    return;
  }
  if (mine !== wanted) return; // another was dropped meanwhile
  sending = bytes && { bytes, sent: 0 };
  ask("upload", { name: file.name, size: file.size, reading });
}

onMessage("received", ({ bytes: count }) => { // send on
  if (!sending) return;
  const { bytes } = sending;
  while (sending.sent < bytes.length && sending.sent < count + AHEAD * PIECE) {
    const piece = bytes.subarray(sending.sent, sending.sent + PIECE);
    ask("piece", { base64: base64(piece) });
    sending.sent += piece.length;
  }
  if (count === bytes.length) sending = null;
});
onMessage("table", (table) => {
  Object.assign(page, { table, problem: null, reading: null, unread: null });
  if (wanted.choice) takeColumns(wanted.choice); // they were chosen before the line broke
});
onMessage("problem", ({ unread }) => {
  sending = null;
  if (unread) page.unread = unread;
  if (wanted) wanted.choice = null;
  page.reading = null;
});
onMessage("connected", () => { // the new server has nothing of it
  if (!page.reading && !page.table) return;
  page.reading = wanted.file.name;
  begin(wanted);
});

/** Let the table that is here be read by these options. */
export function readTable(reading) {
  Object.assign(wanted, { reading, choice: null });
  showReading();
  ask("read", { reading });
}

/** Ask for the points of the columns chosen. */
export function takeColumns(choice) {
  wanted.choice = choice;
  showReading();
  ask("take", choice);
}

/** Bytes as text, in pieces that fit a call. */
export function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(text);
}
