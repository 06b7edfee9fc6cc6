// What is said to those who listen to the page: never each frame, and one thing at a time.

import { onFrame } from "./frames.js";
import { count, written } from "./numberFormat.js";
import { reactive } from "./reactive.js";
import { html, useEffect } from "./vendor/preact.js";

const REPORT_EVERY = 8000; // milliseconds, while it trains
const region = reactive({ text: "" });

/** Say a sentence when the reader is ready for it. */
export function announce(sentence) {
  region.text = sentence;
}

function report({ epoch, loss, right, off }) {
  const at = loss === null ? "the loss is not finite" : `loss ${loss.toPrecision(3)}`;
  const score = right === undefined ? `off by ${written(off ?? NaN)} on average` : `${right} right`;
  return `Epoch ${count(epoch)}, ${at}, ${score}.`;
}

/** Reports on the training: now and then while it goes on, and when it rests. */
export function LiveRegion() {
  useEffect(() => {
    let hasPlayed = false;
    let reported = performance.now();
    return onFrame((frame) => {
      const now = performance.now();
      if (frame.playing && !hasPlayed) reported = now;
      const isDue = frame.playing ? now - reported > REPORT_EVERY : hasPlayed;
      if (isDue) {
        reported = now;
        announce(report(frame));
      }
      hasPlayed = frame.playing;
    });
  }, []);
  return html`<div class="hidden" role="log" aria-live="polite" aria-label="How it stands">
    ${region.text}</div>`;
}
