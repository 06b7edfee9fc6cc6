// How to train: the rule, its rate, the start, and when to stop.

import { html } from "./vendor/htm-preact.js";
import { ask } from "./connection.js";
import { useRun, useStore } from "./store.js";
import { Speed } from "./RunControls.js";
import { Whose } from "./RunSwitcher.js";
import { Choice, NumberField } from "./FormFields.js";

export const RATES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.4, 1, 3, 10];
export const RULES = { GradientDescent: "gradient descent", Adam: "Adam", RMSprop: "RMSprop" };
const PRECISIONS = { float64: "64 bits", float32: "32 bits" };
export const PENALTIES = [0, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];
export const BATCHES = ["all", 1, 4, 10, 20, 50];
export const STARTS = ["legacy_numpy", "uniform", "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "zeros"];
export const START_NAMES = { legacy_numpy: "tutorial's", opened: "the run's own" };

// Numbers of many digits, as runs bring them along, are shown with three of them.
const named = (choices) => Object.fromEntries(choices.map((value) => [value, String(Number(value.toPrecision(3)))]));
const including = (choices, value) => (choices.includes(value) ? choices : [...choices, value].sort((a, b) => a - b));

export function Settings() {
  const { b, editing: run } = useStore();
  const { spec } = useRun(run);
  const set = (changes) => ask("set", { spec: changes, of: run });
  const number = (text) => (text === "all" ? null : Number(text));
  return html`<section class="settings" aria-label="Training" data-control="settings">
    <${Speed} />
    ${b && html`<div class="field"><span aria-hidden="true">settings of</span><${Whose} what="settings" /></div>`}
    <${Choice} label="learning rate" control="learning_rate" value=${spec.learning_rate} choices=${including(RATES, spec.learning_rate)} names=${named([spec.learning_rate])}
      onChange=${(text) => set({ learning_rate: Number(text) })} />
    <${Choice} label="optimizer" control="optimizer" value=${spec.optimizer} choices=${Object.keys(RULES)} names=${RULES}
      onChange=${(optimizer) => set({ optimizer })} />
    ${spec.optimizer !== "Adam" && html`<${Choice} label="momentum" control="momentum" value=${spec.momentum}
      choices=${including([0, 0.5, 0.9, 0.99], spec.momentum)} onChange=${(text) => set({ momentum: Number(text) })} />`}
    <${NumberField} label="rate 0 by epoch" control="cosine_epochs" width=${4.5} none="never" value=${spec.cosine_epochs}
      title="The learning rate falls to 0 along a cosine in so many epochs; empty: it stays" onCommit=${(cosine_epochs) => set({ cosine_epochs })} />
    <${Choice} label="batch" control="batch_size" title="Points for one update" value=${spec.batch_size ?? "all"}
      choices=${spec.batch_size === null || BATCHES.includes(spec.batch_size) ? BATCHES : [...BATCHES, spec.batch_size]}
      onChange=${(text) => set({ batch_size: number(text) })} />
    <${Choice} label="L1" control="l1" value=${spec.l1} choices=${including(PENALTIES, spec.l1)} names=${named([spec.l1])} onChange=${(text) => set({ l1: Number(text) })} />
    <${Choice} label="L2" control="l2" value=${spec.l2} choices=${including(PENALTIES, spec.l2)} names=${named([spec.l2])} onChange=${(text) => set({ l2: Number(text) })} />
    <${Choice} label="start" control="initialiser" title="How the first weights are drawn" value=${spec.initialiser} names=${START_NAMES}
      choices=${spec.initialiser === "opened" ? [...STARTS, "opened"] : STARTS} onChange=${(initialiser) => set({ initialiser })} />
    <${NumberField} label="seed" control="seed" width=${4.5} value=${spec.seed} onCommit=${(seed) => set({ seed })} />
    <${NumberField} label="stop below loss" control="stop_below" width=${5} none="never" value=${spec.stop_below} title="Empty: never"
      onCommit=${(stop_below) => set({ stop_below })} />
    <${NumberField} label="or at epoch" control="max_epochs" width=${6.4} value=${spec.max_epochs} onCommit=${(max_epochs) => set({ max_epochs })} />
    <${Choice} label="precision" control="precision" title="How many digits it computes with: about 16, or 7" value=${spec.precision} names=${PRECISIONS}
      choices=${Object.keys(PRECISIONS)} onChange=${(precision) => set({ precision })} />
  </section>`;
}
