// What is said to those who listen to the page: never each frame, and never more than one thing.

import { html, useEffect, useRef } from "./vendor/htm-preact.js";
import { onFrame } from "./store.js";
import { count } from "./numberFormat.js";
import { written } from "./units.js";

const PATIENCE = 8000; // milliseconds between two reports while it trains
let region = null;

/** Say a sentence when the reader is ready for it. */
export function announce(sentence) {
  if (region) region.textContent = sentence;
}

/** How the training stands: now and then while it goes on, and when it rests. */
export function Spoken() {
  const place = useRef();
  useEffect(() => {
    region = place.current;
    let was = false; // it played
    let said = performance.now();
    return onFrame((frame) => {
      const now = performance.now();
      if (frame.playing && !was) said = now;
      if ((was && !frame.playing) || (frame.playing && now - said > PATIENCE)) {
        said = now;
        announce(`Epoch ${count(frame.epoch)}, ${frame.loss === null ? "the loss is not finite" : `loss ${frame.loss.toPrecision(3)}`}, ${frame.right === undefined ? `off by ${written(frame.off ?? NaN)} on average` : `${frame.right} right`}.`);
      }
      was = frame.playing;
    });
  }, []);
  return html`<div ref=${place} class="hidden" role="log" aria-live="polite" aria-label="How it stands"></div>`;
}
