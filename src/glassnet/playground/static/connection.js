// The line to the server: commands go out, frames and texts come in; it is taken up when it breaks.

import { unpack } from "./frameDecoder.js";
import { recall, remember } from "./persistence.js";
import { runOf, show, store, update, updateRun } from "./store.js";
import { read, stay, write } from "./urlState.js";
import { startsStory } from "./ManyStarts.js";
import { deliver, makeAgain } from "./DownloadDialog.js";
import { forgetSecond, heard, takeOver, withUndo } from "./undoHistory.js";
import { again as sendAgain, arrived as received, dropped, found as tableFound, isOld } from "./tableUpload.js";

const LONGEST_PAUSE = 4000; // milliseconds between two attempts
const LONGEST_HELD = 100; // milliseconds, see receive
const NO_ANSWER = 10000; // milliseconds until an attempt is given up
const REFUSED = 1008; // codes of the server's last word
const RESTS = 4000;
const KEPT = "All that is shown here is kept";
const GONE = `glassnet was stopped. ${KEPT}, and goes on as soon as glassnet play runs again.`;
const STRANGER = `glassnet was started again. ${KEPT}, and goes on as soon as the address that glassnet play printed is opened in this browser.`;
const BUSY = `glassnet has too much to do. ${KEPT}, and goes on soon.`;
const OTHER = `glassnet was started again in another version. ${KEPT} when you load the page anew.`;
const ASLEEP = `Nothing happened here for long, so the session rests. ${KEPT}: touch anything to go on.`;
const UNTOLD = new Set(["play", "epoch", "phase", "go", "explain", "seeds", "save"]); // after which no story is told anew
const SENT_AGAIN = new Set(["upload", "piece", "take"]); // by tableUpload.js, to a session that begins
const RETURNING = "Connected again: training to where this page was.";

let socket = null;
let asked = 0; // commands
let owing = 0; // the first of those whose answer has not been drawn yet
let attempt = 0; // of connecting; only the latest counts
let pause = 0; // milliseconds before the next one
let timer = null;
let edition = null; // of this page, as its server named it
let place = { epoch: 0, watched: 0, playing: false }; // where the newest frame was
let later = []; // what is to be done after drawing
let held = []; // texts, see receive
let holding = null; // the timer that ends it
const begun = {}; // by run, a scene whose story is still to come: only together do they fit
let opening = null; // what was asked to be opened, until its first frame: see open
let taken = false; // a table, of which nothing has been drawn yet
let waiting = []; // commands for a session that is being taken up from its rest

/** Ask the server to do something, unless it is gone; the number that is given comes back with frames. */
export function ask(what, more = {}) {
  if (what !== "drawn") { asked += 1; owing ||= asked; }
  if (UNTOLD.has(what) && store.problem && store.link === "open") update({ problem: null }); // it has been read
  const text = JSON.stringify({ do: what, ...more, asked });
  if (socket?.readyState === WebSocket.OPEN) socket.send(text);
  else if (store.link === "asleep" || store.link === "waking") {
    if (!SENT_AGAIN.has(what)) waiting.push(text);
    wake();
  } else if (what !== "drawn") update({ refused: store.refused + 1 }); // nobody is there to do it
  return asked;
}

/** Open the line, and go on where this page was, or its last visit, or the address says. */
export async function connect() {
  clearTimeout(timer);
  const mine = ++attempt;
  const found = await probe();
  if (mine !== attempt) return;
  if (found === "gone") again(GONE);
  else if (found === 403) again(STRANGER);
  else if (typeof found === "number") again(BUSY);
  else if (found !== (edition ??= found)) end("outdated", OTHER);
  else openLine();
}

/** The edition of the page that the server has; or the status it answers with, or "gone". */
async function probe() {
  try {
    const answer = await fetch("./health", { signal: AbortSignal.timeout(NO_ANSWER) });
    return answer.ok ? await answer.text() : answer.status;
  } catch { return "gone"; }
}

function again(sentence) {
  if (store.link !== "lost" || store.problem !== sentence) update({ link: "lost", problem: sentence });
  waiting = [];
  pause = Math.min(2 * pause || 250, LONGEST_PAUSE);
  timer = setTimeout(connect, pause);
}

function end(link, sentence) {
  keep(place.playing);
  update({ link, problem: sentence });
}

