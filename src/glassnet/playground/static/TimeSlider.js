// The slider through the epochs of a training.

import { ask } from "./connection.js";
import { useFrame } from "./frames.js";
import { html, useRef } from "./vendor/preact.js";
import { say } from "./words.js";

export function TimeSlider() {
  const frame = useFrame(100);
  const wanted = useRef({ epoch: 0, asked: 0 });
  const last = frame?.last ?? 0;
  // A frame that was on its way before the hand moved must not pull the slider back.
  const isLate = frame?.asked < wanted.current.asked;
  const text = frame ? say("time.text",
    { epoch: frame.epoch, last, loss: frame.loss?.toPrecision(4) }) : "";
  const go = ({ target }) => {
    const epoch = Number(target.value);
    wanted.current = { epoch, asked: ask("go", { epoch }) };
  };
  return html`<label class="time" data-control="time" data-part="time">
    <span class="hidden">${say("time.label")}</span>
    <input type="range" min="0" max=${last} step="1" disabled=${last === 0} aria-valuetext=${text}
      value=${isLate ? wanted.current.epoch : frame?.epoch ?? 0} onInput=${go} /></label>`;
}
