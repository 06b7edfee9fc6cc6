// What the page knows: the scene, the newest frame, what is selected; and who wants to hear of it.

import { useEffect, useState } from "/vendor/htm-preact.js";

export const store = {
  link: "connecting", // to the server: connecting, returning, open, lost, asleep, waking, ended, outdated
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
let drawing = null;

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

/** Draw a frame when the browser is ready to, and say so. */
export function show(frame, drawn) {
  store.frame = frame;
  if (drawing !== null) return;
  drawing = requestAnimationFrame(() => {
    drawing = null;
    if (store.frame === null) { drawn(); return; } // another scene has begun meanwhile
    drawn(); // so that the next is made while this one is drawn
    const now = performance.now();
    for (const [callback, least] of listeners) {
      const wait = (due.get(callback) ?? 0) - now;
      if (wait <= 0 || !store.frame.playing) {
        due.set(callback, now + least);
        callback(store.frame);
      }
    }
  });
}
