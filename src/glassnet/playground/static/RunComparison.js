// Two runs side by side: how to begin, what differs, both curves in one chart, and what came of it.

import { html, useEffect, useLayoutEffect, useRef, useState } from "./vendor/htm-preact.js";
import { ask } from "./connection.js";
import { chart, fill } from "./lineChart.js";
import { onTheme } from "./colours.js";
import { Choice } from "./FormFields.js";
import { ACTIVATIONS, Network } from "./NetworkDiagram.js";
import { Plane } from "./OutputPlane.js";
import { Standing } from "./RunControls.js";
import { BATCHES, PENALTIES, RATES, RULES, START_NAMES, STARTS } from "./TrainingSettings.js";
import { onFrame, store, useFrame, useStore } from "./store.js";
import { count, short } from "./numberFormat.js";
import { written } from "./units.js";
import { Badge } from "./RunSwitcher.js";

const HEIGHT = 230;
const SERIES = [{ stroke: "--accent", width: 2.5 }, { stroke: "--second", width: 2.5, dash: [8, 5] }];
const WIDTHS = ["1", "2", "3", "4", "8", "16"];

/** What can be changed in b: a label, the choices, what is chosen now, and the spec of a choice. */
const CHANGES = {
  learning_rate: { label: "learning rate", choices: () => RATES, now: (spec) => spec.learning_rate, spec: (text) => ({ learning_rate: Number(text) }) },
  activation: { label: "activation of every hidden layer", choices: () => ACTIVATIONS, now: (spec) => spec.activation[0],
    spec: (name, { hidden }) => ({ activation: hidden.map(() => name) }) },
  optimizer: { label: "optimizer", choices: () => Object.keys(RULES), names: RULES, now: (spec) => spec.optimizer, spec: (optimizer) => ({ optimizer }) },
  neurons: { label: "neurons in every hidden layer", choices: () => WIDTHS, now: (spec) => String(spec.hidden[0] ?? ""),
    spec: (n, { hidden }) => ({ hidden: hidden.map(() => Number(n)) }) },
  layers: { label: "number of hidden layers", choices: () => ["0", "1", "2", "3", "4", "6", "8"], now: (spec) => String(spec.hidden.length), spec: deeper },
  initialiser: { label: "how the first weights are drawn", choices: () => STARTS, names: START_NAMES, now: (spec) => spec.initialiser, spec: (initialiser) => ({ initialiser }) },
  seed: { label: "seed of the first weights", choices: ({ seed }) => [1, 2, 3, 4, 5].map((k) => String(seed + k)), now: () => null, spec: (seed) => ({ seed: Number(seed) }) },
  batch_size: { label: "batch", choices: () => BATCHES, now: (spec) => spec.batch_size ?? "all", spec: (n) => ({ batch_size: n === "all" ? null : Number(n) }) },
  l2: { label: "L2", choices: () => PENALTIES, now: (spec) => spec.l2, spec: (l2) => ({ l2: Number(l2) }) },
  features: { label: "one feature more or less", choices: () => store.scene.features.map(({ name }) => name), now: () => null, spec: otherFeatures },
};

function deeper(n, { hidden, activation }) {
  const layers = Array.from({ length: Number(n) }, (_, l) => l);
  return { hidden: layers.map((l) => hidden[l] ?? hidden.at(-1) ?? 3), activation: layers.map((l) => activation[l] ?? activation.at(-1) ?? "tanh") };
}

function otherFeatures(name, { features }) {
  const others = features.filter((feature) => feature !== name);
  return { features: others.length < features.length && others.length ? others : [...others, name] };
}

