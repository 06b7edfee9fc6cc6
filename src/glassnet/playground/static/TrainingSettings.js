// How to train: the rule, its rate, the start, and when to stop.

import { ask } from "./connection.js";
import { Choice, NumberField } from "./FormFields.js";
import { Speed } from "./RunControls.js";
import { RunSwitcher } from "./RunSwitcher.js";
import { isComparing, page, runs } from "./state.js";
import { html } from "./vendor/preact.js";

export const RATES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.4, 1, 3, 10];
export const RULES = { GradientDescent: "gradient descent", Adam: "Adam", RMSprop: "RMSprop" };
const PRECISIONS = { float64: "64 bits", float32: "32 bits" };
const MOMENTA = [0, 0.5, 0.9, 0.99];
export const STARTS = ["legacy_numpy", "uniform", "glorot_uniform", "glorot_normal", "he_uniform",
  "he_normal", "zeros"];
export const START_NAMES = { legacy_numpy: "tutorial's", opened: "the run's own" };

const OF_THEIR_OWN = new Set(["seed", "stop_below", "max_epochs"]); // fields in their own places

const including = (choices, value) => (
  choices.includes(value) ? choices : [...choices, value].sort((a, b) => a - b));

export function TrainingSettings() {
  const run = page.editing;
  const { scene, spec } = runs[run];
  const set = (changes) => ask("set", { spec: changes, of: run });
  const choice = (name, label, choices, more = {}) => html`<${Choice} label=${label}
    control=${name} value=${spec[name]} choices=${choices}
    onChange=${(value) => set({ [name]: value })} ...${more} />`;
  // Numbers of many digits, as runs bring them along, are shown with three of them.
  const number = (name, label, choices) => {
    const names = { [spec[name]]: String(Number(spec[name].toPrecision(3))) };
    const onChange = (text) => set({ [name]: Number(text) });
    return choice(name, label, including(choices, spec[name]), { names, onChange });
  };
  const field = (name, label, width, more = {}) => html`<${NumberField} label=${label}
    control=${name} width=${width} value=${spec[name]}
    onCommit=${(value) => set({ [name]: value })} ...${more} />`;
  // A list of usual values, with the one it has; null is called by what it means.
  const listed = ({ name, label, help, usual, none }) => {
    const value = spec[name] ?? none;
    const onChange = (text) => set({ [name]: text === none ? null : Number(text) });
    const choices = usual.includes(value) ? usual : [...usual, value];
    const shown = typeof value === "number" ? String(Number(value.toPrecision(3))) : value;
    return usual.length
      ? choice(name, label, choices, { value, onChange, names: { [value]: shown }, title: help })
      : field(name, label, 5, { none, title: help });
  };
  return html`<section class="settings" aria-label="Training" data-control="settings">
    <${Speed} />
    ${isComparing() && html`<div class="field"><span aria-hidden="true">settings of</span>
      <${RunSwitcher} what="settings" /></div>`}
    ${number("learning_rate", "learning rate", RATES)}
    ${choice("optimizer", "optimizer", Object.keys(RULES), { names: RULES })}
    ${spec.optimizer !== "Adam" && number("momentum", "momentum", MOMENTA)}
    ${field("cosine_epochs", "rate 0 by epoch", 4.5, { none: "never",
    title: "The learning rate falls to 0 along a cosine in so many epochs; empty: it stays" })}
    ${scene.controls.filter(({ name }) => !OF_THEIR_OWN.has(name)).map(listed)}
    ${choice("initialiser", "start", spec.initialiser === "opened" ? [...STARTS, "opened"] : STARTS,
    { title: "How the first weights are drawn", names: START_NAMES })}
    ${field("seed", "seed", 4.5)}
    ${field("stop_below", "stop below loss", 5, { none: "never", title: "Empty: never" })}
    ${field("max_epochs", "or at epoch", 6.4)}
    ${choice("precision", "precision", Object.keys(PRECISIONS), { names: PRECISIONS,
    title: "How many digits it computes with: about 16, or 7" })}
  </section>`;
}
