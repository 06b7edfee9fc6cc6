// Tabs over a panel: one of several parts of the page is shown at a time.

import { html } from "./vendor/preact.js";

/** `names` are those of the parts, by which teachers hide them; `labels` what they are called. */
export function Tabs({ label, names, labels, shown, panel, onChange }) {
  return html`<div role="tablist" aria-label=${label}>${names.map((name) => html`<button
    role="tab" key=${name} id=${`tab-${name}`} aria-selected=${name === shown}
    aria-controls=${panel} data-control=${name} onClick=${() => onChange(name)}>
    ${labels[name]}</button>`)}</div>`;
}
