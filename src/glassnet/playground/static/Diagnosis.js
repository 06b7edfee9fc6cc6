// What goes well or wrong in the training, found by the library when it rests.

import { frameOf } from "./frames.js";
import { Badge } from "./RunSwitcher.js";
import { isComparing, runs } from "./state.js";
import { html } from "./vendor/preact.js";
import { say } from "./words.js";

export function Diagnosis({ run = "a" }) {
  const { diagnosis, status } = runs[run];
  const isOld = !diagnosis
    || (status && (status.playing || diagnosis.epoch !== frameOf(run)?.last));
  const isEdited = diagnosis && runs[run].scenario.changes.some(
    ({ epoch, values }) => values?.length && epoch === diagnosis.epoch);
  return html`<section class="diagnosis" aria-label=${say("dock.diagnosis")}
      data-control="diagnosis">
    ${isComparing() && html`<${Badge} run=${run} />`}
    ${isOld ? html`<p class="hint">${say("diagnosis.when")}</p>`
    : isEdited ? html`<p>${say("diagnosis.edited")}</p>`
    : html`<${Findings} ...${diagnosis} />`}
  </section>`;
}

function Findings({ epoch, found }) {
  if (!found.length) {
    return html`<p class="fine">${say(`diagnosis.${epoch === 0 ? "start" : "healthy"}`)}</p>`;
  }
  return found.map(({ name, sentence, advice }) => html`<div class="finding" key=${name}>
    <h3>${name}</h3><p>${sentence}</p><p class="advice">${advice}</p></div>`);
}
