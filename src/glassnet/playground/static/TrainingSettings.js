// How to train: the rule, its rate, the start, and when to stop. A drawer holds all settings, with
// what each does; a lesson shows those that its step is about.

import { ask } from "./connection.js";
import { Choice, NumberField } from "./FormFields.js";
import { setPreference } from "./persistence.js";
import { RunSwitcher } from "./RunSwitcher.js";
import { page, runs } from "./state.js";
import { html, useEffect, useRef } from "./vendor/preact.js";
import { say, wordsOf } from "./words.js";

export const RATES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.4, 1, 3, 10];
export const RULES = wordsOf("settings.rules");
export const STARTS = ["legacy_numpy", "uniform", "glorot_uniform", "glorot_normal", "he_uniform",
  "he_normal", "zeros"];
export const START_NAMES = wordsOf("settings.starts");
const NUMBERS = { learning_rate: RATES, momentum: [0, 0.5, 0.9, 0.99] };
const FIELDS = { cosine_epochs: [5, "never"], seed: [4.5], stop_below: [5, "never"],
  max_epochs: [6.4] };
const FIRST = ["learning_rate", "optimizer", "momentum", "batch_size", "cosine_epochs"];
const LAST = ["initialiser", "seed", "stop_below", "max_epochs", "precision"];

const rounded = (value) => (
  typeof value === "number" ? String(Number(value.toPrecision(3))) : String(value));

/** A list of usual values, with the one that is set; of its digits three are shown. */
function Listed({ usual, value, ...more }) {
  const choices = usual.includes(value) ? usual
    : [...usual, value].sort((a, b) => (typeof a === "number" ? a - b : 0));
  return html`<${Choice} value=${value} choices=${choices} names=${{ [value]: rounded(value) }}
    ...${more} />`;
}

const CHOICES = { optimizer: RULES, precision: wordsOf("settings.precisions"),
  initialiser: START_NAMES };

/** The usual values of a setting; null of one that is typed. */
function usualOf(name, { spec, scene }) {
  if (name === "initialiser") return spec[name] === "opened" ? [...STARTS, "opened"] : STARTS;
  if (name in CHOICES) return Object.keys(CHOICES[name]);
  const declared = scene.controls.find((one) => one.name === name)?.usual ?? [];
  return name in FIELDS || !declared.length ? NUMBERS[name] : declared;
}

/** The control of a setting; nothing where it has no effect. */
export function Setting({ name, run }) {
  const { scene, spec } = runs[run];
  const declared = scene.controls.find((one) => one.name === name) ?? {};
  const { label, help } = { ...declared, ...wordsOf("settings")[name] };
  const set = (value) => ask("set", { spec: { [name]: value }, of: run });
  const usual = usualOf(name, runs[run]);
  const shared = { label, help, control: name };
  if (name === "momentum" && spec.optimizer === "Adam") return null;
  if (name in CHOICES) {
    return html`<${Choice} value=${spec[name]} choices=${usual} names=${CHOICES[name]}
      onChange=${set} ...${shared} />`;
  }
  const none = FIELDS[name]?.[1] ?? declared.none;
  if (!usual) {
    return html`<${NumberField} width=${FIELDS[name]?.[0] ?? 5} none=${none} value=${spec[name]}
      onCommit=${set} ...${shared} />`;
  }
  const read = (text) => (text === none ? null : Number(text));
  return html`<${Listed} usual=${usual} value=${spec[name] ?? none} ...${shared}
    onChange=${(text) => set(read(text))} />`;
}

/** The settings that are shown, in their order: those declared elsewhere are in the middle. */
function settingNames(scene) {
  const others = scene.controls.map(({ name }) => name)
    .filter((name) => !FIRST.includes(name) && !LAST.includes(name));
  return [...FIRST, ...others, ...LAST];
}

/** Of some names those of settings, to be shown by themselves. */
export function SomeSettings({ names }) {
  const known = settingNames(runs.a.scene);
  return html`<div class="settings">${names.filter((name) => known.includes(name)).map(
    (name) => html`<${Setting} key=${name} name=${name} run=${page.editing} />`)}</div>`;
}

/** Open or close the drawer; it stays so on the next visit. */
export function showSettings(isOpen) {
  page.hasSettings = isOpen;
  setPreference("settings", isOpen ? "open" : "closed");
}

export function TrainingSettings() {
  const run = page.editing;
  const { hasSettings } = page;
  const drawer = useRef();
  const isFirst = useRef(true);
  useEffect(() => { // on a narrow screen it is further down
    if (hasSettings && !isFirst.current) drawer.current.scrollIntoView({ block: "nearest" });
    isFirst.current = false;
  }, [hasSettings]);
  return html`<aside ref=${drawer} class="card settings drawer" aria-label=${say("settings.title")}
      data-part="settings" data-control="settings" hidden=${!hasSettings}>
    ${hasSettings && html`<div class="card-head"><h2>${say("settings.title")}</h2>
        <${RunSwitcher} what=${say("settings.title")} />
        <button class="quiet at-end" aria-label=${say("settings.close")}
          onClick=${() => showSettings(false)}>×</button></div>
      ${settingNames(runs[run].scene).map((name) => html`<${Setting} key=${name} name=${name}
        run=${run} />`)}`}
  </aside>`;
}
