// Two runs side by side: how to begin, what differs, both curves in one chart, and the outcome.

import { ask } from "./connection.js";
import { Choice, Segments } from "./FormFields.js";
import { frameOf, onFrame, useFrame } from "./frames.js";
import { fill, useLineChart } from "./lineChart.js";
import { LOSS_SCALES } from "./LossHistory.js";
import { ACTIVATIONS, NetworkDiagram } from "./NetworkDiagram.js";
import { count, short, written } from "./numberFormat.js";
import { OutputPlane } from "./OutputPlane.js";
import { Counters } from "./RunControls.js";
import { Badge } from "./RunSwitcher.js";
import { Sheet } from "./Sheet.js";
import { page, runs } from "./state.js";
import { RATES, RULES, START_NAMES, STARTS } from "./TrainingSettings.js";
import { html, useState } from "./vendor/preact.js";
import { say } from "./words.js";

const BOTH = ["a", "b"];
const SERIES = [{ stroke: "--accent", width: 2.5 },
  { stroke: "--second", width: 2.5, dash: [8, 5] }];
const WIDTHS = ["1", "2", "3", "4", "8", "16"];
const DEPTHS = ["0", "1", "2", "3", "4", "6", "8"];

/** A change of one setting: a label, the choices, and how a choice is read. */
const setting = (name, label, choices, read, names = {}) => ({ label, names,
  choices: () => choices, now: (spec) => spec[name] ?? "all",
  specOf: (text) => ({ [name]: read(text) }) });

const usual = (called) => runs.a.scene.controls.find(({ name }) => name === called).usual;

/** What can be changed in b: a label, the choices, what is chosen now, and the spec of a choice. */
const CHANGES = {
  learning_rate: setting("learning_rate", "learning rate", RATES, Number),
  activation: { label: "activation of every hidden layer", choices: () => ACTIVATIONS,
    now: ({ activation }) => activation[0],
    specOf: (name, { hidden }) => ({ activation: hidden.map(() => name) }) },
  optimizer: setting("optimizer", "optimizer", Object.keys(RULES), String, RULES),
  neurons: { label: "neurons in every hidden layer", choices: () => WIDTHS,
    now: ({ hidden }) => hidden[0] ?? "",
    specOf: (n, { hidden }) => ({ hidden: hidden.map(() => Number(n)) }) },
  layers: { label: "number of hidden layers", choices: () => DEPTHS,
    now: ({ hidden }) => hidden.length, specOf: withLayers },
  initialiser:
    setting("initialiser", "how the first weights are drawn", STARTS, String, START_NAMES),
  seed: { label: "seed of the first weights", now: () => null,
    choices: ({ seed }) => [1, 2, 3, 4, 5].map((k) => seed + k),
    specOf: (seed) => ({ seed: Number(seed) }) },
  batch_size: { ...setting("batch_size", "batch", [], (n) => (n === "all" ? null : Number(n))),
    choices: () => usual("batch_size") },
  l2: { ...setting("l2", "L2", [], Number), choices: () => usual("l2") },
  features: { label: "one feature more or less", now: () => null, specOf: withOtherFeature,
    choices: () => runs.a.scene.features.map(({ name }) => name) },
};

function withLayers(n, { hidden, activation }) {
  const layers = Array.from({ length: Number(n) }, (_, l) => l);
  return {
    hidden: layers.map((l) => hidden[l] ?? hidden.at(-1) ?? 3),
    activation: layers.map((l) => activation[l] ?? activation.at(-1) ?? "tanh"),
  };
}

function withOtherFeature(name, { features }) {
  const others = features.filter((feature) => feature !== name);
  const isLess = others.length < features.length && others.length > 0;
  return { features: isLess ? others : [...others, name] };
}

/** Choose what differs in b. */
export function ComparisonDialog({ onClose }) {
  const { spec } = runs.a;
  const [what, setWhat] = useState("learning_rate");
  const [chosen, setChosen] = useState(null);
  const { choices: all, now, names = {}, specOf } = CHANGES[what];
  const texts = all(spec).map(String);
  const current = texts.indexOf(String(now(spec)));
  const choices = texts.filter((_, k) => k !== current);
  const next = choices[Math.min(Math.max(current, 0), choices.length - 1)];
  const value = choices.includes(chosen) ? chosen : next;
  const labels = Object.entries(CHANGES).map(([name, { label }]) => [name, label]);
  const begin = (changes) => {
    ask("compare", { spec: changes });
    onClose();
  };
  return html`<${Sheet} name="compare" title="Compare two runs" onClose=${onClose}>
    <div class="sheet-body">
      <p>Run a is the one on the page. Run b begins with the same weights, but one thing is
        different. Both are trained in step.</p>
      <div class="pair">
        <${Choice} label="what differs in b" value=${what} choices=${Object.keys(CHANGES)}
          names=${Object.fromEntries(labels)} onChange=${setWhat} />
        <${Choice} label="in b" value=${value} choices=${choices} names=${names}
          onChange=${setChosen} />
      </div>
      <div class="row-of-buttons">
        <button class="primary" onClick=${() => begin(specOf(value, spec))}>Compare</button>
        <button onClick=${() => begin({})}>Begin with equal runs, and change b on the page</button>
      </div></div><//>`;
}

/** Both runs, each with its plane and its network. */
export function TwoRuns() {
  return BOTH.map((run) => html`<section key=${run} class=${`run-panel run-${run}`}
      aria-label=${`Run ${run}`}>
    <${RunHead} run=${run} /><${OutputPlane} run=${run} /><${NetworkDiagram} run=${run} />
  </section>`);
}

