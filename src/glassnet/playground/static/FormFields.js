// Labelled controls. What was refused leaves them: it is not what is trained.

import { typed } from "./numberFormat.js";
import { page } from "./state.js";
import { html, useEffect, useRef } from "./vendor/preact.js";
import { say } from "./words.js";

/** A control with its label, and with help that a press of "?" opens. */
function Labelled({ label, help, control, hideLabel = false, children }) {
  return html`<div class="field" data-control=${control}>
    <label><span class=${hideLabel ? "hidden" : ""}>${label}</span>${children}</label>
    ${help && html`<details class="help">
      <summary aria-label=${say("help.on")}>?</summary>
      <p>${help}</p></details>`}</div>`;
}

/** A choice; `control` is the name by which teachers hide it, see controlVisibility.js. */
export function Choice(
  { label, value, choices, onChange, hideLabel = false, help, names = {}, control }) {
  const nameOf = (choice) => names[choice] ?? String(choice).replaceAll("_", " ");
  return html`<${Labelled} ...${{ label, help, control, hideLabel }}>
    <select data-refused=${page.refused} value=${String(value)}
        onChange=${({ target }) => onChange(target.value)}>
      ${choices.map((choice) => html`<option key=${choice} value=${String(choice)}
        selected=${choice === value}>${nameOf(choice)}</option>`)}
    </select><//>`;
}

/** A range that is taken over when it is let go. */
export function Range({ label, shown, text, value, max, step, control, onChange }) {
  return html`<label class="field range" data-control=${control} data-refused=${page.refused}>
    <span>${label} <b>${shown}</b></span>
    <input type="range" min="0" max=${max} step=${step} value=${value} aria-valuetext=${text}
      onChange=${({ target }) => onChange(Number(target.value))} /></label>`;
}

/** Write into a field what is so. */
export function put(input, text) {
  input.value = text;
  input.dataset.taken = text;
}

/** Whether a field has text that has not been taken over. */
export const isTyping = (input) => (
  "taken" in input.dataset && input.value !== input.dataset.taken
  && document.activeElement === input);

/** A number that is taken over when it is whole: by Enter or by leaving the field. */
export function NumberField({ label, value, onCommit, none, help, width = 5.5, control }) {
  const input = useRef();
  const shown = value === null ? "" : String(value);
  useEffect(() => { if (!isTyping(input.current)) put(input.current, shown); }, [shown]);
  useEffect(() => put(input.current, shown), [page.refused]);
  const commit = () => {
    const text = input.current.value;
    const isNone = text.trim() === "" && none !== undefined;
    const number = isNone ? null : typed(text);
    const isNew = number !== value && (isNone || number !== null);
    put(input.current, isNew ? text : shown);
    if (isNew) onCommit(number);
  };
  const onKeyDown = ({ key }) => {
    if (key === "Enter") commit();
    if (key === "Escape") put(input.current, shown);
  };
  return html`<${Labelled} label=${label} help=${help} control=${control}>
    <input ref=${input} inputmode="decimal" autocomplete="off" spellcheck="false"
      style=${{ width: `${width}em` }} placeholder=${none ?? ""} onBlur=${commit}
      onKeyDown=${onKeyDown} /><//>`;
}

/** Buttons of which one is pressed: values with their names. */
export function Segments({ label, control, value, choices, onChange }) {
  return html`<div class="seg" role="group" aria-label=${label} data-control=${control}>
    ${choices.map(([choice, name]) => html`<button key=${name} aria-pressed=${value === choice}
      onClick=${() => onChange(choice)}>${name}</button>`)}</div>`;
}
