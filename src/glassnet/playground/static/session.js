// The training that the page shows: how it is opened and resumed, and the frames that come of it.

import { ask, commands, dispatch, onMessage } from "./connection.js";
import { unpack } from "./frameDecoder.js";
import { frameOf, setFrame, show } from "./frames.js";
import { remember } from "./persistence.js";
import { closeSecondRun, page, runs } from "./state.js";
import { forgetSecondRun, record, restore, withUndo } from "./undoHistory.js";
import { readAddress, refreshAddress, writeAddress } from "./urlState.js";

const LONGEST_HELD = 100; // milliseconds, see receive
export const RETURNING = "Connected again: training to where this page was.";

let position = { epoch: 0, watched: 0, playing: false }; // of the newest frame
let opening = null; // what was asked to be opened, until its first frame: see open
let connection = 0; // how often the page was connected
let held = []; // messages, see receive
let holding = null; // the timer that ends it
let later = []; // what is to be done after drawing
let hasNotes = false; // a table was taken, of which nothing has been drawn yet
const begun = {}; // by run, a scene whose scenario is still to come: only together do they fit

/** Tell a new session where to go on; it answers with a scene when it is there. */
export function resume(target, sentence) {
  connection += 1;
  opening = null;
  if (target) {
    const { scenario, epoch, compare = null, undo = [] } = target;
    restore(target);
    opening = { asked: ask("open", { scenario, epoch, compare, undo }), damage: target.damage };
    position = { epoch, watched: target.watched ?? 0, playing: Boolean(target.playing) };
  }
  const { speed = page.speed, gradient = page.gradient, hard = page.hard } = target ?? {};
  Object.assign(page, { speed, gradient, hard, link: "returning" });
  page.problem = sentence;
  ask("speed", { epochs_per_second: speed });
  ask("gradient", { gradient });
  if (position.watched) ask("watch", { row: position.watched });
  if (position.playing) ask("play");
  dispatch({ kind: "connected" });
}

/** All that a session needs to come to where this page is; null before there is anything. */
export function currentTarget() {
  const { scene, scenario } = runs.a;
  if (scene === null) return null;
  const { speed, gradient, hard } = page;
  return withUndo({ ...position, speed, gradient, hard, scenario, compare: secondScenario() });
}

/** The scenario of run b, without points that are those of run a. */
function secondScenario() {
  const { scenario } = runs.b;
  if (!scenario) return null;
  const { points, ...rest } = scenario;
  return points === runs.a.scenario.points ? rest : scenario;
}

/** Keep where the page is for when it is loaded again. */
export function keepTarget(playing = position.playing) {
  const target = currentTarget();
  if (target) remember({ ...target, playing });
}

/**
 * Go to a scenario and an epoch. "damage" is what the page has to say of the address that holds
 * them, and "isHere" whether they stand in the address already.
 */
export function open(target, { damage = null, isHere = false } = {}) {
  const { scenario, epoch, compare, lesson = page.lesson, hides = page.hides } = target;
  const shown = { lesson: page.lesson, hides: page.hides };
  const before = { scenario: runs.a.scenario, shown, position };
  runs.a.scenario = scenario;
  Object.assign(page, { lesson, hides });
  position = { ...position, epoch: epoch ?? 0, playing: false };
  opening = { asked: ask("open", { scenario, epoch, compare }), damage, isHere, before };
}

/** Whether the page still shows what was there before something was opened. */
export const isOpening = () => opening !== null;

/** Stay where the page is, after it was refused to go elsewhere. */
function stay({ before }) {
  position = before.position;
  runs.a.scenario = before.scenario;
  Object.assign(page, before.shown);
  refreshAddress();
}

/**
 * Take a message. A scenario, and what comes after it, waits for its first frame: drawn together,
 * they cost one frame and not two.
 */
export function receive(data) {
  if (typeof data !== "string") {
    release();
    receiveFrame(unpack(data));
    return;
  }
  const message = JSON.parse(data);
  if (message.kind === "scenario") holding ??= setTimeout(release, LONGEST_HELD);
  if (holding === null) dispatch(message);
  else held.push(message);
}

/** Dispatch the messages that are held. */
export function release() {
  clearTimeout(holding);
  holding = null;
  const messages = held;
  held = [];
  messages.forEach(dispatch);
}

