// The line to a notebook's kernel, through notebook/page.js, in whose frame the page stands.

import { attach, commands } from "./connection.js";
import { keepIn } from "./persistence.js";
import { keepTarget, receive, resume } from "./session.js";
import { page } from "./state.js";

const NO_ANSWER = 3000; // milliseconds, after which the page says what it waits for
const KEPT_EVERY = 2000;
const STOPPED = "The kernel was stopped, so that nothing is trained here any more: run this cell "
  + "again.";
const MOVED = "This page goes on in another view of its cell.";
const BUSY = "The kernel is busy with another cell. What you ask for here is done when that has "
  + "ended.";

let waiting = null; // the timer for an answer
let kept = "null"; // what the notebook has, as text

const tell = (message) => parent.postMessage(message, "*");

attach((command) => {
  if (page.link === "stopped") {
    if (command.do !== "drawn") page.refused += 1;
    return;
  }
  tell({ command: JSON.stringify(command) });
  if (command.do !== "drawn") waiting ??= setTimeout(sayWhy, NO_ANSWER);
});

/** Ask the kernel for a session; it goes on where the notebook last was. */
export function connect() {
  keepIn(keep);
  addEventListener("message", ({ source, data }) => { if (source === parent) hear(data); });
  tell({ ready: true });
}

function keep(state) {
  const text = JSON.stringify(state);
  if (text !== kept) tell({ keep: state });
  kept = text;
}

function hear({ opened, message, ended }) {
  if (opened !== undefined) begin(opened);
  else if (ended) end(ended === "moved" ? MOVED : STOPPED);
  else {
    clearTimeout(waiting);
    waiting = null;
    if (page.problem === BUSY) page.problem = null;
    receive(message);
  }
}

function begin(target) {
  kept = JSON.stringify(target);
  resume(target, null);
  setInterval(() => { if (page.link === "open") keepTarget(); }, KEPT_EVERY);
}

function sayWhy() {
  waiting = null;
  if (page.link !== "stopped" && commands.unanswered) page.problem = BUSY;
}

function end(sentence) {
  clearTimeout(waiting);
  Object.assign(page, { link: "stopped", problem: sentence });
}
