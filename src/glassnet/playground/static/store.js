// What the page knows: the scene, the newest frame, what is selected; and who wants to hear of it.
//
// There may be two runs side by side, "a" and "b". What is known of run a stands in the store
// itself, what is known of run b in `store.b`, which is null while nothing is compared.

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "./vendor/htm-preact.js";
import { onTheme, theme } from "./colours.js";

export const store = {
  link: "connecting", // to the server: connecting, returning, open, lost, asleep, waking, ended, outdated
  scene: null, // data, network and features; changes when another network is begun
  story: null, // what decides all digits, as it stands in the address
  spec: {}, // what is trained now, every setting
  canUndo: false,
  hasOwn: false, // own points were here, and can be had again
  hasOpened: false, // so can the run that the server was given
  frame: null, // the newest numbers and pictures
  diagnosis: null,
  explanation: null,
  explaining: null, // the number of the command that asks for it
  problem: null,
  refused: 0, // commands so far: the same sentence may come twice. Who reads it is drawn anew, as things are
  selected: null, // { run, layer, neuron, place }: a neuron, and of its weights the one meant
  speed: 1000,
  hard: false,
  theme, // light or dark, with its colours
  gradient: false,
  reading: null, // the name of the file that is being read
  table: null, // what an uploaded table holds, while its columns are being chosen
  notes: [], // on what was taken from it
  mode: "explore", // what a touch of the plane does: explore, paint, move or erase
  brush: 0, // the class that is painted, or the value
  b: null, // of run b: scene, story, spec, canUndo, frame
  comparison: null, // of the two: what differs and what came of it
  editing: "a", // whose settings, predictions and diagnosis are shown
  seeds: null, // what came of many starts
  startedOn: undefined, // the own points that they are trained on, as text
  hides: [], // controls that a teacher has hidden, by their names
  lessons: [],
  lesson: null, // { name, step }: the lesson that is open
};

// By run: callback -> { least, due, drawn }: the milliseconds between two calls, the next one's time, and the frame of the last.
const listening = { a: new Map(), b: new Map() };
const BEAT = 50; // milliseconds
const drawing = { a: null, b: null }; // the request to draw
const beside = { a: null, b: null }; // the same for what stands beside the network, see drawNext
const waiting = { a: [], b: [] }; // what is to be drawn: frames, the oldest first
const MOST_WAITING = 2;
const PRESSING = 120; // milliseconds that a press usually takes, and more
let pressed = -PRESSING; // when the last one began
addEventListener("pointerdown", () => { pressed = performance.now(); }, true);

/** What is known of a run. */
export const runOf = (run) => (run === "b" ? store.b : store);

/** Change what is known and tell those components that read it; they draw anew. */
export function update(changes) {
  Object.assign(store, changes);
  const names = Object.keys(changes);
  for (const [tell, read] of [...components]) if (names.some((name) => read.has(name))) tell();
}
const components = new Map(); // how to tell a component, and the names of what it reads

/** Change what is known of a run. */
export function updateRun(run, changes) {
  update(run === "b" ? { b: { ...store.b, ...changes } } : changes);
}

/**
 * What the page knows, for a component: it draws anew when something changes that it has read. Of
 * frames it hears when one begins or ends to play, or comes to another phase; see useFrame.
 */
export function useStore() {
  const [, again] = useState(0);
  const read = useRef(new Set()).current;
  useLayoutEffect(() => { // at once: what changes before the page is painted must not be missed
    const tell = () => again((n) => n + 1);
    components.set(tell, read);
    return () => components.delete(tell);
  }, []);
  return useMemo(() => new Proxy(store, { get: (_, name) => { read.add(name); return store[name]; } }), []);
}

/** The same for a component of one run: what is known of that run stands before all else. */
export function useRun(run = "a") {
  const known = useStore();
  return useMemo(() => {
    if (run !== "b") return known;
    return new Proxy(store, { get: (_, name) => (known.b && name in known.b ? known.b[name] : known[name]) });
  }, [run]);
}

/** Call back with each frame of a run that is drawn, at most once in so many milliseconds. */
export function onFrame(callback, milliseconds = 0, run = "a") {
  const waits = drawing[run] !== null; // a frame, which is soon drawn together with all else
  listening[run].set(callback, { least: milliseconds, due: 0, drawn: waits ? null : runOf(run)?.frame });
  if (!waits) withFrame(callback, run);
  return () => listening[run].delete(callback);
}

/** Call back with the newest frame of a run, now, if there is one. */
export function withFrame(callback, run = "a") {
  const frame = runOf(run)?.frame;
  if (frame) callback(frame);
}

onTheme(() => update({ theme }));

/** A component that draws anew with a run's frames, at most once in so many milliseconds. */
export function useFrame(milliseconds = 100, run = "a") {
  const [, again] = useState(0);
  const drawn = useRef();
  useEffect(() => onFrame((frame) => { if (frame !== drawn.current) again((n) => n + 1); }, milliseconds, run), [milliseconds, run]);
  return drawn.current = runOf(run)?.frame;
}

/** Draw a run's frame when the browser is ready to, if it is wanted then. Call back when the next may be made. */
export function show(frame, drawn, isWanted = () => true) {
  const queue = waiting[frame.run];
  // What goes on by itself is drawn in its order; what was asked for takes the place of what waits.
  const before = queue.at(-1)?.frame;
  if (!frame.playing || !before?.playing || frame.asked !== before.asked || queue.length === MOST_WAITING) queue.length = 0;
  queue.push({ frame, drawn, isWanted });
  drawing[frame.run] ??= drawSoon(frame.run);
}

/** Whether drawing this can wait until it is known what a hand asks for that is pressing something: the answer then comes sooner. */
function isUnhurried(frame) {
  return frame.playing && frame.asked === runOf(frame.run)?.frame?.asked && performance.now() < pressed + PRESSING;
}

function drawSoon(run) {
  return requestAnimationFrame(() => drawNext(run));
}

/**
 * Draw what waits for a run. What was asked for is shown at once by what is drawn with every frame, the network
 * and the plane; what stands beside them, curves, numbers and tables, follows with the next frame.
 */
function drawNext(run) {
  if (isUnhurried(waiting[run][0].frame)) {
    drawing[run] = drawSoon(run);
    return;
  }
  const { frame, drawn, isWanted } = waiting[run].shift();
  drawing[run] = waiting[run].length ? drawSoon(run) : null;
  drawn(); // now, so that another is made and comes while this one is drawn
  if (!isWanted(frame)) return;
  runOf(run).frame = frame;
  draw(frame, frame.playing ? ({ due }, now) => now >= due : ({ least }) => !least);
  if (!frame.playing) beside[run] ??= requestAnimationFrame(() => drawBeside(run));
}

function drawBeside(run) {
  beside[run] = null;
  withFrame((frame) => draw(frame, () => true), run);
}

/** Call back those whose turn it is, unless they have drawn this frame. */
function draw(frame, isTurn) {
  const now = performance.now();
  for (const [callback, turn] of listening[frame.run]) {
    if (frame === turn.drawn || !isTurn(turn, now)) continue;
    turn.drawn = frame;
    // What is drawn seldom is drawn together: fewer frames then touch the whole screen.
    turn.due = turn.least && BEAT * (Math.floor(now / BEAT) + Math.ceil(turn.least / BEAT));
    callback(frame);
  }
}