function openLine() {
  const { lesson, hides, ...arrival } = read();
  update({ lesson, hides });
  const own = here() ?? recall();
  const told = own ?? (arrival.story ? arrival : null);
  // To where it was itself, a page may take its time; to where a link leads, it may not.
  const address = new URL(`./session${own ? "?returns" : told ? "?resumes" : ""}`, location.href);
  address.protocol = "ws:";
  address.hash = "";
  socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => resume(told, arrival.damage);
  socket.onmessage = receive;
  socket.onclose = ({ code, reason }) => {
    leave();
    if (code === RESTS) end("asleep", ASLEEP);
    else if (code === REFUSED) end("ended", reason);
    else again(reason || GONE);
  };
}

function leave() {
  if (!socket) return; // it was left because of a message that was held
  socket.onclose = null;
  socket.close();
  socket = null;
  release();
  update({ explaining: null });
}

/** Nothing was asked for long. Unless something is on its way just now, the page goes by itself: then nothing is lost. */
function rest(last) {
  if (last !== asked || owing) return;
  leave();
  end("asleep", ASLEEP);
}

/** Tell a new session where to go on; it answers with a scene when it is there. */
function resume(told, damaged) {
  pause = 0;
  opening = null;
  if (told) {
    const { story, epoch, compare = null, undo = [], damage = null } = told;
    takeOver(told);
    opening = { asked: ask("open", { story, epoch, compare, undo }), damage };
    place = { epoch: told.epoch, watched: told.watched ?? 0, playing: Boolean(told.playing) };
  }
  const { speed = store.speed, gradient = store.gradient, hard = store.hard } = told ?? {};
  update({ link: "returning", problem: store.scene ? RETURNING : damaged, speed, gradient, hard });
  ask("speed", { epochs_per_second: speed });
  ask("gradient", { gradient });
  if (place.watched) ask("watch", { row: place.watched });
  if (place.playing) ask("play");
  if (store.seeds?.running) ask("seeds", { n: store.seeds.n, story: startsStory() });
  waiting.forEach((text) => socket.send(text));
  waiting = [];
  sendAgain();
  makeAgain();
}

/** All that a session needs to come to where this page is; null before there is anything. */
function here() {
  if (store.scene === null) return null;
  const { speed, gradient, hard, story } = store;
  return withUndo({ ...place, speed, gradient, hard, story, compare: secondOf(store) });
}

/** The story of run b, without points that are those of run a. */
function secondOf({ story: { points: known }, b }) {
  if (!b?.story) return null;
  const { points, ...rest } = b.story;
  return points === known ? rest : b.story;
}

function keep(playing) {
  const state = here();
  if (state) remember({ ...state, playing });
}

/**
 * Come to where a story and an epoch say. "damage" is what the page has to say of the address that
 * told them, and "isHere" whether they stand in the address already.
 */
export function open({ story, epoch, compare, lesson = store.lesson, hides = store.hides }, { damage = null, isHere = false } = {}) {
  const before = { shown: { story: store.story, lesson: store.lesson, hides: store.hides }, place };
  update({ story, lesson, hides });
  place = { ...place, epoch: epoch ?? 0, playing: false };
  opening = { asked: ask("open", { story, epoch, compare }), damage, isHere, before };
}

/** Whether what is on the page is still from before that. */
export const isOpening = () => opening !== null;

/** It was refused: the page stays where it is, and so does the address. */
function stayHere({ before }) {
  place = before.place;
  update(before.shown);
  stay();
}

/** A story, and what is said after it, waits for its first frame: drawn together, they cost one frame and not two. */
function receive({ data }) {
  if (typeof data !== "string") { release(); see(data); return; }
  const message = JSON.parse(data);
  if (message.kind === "story") holding ??= setTimeout(release, LONGEST_HELD);
  if (holding === null) hear(message);
  else held.push(message);
}

function release() {
  clearTimeout(holding);
  holding = null;
  const messages = held;
  held = [];
  messages.forEach(hear);
}

function see(data) {
  const frame = unpack(data);
  if (frame.kind === "file") { deliver(frame); return; }
  const { run } = frame;
  const known = runOf(run);
  if (frame.asked >= opening?.asked) opening = null;
  const line = socket; // a hidden page draws nothing, and may have another when it is seen again
  const drawn = () => { if (line === socket) ask("drawn", { run, frame: frame.frame }); };
  if (isForeign(frame) || isOvertaken(frame)) { drawn(); return; }
  const before = known.frame;
  show(frame, drawn, () => [line, null].includes(socket) && isWanted(frame));
  // Of two that are compared, one may have ended before the other.
  const newest = { a: store.frame, b: store.b?.frame, [run]: frame };
  const epochs = [newest.a, newest.b].map((shown) => shown?.epoch ?? 0);
  place = { epoch: Math.max(...epochs), watched: newest.a?.watched ?? 0, playing: frame.playing };
  if (!before || before.playing !== frame.playing || before.phase !== frame.phase
      || before.ended !== frame.ended || before.scene !== frame.scene) updateRun(run, { frame });
  if (taken) { taken = false; requestAnimationFrame(() => update({ reading: null })); } // once it is drawn
  if (!frame.playing) afterDrawing(rewrite);
}