/** Choose what differs in b. */
export function CompareSheet({ onClose }) {
  const { spec } = useStore();
  const dialog = useRef();
  const [what, setWhat] = useState("learning_rate");
  const [chosen, setChosen] = useState(null);
  useEffect(() => dialog.current.showModal(), []);
  const change = CHANGES[what];
  const all = change.choices(spec).map(String);
  const now = all.indexOf(String(change.now(spec)));
  const choices = all.filter((_, k) => k !== now);
  const value = choices.includes(chosen) ? chosen : choices[Math.min(Math.max(now, 0), choices.length - 1)]; // the next one
  const begin = (changes) => { ask("compare", { spec: changes }); dialog.current.close(); };
  return html`<dialog ref=${dialog} class="sheet" aria-labelledby="compare-title" onClose=${onClose}
      onClick=${(event) => { if (event.target === dialog.current) dialog.current.close(); }}>
    <header><h2 id="compare-title">Compare two runs</h2><button aria-label="Close" onClick=${() => dialog.current.close()}>×</button></header>
    <div class="sheet-body">
      <p>Run a is the one on the page. Run b begins with the same weights, but one thing is different. Both are trained in step.</p>
      <div class="pair">
        <${Choice} label="what differs in b" value=${what} choices=${Object.keys(CHANGES)}
          names=${Object.fromEntries(Object.entries(CHANGES).map(([name, { label }]) => [name, label]))} onChange=${setWhat} />
        <${Choice} label="in b" value=${value} choices=${choices} names=${change.names ?? {}} onChange=${setChosen} />
      </div>
      <div class="row-of-buttons"><button class="primary" onClick=${() => begin(change.spec(value, spec))}>Compare</button>
        <button onClick=${() => begin({})}>Begin with equal runs, and change b on the page</button></div>
    </div></dialog>`;
}

/** Both runs, each with its plane and its network. */
export function TwoRuns() {
  return html`${["a", "b"].map((run) => html`<section key=${run} class=${`run-panel run-${run}`} aria-label=${`Run ${run}`}>
    <${RunHead} run=${run} /><${Plane} run=${run} /><${Network} run=${run} /></section>`)}`;
}

function RunHead({ run }) {
  const { comparison } = useStore();
  const differs = comparison?.differs ?? [];
  return html`<div class="run-head"><${Badge} run=${run} />
    <b>${differs.length ? differs.map((row) => `${row.name} ${row[run]}`).join("; ") : run === "a" ? "as it was" : "as a"}</b>
    <${Standing} run=${run} /></div>`;
}

/** End it; who did so by keys goes on where it began, for the button is gone. */
function end() {
  ask("compare", { spec: null });
  document.querySelector("[data-control=compare]").focus({ preventScroll: true });
}

/** What differs, what came of it, and a sentence that says so. */
export function Comparison() {
  const { comparison } = useStore();
  return html`<section class="card comparison" aria-labelledby="comparison-title">
    <div class="card-head"><h2 id="comparison-title">What differs</h2>
      ${comparison && html`<span class="soft" data-test="start">${comparison.start}</span>`}
      <button class="at-end" onClick=${end}>End the comparison</button></div>
    ${comparison ? html`<p class="outcome" data-test="outcome">${comparison.sentence}</p>
      ${comparison.caution && html`<p class="hint">${comparison.caution}</p>`}<${Table} told=${comparison} />` : html`<p class="hint">When both rest, what came of it is told here.</p>`}
  </section>`;
}

function Table({ told: { differs, outcome } }) {
  const of = (describe) => [describe(outcome.a), describe(outcome.b)];
  const good = outcome.a.right === undefined && outcome.b.right === undefined
    ? ["off by, on average", ...of(({ off }) => written(off ?? NaN))] : ["right", ...of(({ right, points }) => `${right ?? "–"} of ${points}`)];
  const rows = [...differs.map(({ name, a, b }) => [name, a, b]),
    ["epochs to the goal", ...of(({ reached, diverged, ended, epochs }) => (reached ? count(epochs) : diverged ? "diverged" : ended ? "not reached" : "not yet"))],
    ["epochs trained", ...of(({ epochs }) => count(epochs))],
    ["loss at the end", ...of(({ loss }) => (loss === null ? "not finite" : short(loss)))], good];
  return html`<div class="table-scroll"><table><thead><tr><th scope="col"><span class="hidden">of</span></th>
    ${["a", "b"].map((run) => html`<th scope="col" key=${run}><${Badge} run=${run} /></th>`)}</tr></thead>
    <tbody>${rows.map(([name, a, b], k) => html`<tr key=${name} class=${k < differs.length ? "differs" : ""}><th scope="row">${name}</th><td>${a}</td><td>${b}</td></tr>`)}</tbody></table></div>`;
}

