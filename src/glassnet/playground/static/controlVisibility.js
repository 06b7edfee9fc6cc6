// What a teacher hides: any control and any part of the page, by names that links hold.
//
// An element with data-control="name" is shown or not by a rule in a style sheet, so that what is
// hidden is reached by no key either. It is hidden only: a link may still set it.

import { html, useEffect, useRef } from "./vendor/htm-preact.js";
import { stay } from "./urlState.js";
import { stepOf } from "./lessons.js";
import { store, update, useStore } from "./store.js";

/** Every part of the page with its controls: [name, label]. */
export const PARTS = [
  { name: "run", label: "Running", controls: [["back", "Back to the start"], ["play", "Play and pause"], ["epoch", "One epoch"],
    ["phase", "One phase"], ["speed", "Speed"], ["new_start", "New start"], ["undo", "Undo"]] },
  { name: "settings", label: "Training", controls: [["learning_rate", "Learning rate"], ["optimizer", "Optimizer"], ["momentum", "Momentum"], ["cosine_epochs", "Falling rate"],
    ["batch_size", "Batch"], ["l1", "L1"], ["l2", "L2"], ["initialiser", "Start"], ["seed", "Seed"], ["stop_below", "Stop below loss"],
    ["max_epochs", "Last epoch"], ["precision", "Precision"]] },
  { name: "data", label: "Data", controls: [["data_set", "Data sets"], ["noise", "Noise"], ["n_samples", "Points"], ["data_seed", "Seed of the data"],
    ["test_share", "Points to test on"], ["own_data", "Files and table"]] },
  { name: "network", label: "Network", controls: [["features", "Features"], ["layers", "Add and remove layers"],
    ["neurons", "Number of neurons"], ["activation", "Activations"], ["links", "Weights or gradients"]] },
  { name: "output", label: "Output", controls: [["boundary", "Soft or hard boundary"], ["painting", "Painting points"]] },
  { name: "history", label: "Loss by epoch", controls: [["loss_scale", "Scale of the loss"], ["time", "Time slider"]] },
  { name: "inspector", label: "Weights and bias", controls: [] },
  { name: "predictions", label: "Predictions", controls: [] },
  { name: "confusion", label: "Which is taken for which", controls: [] },
  { name: "take", label: "Take it with you", controls: [] },
  { name: "diagnosis", label: "What is going on", controls: [] },
  { name: "compare", label: "Compare two runs", controls: [] },
  { name: "seeds", label: "Many starts", controls: [] },
];
const LABELS = new Map(PARTS.flatMap(({ name, label, controls }) => [[name, label], ...controls]));
const sheet = new CSSStyleSheet();
document.adoptedStyleSheets.push(sheet);

/** What the page calls a control or a part. */
export const labelOf = (name) => LABELS.get(name);

/** The names that are not shown now: what is hidden, but for what the open lesson's step needs. */
function away(hides, needed) {
  const names = new Set(hides.filter((name) => LABELS.has(name))); // they come from a link
  for (const { name, controls } of PARTS) {
    if (!names.has(name)) continue;
    const wanted = controls.filter(([control]) => needed.includes(control));
    if (wanted.length === 0 && !needed.includes(name)) continue;
    names.delete(name);
    if (wanted.length) controls.forEach(([control]) => names.add(control));
  }
  needed.forEach((name) => names.delete(name));
  return names;
}

/** The controls that the open lesson's step asks to use. */
const needs = () => stepOf(store.lesson)?.uses ?? [];

/** Whether a control, or the part it stands in, is not shown. */
export function isHidden(name) {
  const names = away(store.hides, needs());
  return names.has(name) || PARTS.some((part) => names.has(part.name) && part.controls.some(([control]) => control === name));
}

/** Hides what is to be hidden and marks what a lesson needs; draws nothing of its own. */
export function Hiding() {
  const { hides, lesson } = useStore();
  useEffect(() => {
    const needed = needs();
    const names = away(hides, needed);
    const place = (name) => `[data-control="${name}"]`;
    sheet.replaceSync([...names].map((name) => `${place(name)} { display: none !important; }`).join("\n")
      + needed.map((name) => `${place(name)} { outline: 2px dashed var(--accent); outline-offset: 3px; }
        ${place(name)}:focus-visible { outline: 3px solid var(--accent); }`).join("\n"));
    document.documentElement.dataset.hidden = [...names].join(" "); // for the layout around it
  }, [hides, lesson]);
  return null;
}

/** Move to a control: its first place that takes the focus. */
export function goTo(name) {
  const places = [...document.querySelectorAll(`[data-control="${name}"]`)];
  const inside = (selector) => places.flatMap((place) => [...(place.matches(selector) ? [place] : []), ...place.querySelectorAll(selector)])
    .find((element) => element.checkVisibility());
  const found = inside("[role=application], .node, .weight input") // what the part is for, before what stands around it
    ?? inside("button:not(:disabled), select, input:not(:disabled), [tabindex='0']");
  const target = found ?? places.find((place) => place.checkVisibility());
  if (!target) return;
  if (!found) target.tabIndex = -1;
  target.scrollIntoView({ block: "center" });
  target.focus({ focusVisible: true, preventScroll: true });
}

/** The teacher's panel: what is to be seen, and the link that shows just that. */
export function Teacher({ onClose }) {
  const { hides } = useStore();
  const dialog = useRef();
  const said = useRef();
  useEffect(() => dialog.current.showModal(), []);
  const set = (names) => { update({ hides: names }); stay(); };
  const shown = (name) => !hides.includes(name);
  const toggle = (name) => set(shown(name) ? [...hides, name] : hides.filter((other) => other !== name));
  const copy = async () => {
    try { await navigator.clipboard.writeText(location.href); } catch { return; }
    said.current.textContent = "Copied.";
  };
  const box = (name, label, within) => html`<label class="check"><input type="checkbox" checked=${shown(name)}
    disabled=${within !== undefined && !shown(within)} onChange=${() => toggle(name)} /><span>${label}</span></label>`;
  return html`<dialog ref=${dialog} class="sheet teacher" aria-labelledby="teacher-title" onClose=${onClose}
      onClick=${(event) => { if (event.target === dialog.current) dialog.current.close(); }}>
    <header><h2 id="teacher-title">For teachers</h2><button aria-label="Close" onClick=${() => dialog.current.close()}>×</button></header>
    <div class="sheet-body">
      <p>Choose what your readers see. The link holds your choice, the lesson that is open and the training as it stands.
        What is hidden still works as the link says; it only cannot be changed here.</p>
      <div class="parts">${PARTS.map(({ name, label, controls }) => html`<fieldset key=${name}><legend class="hidden">${label}</legend>
        <b>${box(name, label)}</b>${controls.map(([control, text]) => box(control, text, name))}</fieldset>`)}</div>
      <label class="field"><span>Link</span><input class="mono" readonly value=${location.href} onFocus=${(event) => event.target.select()} /></label>
      <div class="row-of-buttons"><button class="primary" onClick=${copy}>Copy the link</button>
        <button disabled=${hides.length === 0} onClick=${() => set([])}>Show everything</button>
        <span role="status" ref=${said}></span></div>
      <p class="hint">It opens where glassnet play runs: your readers replace the part before # by the address of their own page.</p>
    </div></dialog>`;
}
