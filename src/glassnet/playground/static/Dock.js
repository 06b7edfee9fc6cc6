// What is going on, in words; the weights of a neuron; predictions; mix-ups: one of them at a time.

import { ConfusionMatrix } from "./ConfusionMatrix.js";
import { isHidden } from "./controlVisibility.js";
import { Diagnosis } from "./Diagnosis.js";
import { PredictionTable } from "./PredictionTable.js";
import { page, runs } from "./state.js";
import { Tabs } from "./Tabs.js";
import { html, useEffect } from "./vendor/preact.js";
import { WeightInspector } from "./WeightInspector.js";
import { say, wordsOf } from "./words.js";

const PANELS = { diagnosis: Diagnosis, inspector: WeightInspector, predictions: PredictionTable,
  confusion: ConfusionMatrix };

export function Dock() {
  const { dock, selected, editing: run } = page;
  const { rows, n_classes } = runs[run].scene; // a replay may have no rows
  const isMeant = { predictions: rows.length > 0, confusion: rows.length * n_classes > 0 };
  const isThere = (name) => !isHidden(name) && (isMeant[name] ?? true);
  const names = Object.keys(PANELS).filter(isThere);
  const shown = names.includes(dock) ? dock : names[0];
  useEffect(() => { if (selected) page.dock = "inspector"; }, [selected]);
  const Panel = PANELS[shown];
  if (!Panel) return null; // all are hidden
  return html`<section class="card dock" aria-label=${say("dock.label")}>
    <${Tabs} label=${say("dock.label")} names=${names} labels=${wordsOf("dock")} shown=${shown}
      panel="dock-panel" onChange=${(name) => { page.dock = name; }} />
    <div class="dock-panel" role="tabpanel" id="dock-panel" aria-labelledby=${`tab-${shown}`}>
      <${Panel} key=${`${shown}${run}`} run=${run} /></div></section>`;
}