/** The losses of both in one chart, and the slider through their time. */
export function TwoCurves() {
  const box = useRef();
  const [scale, setScale] = useState("log");
  useLayoutEffect(() => {
    let plot = null;
    const draw = () => {
      const frames = [store.frame, store.b?.frame];
      if (frames.every(Boolean)) drawBoth(plot, frames);
    };
    const build = () => { plot?.destroy(); plot = labelled(chart(box.current, scale, SERIES, HEIGHT, count)); draw(); };
    build();
    const watch = new ResizeObserver(() => { plot.setSize({ width: box.current.clientWidth, height: HEIGHT }); draw(); });
    watch.observe(box.current);
    const stops = [...["a", "b"].map((run) => onFrame(draw, 33, run)), onTheme(build)];
    return () => { stops.forEach((stop) => stop()); watch.disconnect(); plot.destroy(); };
  }, [scale]);
  return html`<section class="card history" aria-labelledby="curves-title">
    <div class="card-head"><h2 id="curves-title">Both losses by epoch</h2>
      <span class="soft"><i class="line line-a"></i> run a <i class="line line-b"></i> run b</span>
      <div class="seg" role="group" aria-label="Scale of the loss">${["log", "linear"].map((name) => html`<button key=${name}
        aria-pressed=${scale === name} onClick=${() => setScale(name)}>${name}</button>`)}</div></div>
    <div ref=${box} class="chart tall" aria-hidden="true"></div><${BothSlider} /></section>`;
}

function labelled(plot) {
  plot.labels = ["a", "b"].map((run) => {
    const label = document.createElement("b");
    label.className = `curve-label badge badge-${run}`;
    label.textContent = run;
    plot.over.append(label);
    return label;
  });
  plot.hooks.draw.push(placeLabels); // not before the scales are known
  return plot;
}

function placeLabels(plot) {
  plot.curves?.forEach(([epochs, losses], k) => {
    const at = Math.floor((epochs.length - 1) * (k ? 0.62 : 0.38)); // not one upon the other
    plot.labels[k].hidden = epochs.length < 2;
    if (epochs.length < 2) return;
    plot.labels[k].style.transform = `translate(${plot.valToPos(epochs[at], "x")}px, ${plot.valToPos(losses[at], "y")}px) translate(-50%, -50%)`;
  });
}

function drawBoth(plot, frames) {
  plot.curves = frames.map(({ curve }) => [curve.subarray(0, curve.length / 3), curve.subarray((2 * curve.length) / 3)]);
  fill(plot, plot.curves, { epoch: Math.max(...frames.map(({ epoch }) => epoch)), changes: [], last: Math.max(...frames.map(({ last }) => last)) });
}

function BothSlider() {
  const frames = [useFrame(50, "a"), useFrame(50, "b")];
  if (!frames.every(Boolean)) return null;
  const open = frames.filter(({ finished }) => !finished);
  const reach = open.length ? Math.min(...open.map(({ last }) => last)) : Math.max(...frames.map(({ last }) => last));
  const epoch = Math.max(...frames.map((frame) => frame.epoch));
  return html`<label class="time"><span class="hidden">Time: epoch that is shown of both</span>
    <input type="range" min="0" max=${reach} step="1" value=${epoch} disabled=${reach === 0}
      aria-valuetext=${`after ${epoch} of ${reach} epochs`} onInput=${(event) => ask("go", { epoch: Number(event.target.value) })} /></label>`;
}