function RunHead({ run }) {
  const differs = page.comparison?.differs ?? [];
  const text = differs.map((row) => `${row.name} ${row[run]}`).join("; ");
  return html`<div class="run-head"><${Badge} run=${run} />
    <b>${text || (run === "a" ? "as it was" : "as a")}</b><${Counters} run=${run} /></div>`;
}

/** End it; who did so by keys goes on where it began, for the button is gone. */
function end() {
  ask("compare", { spec: null });
  const opener = /** @type {HTMLElement} */ (document.querySelector("[data-control=compare]"));
  opener.focus({ preventScroll: true });
}

/** What differs, what came of it, and a sentence on it. */
export function Comparison() {
  const { comparison } = page;
  return html`<section class="card comparison" aria-labelledby="comparison-title">
    <div class="card-head"><h2 id="comparison-title">What differs</h2>
      ${comparison && html`<span class="soft" data-test="start">${comparison.start}</span>`}
      <button class="at-end" onClick=${end}>End the comparison</button></div>
    ${comparison ? html`<p class="outcome" data-test="outcome">${comparison.sentence}</p>
      ${comparison.caution && html`<p class="hint">${comparison.caution}</p>`}
      <${OutcomeTable} ...${comparison} />`
    : html`<p class="hint">When both rest, the outcome is shown here.</p>`}
  </section>`;
}

function whenReached({ reached, diverged, ended, epochs }) {
  if (reached) return count(epochs);
  return diverged ? "diverged" : ended ? "not reached" : "not yet";
}

function OutcomeTable({ differs, outcome }) {
  const row = (name, text) => [name, ...BOTH.map((run) => text(outcome[run]))];
  const isRegression = BOTH.every((run) => outcome[run].right === undefined);
  const rows = [
    ...differs.map(({ name, a, b }) => [name, a, b]),
    row("epochs to the goal", whenReached),
    row("epochs trained", ({ epochs }) => count(epochs)),
    row("loss at the end", ({ loss }) => (loss === null ? "not finite" : short(loss))),
    isRegression ? row("off by, on average", ({ off }) => written(off ?? NaN))
      : row("right", ({ right, points }) => `${right ?? "–"} of ${points}`),
  ];
  return html`<div class="table-scroll"><table>
    <thead><tr><th scope="col"><span class="hidden">of</span></th>
      ${BOTH.map((run) => html`<th scope="col" key=${run}><${Badge} run=${run} /></th>`)}</tr>
    </thead>
    <tbody>${rows.map(([name, a, b], k) => html`<tr key=${name}
      class=${k < differs.length ? "differs" : ""}>
      <th scope="row">${name}</th><td>${a}</td><td>${b}</td></tr>`)}</tbody></table></div>`;
}

/** The losses of both in one chart, and the slider through their time. */
export function TwoCurves() {
  const [scale, setScale] = useState("log");
  const box = useLineChart({ scale, series: SERIES, hooks: LABELS }, (plot) => {
    const draw = () => drawBoth(plot, BOTH.map(frameOf));
    const stops = BOTH.map((run) => onFrame(draw, 33, run));
    return () => stops.forEach((stop) => stop());
  }, [scale]);
  return html`<section class="history" aria-labelledby="curves-title"
      data-part="loss">
    <div class="card-head"><h2 id="curves-title">Both losses by epoch</h2>
      <span class="soft"><i class="line line-a"></i> run a <i class="line line-b"></i> run b</span>
      <${Segments} label="Scale of the loss" value=${scale} choices=${LOSS_SCALES}
        onChange=${setScale} /></div>
    <div ref=${box} class="chart tall" aria-hidden="true"></div><${BothSlider} /></section>`;
}

/** The name of each run, on its curve. */
const LABELS = {
  ready: [(plot) => {
    plot.labels = BOTH.map((run) => {
      const label = document.createElement("b");
      label.className = `curve-label badge badge-${run}`;
      label.textContent = run;
      plot.over.append(label);
      return label;
    });
  }],
  draw: [(plot) => plot.curves?.forEach(([epochs, losses], k) => {
    const at = Math.floor((epochs.length - 1) * (k ? 0.62 : 0.38)); // not one upon the other
    const label = plot.labels?.[k];
    if (!label) return;
    label.hidden = epochs.length < 2;
    if (label.hidden) return;
    const [x, y] = [plot.valToPos(epochs[at], "x"), plot.valToPos(losses[at], "y")];
    label.style.transform = `translate(${x}px, ${y}px) translate(-50%, -50%)`;
  })],
};

function drawBoth(plot, frames) {
  if (!frames.every(Boolean)) return;
  plot.curves = frames.map(({ curve }) => (
    [curve.subarray(0, curve.length / 3), curve.subarray((2 * curve.length) / 3)]));
  const most = (name) => Math.max(...frames.map((frame) => frame[name]));
  fill(plot, plot.curves, { epoch: most("epoch"), last: most("last") });
}

function BothSlider() {
  const frames = [useFrame(50, "a"), useFrame(50, "b")];
  if (!frames.every(Boolean)) return null;
  const open = frames.filter(({ finished }) => !finished).map(({ last }) => last);
  const reach = open.length ? Math.min(...open) : Math.max(...frames.map(({ last }) => last));
  const epoch = Math.max(...frames.map((frame) => frame.epoch));
  return html`<label class="time" data-part="time" data-control="time">
    <span class="hidden">${say("time.label")}</span>
    <input type="range" min="0" max=${reach} step="1" value=${epoch} disabled=${reach === 0}
      aria-valuetext=${`after ${epoch} of ${reach} epochs`}
      onInput=${({ target }) => ask("go", { epoch: Number(target.value) })} /></label>`;
}
