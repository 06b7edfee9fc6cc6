// When frames are drawn: each run's frames in their order, at the pace of the screen.

import { useEffect, useRef, useState } from "./vendor/preact.js";

const BEAT = 50; // milliseconds
const MOST_WAITING = 2;
const PRESSING = 120; // milliseconds that a press usually takes, and more
const newest = { a: null, b: null }; // the frame that is shown
// By run: callback -> { least, due, drawn }: the milliseconds between two calls, the time of the
// next one, and the frame of the last.
const listeners = { a: new Map(), b: new Map() };
const requests = { a: null, b: null }; // to draw the next frame
const requestsBeside = { a: null, b: null }; // to draw beside the network, see drawNext
const waiting = { a: [], b: [] }; // frames to be drawn, the oldest first
let pressed = -PRESSING; // when the last press began
globalThis.addEventListener?.("pointerdown", () => { pressed = performance.now(); }, true);

/** The newest frame of a run, or null. */
export const frameOf = (run = "a") => newest[run];

export function setFrame(run, frame) {
  newest[run] = frame;
}

/** Call back with the newest frame of a run, now, if there is one. */
export function withFrame(callback, run = "a") {
  if (newest[run]) callback(newest[run]);
}

/** Call back with each frame of a run that is drawn, at most once in so many milliseconds. */
export function onFrame(callback, milliseconds = 0, run = "a") {
  const isSoon = requests[run] !== null; // then it is drawn together with all else
  listeners[run].set(callback, { least: milliseconds, due: 0, drawn: isSoon ? null : newest[run] });
  if (!isSoon) withFrame(callback, run);
  return () => listeners[run].delete(callback);
}

/** Draw a component with the frames of a run, at most once in so many milliseconds. */
export function useFrame(milliseconds = 100, run = "a") {
  const [, setDrawn] = useState(0);
  const drawn = useRef();
  useEffect(() => onFrame((frame) => {
    if (frame !== drawn.current) setDrawn((n) => n + 1);
  }, milliseconds, run), [milliseconds, run]);
  return drawn.current = newest[run];
}

/**
 * Draw a frame when the browser is ready to, if it is wanted then. Call back when the next one may
 * be made. Frames that play are drawn in their order; an answer takes the place of what waits.
 */
export function show(frame, onDrawn, isWanted = (_) => true) {
  const queue = waiting[frame.run];
  const before = queue.at(-1)?.frame;
  const follows = frame.playing && before?.playing && frame.asked === before.asked;
  if (!follows || queue.length === MOST_WAITING) queue.length = 0;
  queue.push({ frame, onDrawn, isWanted });
  requests[frame.run] ??= requestDraw(frame.run);
}

const requestDraw = (run) => requestAnimationFrame(() => drawNext(run));

/** Whether a hand is pressing something, whose answer comes sooner if this is not drawn first. */
function canWait(frame) {
  const follows = frame.playing && frame.asked === newest[frame.run]?.asked;
  return follows && performance.now() < pressed + PRESSING;
}

/**
 * Draw the next frame of a run. An answer is shown at once by what is drawn with every frame, the
 * network and the plane; curves, numbers and tables beside them follow with the next frame.
 */
function drawNext(run) {
  if (canWait(waiting[run][0].frame)) {
    requests[run] = requestDraw(run);
    return;
  }
  const { frame, onDrawn, isWanted } = waiting[run].shift();
  requests[run] = waiting[run].length ? requestDraw(run) : null;
  onDrawn(); // now, so that another is made and comes while this one is drawn
  if (!isWanted(frame)) return;
  newest[run] = frame;
  draw(frame, frame.playing ? ({ due }, now) => now >= due : ({ least }) => !least);
  if (!frame.playing) requestsBeside[run] ??= requestAnimationFrame(() => drawBeside(run));
}

function drawBeside(run) {
  requestsBeside[run] = null;
  withFrame((frame) => draw(frame, () => true), run);
}

/** Call the listeners that are due, unless they have drawn this frame. */
function draw(frame, isDue) {
  const now = performance.now();
  for (const [callback, listener] of listeners[frame.run]) {
    if (frame === listener.drawn || !isDue(listener, now)) continue;
    listener.drawn = frame;
    // What is drawn seldom is drawn together: fewer frames then touch the whole screen.
    const { least } = listener;
    listener.due = least && BEAT * (Math.floor(now / BEAT) + Math.ceil(least / BEAT));
    callback(frame);
  }
}
