// The slider through the epochs of a training.

import { ask } from "./connection.js";
import { useFrame } from "./frames.js";
import { html, useRef } from "./vendor/preact.js";

export function TimeSlider() {
  const frame = useFrame(100);
  const wanted = useRef({ epoch: 0, asked: 0 });
  const last = frame?.last ?? 0;
  // A frame that was on its way before the hand moved must not pull the slider back.
  const isLate = frame?.asked < wanted.current.asked;
  const text = frame
    ? `after ${frame.epoch} of ${last} epochs, loss ${frame.loss?.toPrecision(4)}` : "";
  const go = ({ target }) => {
    const epoch = Number(target.value);
    wanted.current = { epoch, asked: ask("go", { epoch }) };
  };
  return html`<label class="time" data-control="time">
    <span class="hidden">Time: epoch that is shown</span>
    <input type="range" min="0" max=${last} step="1" disabled=${last === 0} aria-valuetext=${text}
      value=${isLate ? wanted.current.epoch : frame?.epoch ?? 0} onInput=${go} /></label>`;
}
