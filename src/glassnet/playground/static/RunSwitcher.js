// Of two runs that are compared: which one is meant.

import { html } from "./vendor/htm-preact.js";
import { update, useStore } from "./store.js";

export function Badge({ run }) {
  return html`<span class=${`badge badge-${run}`}>${run}</span>`;
}

/** Of two that are compared, the one whose settings and numbers are shown; nothing while there is one. */
export function Whose({ what }) {
  const { b, editing } = useStore();
  return b && html`<div class="seg" role="group" aria-label=${`${what} of`}>${["a", "b"].map((run) => html`
    <button key=${run} aria-pressed=${editing === run} aria-label=${`${what} of run ${run}`} onClick=${() => update({ editing: run })}>run ${run}</button>`)}</div>`;
}
