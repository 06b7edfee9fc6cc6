// What the page knows: the scene, the newest frame, what is selected; and who wants to hear of it.

import { useEffect, useState } from "/vendor/htm-preact.js";

export const store = {
  link: "connecting", // to the server: connecting, open, lost, ended
  scene: null, // data, network and features; changes when another network is begun
  story: null, // what decides all digits, as it stands in the address
  spec: {}, // what is trained now, every setting
  canUndo: false,
  frame: null, // the newest numbers and pictures
  diagnosis: null,
  explanation: null,
  problem: null,
  selected: null, // { layer, neuron, place }: a neuron, and of its weights the one meant
  speed: 1000,
  hard: false,
  gradient: false,
};

const listeners = new Map(); // callback -> least milliseconds between two calls
const due = new Map();
const BEAT = 50; // milliseconds
let drawing = null; // the request to draw
let owed = null; // the acknowledgement of the frame that waits, if it came after another

/** Change what is known and tell everyone; components draw anew. */
export function update(changes) {
  Object.assign(store, changes);
  for (const tell of [...components]) tell();
}
const components = new Set();

/** A component that draws anew whenever anything but the frame changes. */
export function useStore() {
  const [, again] = useState(0);
  useEffect(() => {
    const tell = () => again((n) => n + 1);
    components.add(tell);
    return () => components.delete(tell);
  }, []);
  return store;
}

/** Call back with each frame that is drawn, at most once in so many milliseconds. */
export function onFrame(callback, milliseconds = 0) {
  listeners.set(callback, milliseconds);
  withFrame(callback);
  return () => { listeners.delete(callback); due.delete(callback); };
}

/** Call back with the newest frame, now, if there is one. */
export function withFrame(callback) {
  if (store.frame) callback(store.frame);
}

/** A component that draws anew with frames, at most once in so many milliseconds. */
export function useFrame(milliseconds = 100) {
  const [, again] = useState(0);
  useEffect(() => onFrame(() => again((n) => n + 1), milliseconds), [milliseconds]);
  return store.frame;
}

/** Draw a frame when the browser is ready to. Call back when the next may be made. */
export function show(frame, drawn) {
  store.frame = frame;
  if (drawing !== null) { owed = drawn; return; } // it takes the place of one that was not drawn
  drawn(); // so that the next is made and comes while this one waits and is drawn
  drawing = requestAnimationFrame(() => {
    drawing = null;
    owed?.();
    owed = null;
    if (store.frame !== null) draw(store.frame); // else another scene has begun meanwhile
  });
}

function draw(frame) {
  const now = performance.now();
  for (const [callback, least] of listeners) {
    if (frame.playing && now < (due.get(callback) ?? 0)) continue;
    // What is drawn seldom is drawn together: fewer frames then touch the whole screen.
    due.set(callback, least && BEAT * (Math.floor(now / BEAT) + Math.ceil(least / BEAT)));
    callback(frame);
  }
}
