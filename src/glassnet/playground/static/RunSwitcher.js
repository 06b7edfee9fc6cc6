// Of two runs that are compared: which one is meant.

import { isComparing, page } from "./state.js";
import { html } from "./vendor/preact.js";

export function Badge({ run }) {
  return html`<span class=${`badge badge-${run}`}>${run}</span>`;
}

/** Chooses the run whose settings and numbers are shown; nothing while there is one. */
export function RunSwitcher({ what }) {
  if (!isComparing()) return null;
  return html`<div class="seg" role="group" aria-label=${`${what} of`}>
    ${["a", "b"].map((run) => html`<button key=${run} aria-pressed=${page.editing === run}
      aria-label=${`${what} of run ${run}`} onClick=${() => { page.editing = run; }}>
      run ${run}</button>`)}</div>`;
}