function receiveFrame(frame) {
  if (frame.kind === "file") {
    dispatch(frame);
    return;
  }
  const { run } = frame;
  if (frame.asked >= opening?.asked) opening = null;
  const own = connection; // a hidden page draws nothing, and may have another when it is seen again
  const drawn = () => { if (own === connection) ask("drawn", { run, frame: frame.frame }); };
  if (isForeign(frame) || isOvertaken(frame)) {
    drawn();
    return;
  }
  const before = runs[run].status;
  show(frame, drawn, () => own === connection && isWanted(frame));
  // Of two that are compared, one may have ended before the other.
  const both = { a: frameOf("a"), b: frameOf("b"), [run]: frame };
  const epoch = Math.max(both.a?.epoch ?? 0, both.b?.epoch ?? 0);
  position = { epoch, watched: both.a?.watched ?? 0, playing: frame.playing };
  if (["playing", "phase", "ended", "scene"].some((name) => before?.[name] !== frame[name])) {
    setFrame(run, frame);
    runs[run].status = frame;
  }
  if (hasNotes) {
    hasNotes = false;
    requestAnimationFrame(() => { page.reading = null; }); // once it is drawn
  }
  if (!frame.playing) afterDrawing(() => { if (!frameOf("a")?.playing) writePosition(false); });
}

/** Whether a frame is of a scene that was there before. */
const isForeign = ({ run, scene }) => scene !== runs[run].scene?.scene;

/** Whether playing made this before something was asked: to draw it would delay the answer. */
const isOvertaken = (frame) => frame.playing && frame.asked < commands.unanswered;

function isWanted(frame) {
  if (isForeign(frame) || isOvertaken(frame)) return false;
  if (frame.asked >= commands.unanswered) commands.unanswered = 0;
  return true;
}

/** Do what nobody waits for: a new address takes the browser several milliseconds. */
function afterDrawing(work) {
  later.push(work);
  requestAnimationFrame(() => setTimeout(catchUp));
}

function catchUp() {
  const works = later;
  later = [];
  works.forEach((work) => work());
}

/** Put what is shown into the address, as a new step of the browser's history or not. */
export function writePosition(isStep) {
  writeAddress(runs.a.scenario, position.epoch, isStep, runs.b.scenario);
}

onMessage("scene", (/** @type {any} */ { run, ...scene }) => {
  const before = runs[run].scene;
  if (page.link !== "returning" && run === "a") {
    position = { ...position, epoch: 0, playing: false };
  }
  const hasOther = scene.sizes && String(scene.sizes) !== String(before?.sizes);
  if (hasOther && page.selected?.run === run) page.selected = null;
  begun[run] = renewed(before, scene);
});

/** The scene with what is new of it; that one, if only its number is: then nothing is rebuilt. */
function renewed(before, /** @type {any} */ { scene, ...news }) {
  const isSame = before && !Object.keys(news).length;
  return isSame ? Object.assign(before, { scene }) : { ...before, ...news, scene };
}

onMessage("scenario", (/** @type {any} */ { run, ...news }) => {
  const known = runs[run];
  const isFirst = runs.a.scenario === null;
  const hasOtherData = run === "a" && news.spec.data !== known.spec.data;
  const scene = begun[run];
  delete begun[run];
  if (scene) {
    Object.assign(known, { scene, status: null, diagnosis: null });
    setFrame(run, null);
    page.link = "open";
  }
  Object.assign(known, {
    scenario: record(run, news), spec: news.spec, canUndo: news.undo > 0,
    hasOwn: news.has_own, hasOpened: news.has_opened,
  });
  if (hasOtherData) page.notes = []; // on other data
  page.problem = opening?.damage ?? (isFirst ? page.problem : null);
  const isStep = !isFirst && !opening?.isHere;
  afterDrawing(() => writePosition(isStep)); // of two runs that change at once it is one step
});

onMessage("alone", () => {
  forgetSecondRun();
  closeSecondRun();
  setFrame("b", null);
  writePosition(true);
});

onMessage("diagnosis", ({ run, ...diagnosis }) => { runs[run].diagnosis = diagnosis; });
onMessage("comparison", (comparison) => { page.comparison = comparison; });
onMessage("notes", ({ notes }) => {
  page.notes = notes;
  hasNotes = Boolean(page.reading);
});
onMessage("problem", ({ sentence }) => {
  if (opening?.before) stay(opening);
  opening = null;
  page.refused += 1;
  page.problem = sentence;
});

globalThis.addEventListener?.("popstate", () => {
  const { damage, ...target } = readAddress();
  target.scenario ??= { spec: {}, changes: [] };
  open(target, { damage, isHere: true });
});
globalThis.addEventListener?.("pagehide", () => {
  release();
  catchUp();
  if (page.link === "open") keepTarget(false);
});
