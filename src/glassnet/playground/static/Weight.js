// One weight or bias, to be read and edited.

import { theme } from "./colours.js";
import { ask } from "./connection.js";
import { isTyping, put } from "./FormFields.js";
import { onFrame, withFrame } from "./frames.js";
import { short, typed } from "./numberFormat.js";
import { page } from "./state.js";
import { html, signal, useEffect, useLayoutEffect, useMemo, useRef } from "./vendor/preact.js";
import { say } from "./words.js";

/** What changed or would change a weight, in short. */
function noteOn(place, { before, gradient }) {
  if (before) return say("weights.was", { value: short(before[place]) });
  return gradient ? say("weights.gradient", { value: short(gradient[place]) }) : "";
}

/** Its name, what it is multiplied by, its value to be typed, and how it compares with others. */
export function Weight({ run, place, name, from, isWanted }) {
  const input = useRef();
  const value = useMemo(() => signal(0), []);
  const note = useMemo(() => signal(""), []);
  const show = () => put(input.current, String(value.value));
  useLayoutEffect(() => onFrame((frame) => {
    value.value = frame.parameters[place];
    note.value = noteOn(place, frame);
    if (!isTyping(input.current) || frame.playing) show();
  }, 0, run), [place, run]);
  useLayoutEffect(() => withFrame(({ parameters }) => {
    value.value = parameters[place];
    show();
  }, run), [page.refused]);
  useEffect(() => {
    if (isWanted) input.current.scrollIntoView({ block: "nearest" });
  }, [isWanted]);
  const edit = (number) => ask("edit", { values: [[place, number]], of: run });
  const commit = () => {
    const { value: text } = input.current;
    const number = typed(text);
    const isNew = !page.recorded && number !== null && number !== value.value;
    if (isNew) put(input.current, text);
    else show();
    if (isNew) edit(number);
  };
  const onKeyDown = (event) => {
    if (event.key === "Enter") commit();
    if (event.key === "Escape") {
      show();
      input.current.blur();
    }
    const by = { ArrowUp: 0.1, ArrowDown: -0.1 }[event.key];
    if (!by || page.recorded) return;
    value.value = Number((value.value + by).toFixed(10));
    edit(value.value);
    event.preventDefault();
    requestAnimationFrame(show);
  };
  return html`<label class=${`weight ${isWanted ? "wanted" : ""}`}>
    <span class="mono">${name}</span><span class="soft">${from}</span>
    <input ref=${input} class="mono" inputmode="decimal" autocomplete="off" spellcheck="false"
      readonly=${page.recorded} aria-label=${`${name}, ${from.replace("·", say("weights.times"))}`}
      onFocus=${() => ask("pause")} onBlur=${commit} onKeyDown=${onKeyDown} />
    <${Bar} value=${value} /><small class="soft mono">${note}</small></label>`;
}

/** How large a weight is, to the left or the right of 0. */
function Bar({ value: { value } }) {
  const width = `${50 * Math.tanh(Math.abs(value) / 6)}%`;
  const style = value < 0 ? { width, background: theme.negative, right: "50%", left: "" }
    : { width, background: theme.positive, left: "50%", right: "" };
  return html`<span class="bar" aria-hidden="true"><i style=${style}></i></span>`;
}
