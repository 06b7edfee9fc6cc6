// Labelled controls.

import { html, useEffect, useRef } from "./vendor/htm-preact.js";
import { typed } from "./numberFormat.js";
import { useStore } from "./store.js";

/** A choice; `control` is the name by which teachers hide it, see controlVisibility.js. */
export function Choice({ label, value, choices, onChange, hideLabel = false, title, names = {}, control }) {
  useStore().refused; // then it shows again what is so
  return html`<label class="field" title=${title} data-control=${control}><span class=${hideLabel ? "hidden" : ""}>${label}</span>
    <select value=${String(value)} onChange=${(event) => onChange(event.target.value)}>
      ${choices.map((choice) => html`<option key=${choice} value=${String(choice)} selected=${choice === value}>
        ${names[choice] ?? String(choice).replaceAll("_", " ")}</option>`)}
    </select></label>`;
}

/** Write into a field what is so. */
export function put(input, text) {
  input.value = text;
  input.dataset.taken = text;
}

/** Whether this is a field with text that has not been taken over. */
export const isTyping = (input) => "taken" in input.dataset && input.value !== input.dataset.taken && document.activeElement === input;

/** A number that is taken over when it is whole: by Enter or by leaving the field. */
export function NumberField({ label, value, onCommit, none, title, width = 5.5, control }) {
  const input = useRef();
  const shown = value === null ? "" : String(value);
  useEffect(() => { if (!isTyping(input.current)) put(input.current, shown); }, [shown]);
  const commit = () => {
    const text = input.current.value;
    const number = text.trim() === "" && none !== undefined ? null : typed(text);
    if (number === null && !(text.trim() === "" && none !== undefined)) put(input.current, shown);
    else if (number === value) put(input.current, shown);
    else { put(input.current, text); onCommit(number); }
  };
  // What was refused leaves the field: it is not what is trained.
  const { refused } = useStore();
  useEffect(() => put(input.current, shown), [refused]);
  return html`<label class="field" title=${title} data-control=${control}><span>${label}</span>
    <input ref=${input} inputmode="decimal" autocomplete="off" spellcheck="false" style=${{ width: `${width}em` }}
      placeholder=${none ?? ""} onBlur=${commit}
      onKeyDown=${(event) => { if (event.key === "Enter") commit(); if (event.key === "Escape") put(input.current, shown); }} />
  </label>`;
}
