// The line to the server: commands go out, frames and texts come in; it is taken up when it breaks.

import { unpack } from "/frame.js";
import { runOf, show, store, update, updateRun } from "/store.js";
import { read, write } from "/address.js";

let socket = null;
let pause = 250; // milliseconds until the next attempt
let playing = false;

/** Ask the server to do something; nothing is asked while there is no line. */
export function ask(what, more = {}) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ do: what, ...more }));
}

/** Open the line, and go on where the address or the page itself says. */
export function connect() {
  socket = new WebSocket(`ws://${location.host}/session`);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    pause = 250;
    resume();
    update({ link: "open", problem: null });
  };
  socket.onmessage = ({ data }) => (typeof data === "string" ? hear(JSON.parse(data)) : see(data));
  socket.onclose = ({ code, reason }) => {
    playing = Boolean(store.frame?.playing);
    // A reason is the server's last word; without one it was stopped, and may come back.
    update({ link: reason ? "ended" : "lost", problem: reason || null });
    if (!reason || code === 1013) setTimeout(connect, pause = Math.min(2 * pause, 4000));
  };
}

function resume() {
  const told = store.story ? { story: store.story, epoch: store.frame?.epoch ?? 0 } : arrived();
  ask("speed", { epochs_per_second: store.speed });
  ask("gradient", { gradient: store.gradient });
  if (told.story) ask("open", told);
  if (playing) ask("play");
}

/** Where the address leads; what it says of the page itself is taken over. */
function arrived() {
  const { story, epoch, lesson, hides } = read();
  update({ lesson, hides });
  return { story, epoch };
}

/** Come to where a story and an epoch say. */
export function open(told) {
  update({ story: told.story });
  ask("open", told);
}

function see(data) {
  const frame = unpack(data);
  const { run } = frame;
  const known = runOf(run);
  if (frame.scene !== known?.scene?.scene) { ask("drawn", { run }); return; }
  const before = known.frame;
  show(frame, () => ask("drawn", { run }));
  if (!before || before.playing !== frame.playing || before.phase !== frame.phase
      || before.ended !== frame.ended || before.scene !== frame.scene) update({});
  if (run === "a" && !frame.playing) write(store.story, frame.epoch, false);
}

function hear(message) {
  const { kind, run, ...news } = message;
  if (kind === "scene") {
    if (store.selected?.run === run) update({ selected: null });
    updateRun(run, { scene: news, frame: null, diagnosis: null });
  }
  if (kind === "story") {
    const first = store.story === null;
    updateRun(run, { story: news.story, spec: news.spec, canUndo: news.can_undo });
    update({ problem: null });
    write(store.story, store.frame?.epoch ?? 0, !first);
  }
  if (kind === "diagnosis") update({ diagnosis: news });
  if (kind === "explanation") update({ explanation: news });
  if (kind === "problem") update({ problem: news.sentence });
}

addEventListener("popstate", () => {
  const told = arrived();
  open(told.story ? told : { story: { spec: {}, changes: [] }, epoch: 0 });
});
