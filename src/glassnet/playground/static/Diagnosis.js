// What goes well or wrong in the training, found by the library when it rests.

import { frameOf } from "./frames.js";
import { epochs } from "./numberFormat.js";
import { Badge } from "./RunSwitcher.js";
import { isComparing, runs } from "./state.js";
import { html } from "./vendor/preact.js";

export function Diagnosis({ run = "a" }) {
  const { diagnosis, status } = runs[run];
  const isOld = !diagnosis
    || (status && (status.playing || diagnosis.epoch !== frameOf(run)?.last));
  return html`<section class="card diagnosis" aria-labelledby="diagnosis-title"
      data-control="diagnosis">
    <div class="card-head"><h2 id="diagnosis-title">What is going on</h2>
      ${isComparing() && html`<${Badge} run=${run} />`}</div>
    ${isOld ? html`<p class="hint">When the training rests, it is looked at here: units that
      saturate or die, steps too large or too small, and what to do.</p>`
    : html`<${Findings} ...${diagnosis} />`}
  </section>`;
}

function Findings({ epoch, found }) {
  if (!found.length) {
    const text = epoch === 0 ? "Nothing is trained yet. Press play."
      : `No problems after ${epochs(epoch)}.`;
    return html`<p class="fine">${text}</p>`;
  }
  return found.map(({ name, sentence, advice }) => html`<div class="finding" key=${name}>
    <h3>${name}</h3><p>${sentence}</p><p class="advice">${advice}</p></div>`);
}