/** Whether this is of what was here before. */
const isForeign = ({ run, scene }) => scene !== runOf(run)?.scene?.scene;

/** Whether playing made this before something was asked for: to draw it would delay the answer. */
const isOvertaken = (frame) => frame.playing && frame.asked < owing;

function isWanted(frame) {
  if (isForeign(frame) || isOvertaken(frame)) return false;
  if (frame.asked >= owing) owing = 0;
  return true;
}

/** What nobody waits for: a new address takes the browser several milliseconds. */
function afterDrawing(work) {
  later.push(work);
  requestAnimationFrame(() => setTimeout(catchUp));
}

function catchUp() {
  const works = later;
  later = [];
  works.forEach((work) => work());
}

/** Let the address say where the page rests. */
function rewrite() {
  if (!runOf("a").frame?.playing) writeHere(false);
}

/** Put what is shown into the address, as a new step of the browser's history or not. */
export function writeHere(isStep) {
  write(store.story, place.epoch, isStep, store.b?.story);
}

function hear(message) {
  if (isOld(message)) return;
  const { kind, run, ...news } = message;
  if (kind === "scene") begin(run, news);
  if (kind === "story") {
    const first = store.story === null;
    const sameData = run === "b" || news.spec.data === store.spec?.data; // else what was noted is of others
    updateRun(run, { ...begun[run], story: heard(run, news), spec: news.spec, canUndo: news.undo > 0, hasOwn: news.has_own, hasOpened: news.has_opened });
    update({ problem: opening?.damage ?? (first ? store.problem : null), notes: sameData ? store.notes : [], link: begun[run] ? "open" : store.link });
    delete begun[run];
    const isStep = !first && !opening?.isHere;
    afterDrawing(() => writeHere(isStep)); // of two runs that change at once it is one step
  }
  if (kind === "diagnosis") updateRun(run, { diagnosis: news });
  if (kind === "comparison") update({ comparison: news });
  if (kind === "alone") {
    forgetSecond();
    update({ b: null, comparison: null, editing: "a", selected: store.selected?.run === "b" ? null : store.selected });
    writeHere(true);
  }
  if (kind === "seeds") update({ seeds: news });
  if (kind === "explanation" && news.asked === store.explaining) update({ explanation: news, explaining: null });
  if (kind === "idle") rest(news.asked);
  if (kind === "received") received(news.bytes);
  if (kind === "table") tableFound(news);
  if (kind === "taking") update({ taking: news });
  if (kind === "notes") { update({ notes: news.notes }); taken = Boolean(store.reading); }
  if (kind === "problem") {
    dropped();
    if (opening?.before) stayHere(opening);
    opening = null;
    update({ explaining: null, refused: store.refused + 1 });
  }
  if (kind === "problem" && news.refused && store.scene) {
    // The new server cannot come to where this page is: better to stay than to lose it.
    leave();
    end("ended", `${news.sentence} ${KEPT}.`);
  } else if (kind === "problem") update({ problem: news.sentence });
}

function begin(run, scene) {
  if (store.link !== "returning" && run === "a") place = { epoch: 0, watched: place.watched, playing: false };
  if (scene.sizes && String(scene.sizes) !== String(runOf(run)?.scene?.sizes) && store.selected?.run === run) update({ selected: null });
  begun[run] = { scene: renewed(runOf(run)?.scene, scene), frame: null, diagnosis: null };
}

/** The scene with what is new of it; that one, if only its number is: then nothing is built anew. */
function renewed(before, { scene, ...news }) {
  return before && !Object.keys(news).length ? Object.assign(before, { scene }) : { ...before, ...news, scene };
}

/** Take up at once what rests or waits for its next attempt. */
function wake() {
  if (store.link === "asleep") { update({ link: "waking", problem: RETURNING }); connect(); }
  else if (store.link === "lost") connect();
}

addEventListener("popstate", () => {
  const { damage, ...told } = read();
  open({ ...told, story: told.story ?? { spec: {}, changes: [] } }, { damage, isHere: true });
});
addEventListener("pagehide", () => { release(); catchUp(); if (store.link === "open") keep(false); });
addEventListener("pageshow", (event) => { if (event.persisted) wake(); });
addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") wake(); });
for (const touched of ["pointerdown", "keydown"]) addEventListener(touched, () => { if (store.link === "asleep") wake(); }, true);
