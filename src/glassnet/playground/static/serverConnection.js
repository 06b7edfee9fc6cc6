// The WebSocket to the server: opened, and opened again when it breaks.

import { attach, commands, onMessage } from "./connection.js";
import { recall } from "./persistence.js";
import { currentTarget, keepTarget, receive, release, resume, RETURNING } from "./session.js";
import { page, runs } from "./state.js";
import { readAddress } from "./urlState.js";

const LONGEST_PAUSE = 4000; // milliseconds between two attempts
const NO_ANSWER = 10000; // milliseconds until an attempt is given up
const REFUSED = 1008; // codes of the server's last word
const RESTS = 4000;
const KEPT = "All that is shown here is kept";
const GONE = `glassnet was stopped. ${KEPT}, and goes on as soon as glassnet play runs again.`;
const STRANGER = `glassnet was started again. ${KEPT}, and goes on as soon as the address that `
  + "glassnet play printed is opened in this browser.";
const BUSY = `glassnet has too much to do. ${KEPT}, and goes on soon.`;
const OTHER = `glassnet was started again in another version. ${KEPT} when you load the page `
  + "again.";
const ASLEEP = `Nothing happened here for long, so the session rests. ${KEPT}: touch anything to `
  + "go on.";
// After these no scenario comes; that a sentence was read is known by the command.
const WITHOUT_SCENARIO = new Set(["play", "epoch", "phase", "go", "explain", "seeds", "save"]);
const SENT_AGAIN = new Set(["upload", "piece", "take"]); // by tableUpload.js, to a new session

let socket = null;
let attempt = 0; // of connecting; only the latest counts
let pause = 0; // milliseconds before the next one
let timer = null;
let edition = null; // of this page, as its server named it
let waiting = []; // commands for a session that is being taken up from its rest

attach((command) => {
  const what = command.do;
  if (WITHOUT_SCENARIO.has(what) && page.problem && page.link === "open") page.problem = null;
  const text = JSON.stringify(command);
  if (socket?.readyState === WebSocket.OPEN) socket.send(text);
  else if (page.link === "asleep" || page.link === "waking") {
    if (!SENT_AGAIN.has(what)) waiting.push(text);
    wake();
  } else if (what !== "drawn") page.refused += 1; // nobody is there to do it
});

/** Connect, and go on where this page was, or its last visit, or where the address says. */
export async function connect() {
  clearTimeout(timer);
  const mine = ++attempt;
  const found = await probe();
  if (mine !== attempt) return;
  if (found === "gone") retry(GONE);
  else if (found === 403) retry(STRANGER);
  else if (typeof found === "number") retry(BUSY);
  else if (found !== (edition ??= found)) end("outdated", OTHER);
  else openSocket();
}

/** The edition of the page that the server has; or the status it answers with, or "gone". */
async function probe() {
  try {
    const answer = await fetch("./health", { signal: AbortSignal.timeout(NO_ANSWER) });
    return answer.ok ? await answer.text() : answer.status;
  } catch { return "gone"; }
}

function retry(sentence) {
  Object.assign(page, { link: "lost", problem: sentence });
  waiting = [];
  pause = Math.min(2 * pause || 250, LONGEST_PAUSE);
  timer = setTimeout(connect, pause);
}

function end(link, sentence) {
  keepTarget();
  Object.assign(page, { link, problem: sentence });
}

function openSocket() {
  const { lesson, hides, ...arrival } = readAddress();
  Object.assign(page, { lesson, hides });
  const own = currentTarget() ?? recall();
  const target = own ?? (arrival.scenario ? arrival : null);
  // To where it was itself, a page may take its time; to where a link leads, it may not.
  const query = own ? "?returns" : target ? "?resumes" : "";
  const address = new URL(`./session${query}`, location.href);
  address.protocol = location.protocol.replace("http", "ws");
  address.hash = "";
  socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    pause = 0;
    resume(target, runs.a.scene ? RETURNING : arrival.damage);
    waiting.forEach((text) => socket.send(text));
    waiting = [];
  };
  socket.onmessage = ({ data }) => receive(data);
  socket.onclose = ({ code, reason }) => {
    leave();
    if (code === RESTS) end("asleep", ASLEEP);
    else if (code === REFUSED) end("ended", reason);
    else retry(reason || GONE);
  };
}

function leave() {
  if (!socket) return; // it was left because of a message that was held
  socket.onclose = null;
  socket.close();
  socket = null;
  release();
  page.explaining = null;
}

/** Connect at once, whether the session rests or the next attempt is waited for. */
function wake() {
  if (page.link === "asleep") Object.assign(page, { link: "waking", problem: RETURNING });
  else if (page.link !== "lost") return;
  connect();
}

// Unless something is on its way just now, the page leaves by itself: then nothing is lost.
onMessage("idle", ({ asked }) => {
  if (asked !== commands.sent || commands.unanswered) return;
  leave();
  end("asleep", ASLEEP);
});
onMessage("problem", ({ sentence, refused }) => {
  if (!refused || !runs.a.scene) return;
  // The new server cannot come to where this page is: better to stay than to lose it.
  leave();
  end("ended", `${sentence} ${KEPT}.`);
});

addEventListener("pageshow", (event) => { if (event.persisted) wake(); });
addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") wake(); });
for (const touched of ["pointerdown", "keydown"]) {
  addEventListener(touched, () => { if (page.link === "asleep") wake(); }, true);
}
