// The data: which set, how many points, how much noise; a file or a table of one's own.

import { html, useEffect, useMemo, useRef, useState } from "./vendor/htm-preact.js";
import { ask } from "./connection.js";
import { classColour, scaleColour } from "./colours.js";
import { useStore } from "./store.js";
import { NumberField } from "./FormFields.js";
import { PointTable } from "./PointTableDialog.js";
import { send } from "./tableUpload.js";
import { shape } from "./PointMarker.js";

const set = (spec) => ask("set", { spec });
const turn = (k, n, from = 0) => from + (2 * Math.PI * k) / n;
// What is drawn on the buttons: a few points of each shape, with their class.
const SKETCHES = {
  rings: [...Array(10)].flatMap((_, k) => [[0.35 * Math.cos(turn(k, 6)), 0.35 * Math.sin(turn(k, 6)), 0],
    [0.85 * Math.cos(turn(k, 10)), 0.85 * Math.sin(turn(k, 10)), 1]]),
  moons: [...Array(8)].flatMap((_, k) => [[0.6 * Math.cos(turn(k, 14)) - 0.28, 0.75 * Math.sin(turn(k, 14)) - 0.25, 0],
    [0.28 - 0.6 * Math.cos(turn(k, 14)), 0.25 - 0.75 * Math.sin(turn(k, 14)), 1]]),
  xor: [...Array(4)].flatMap((_, k) => [[0.3 + 0.5 * (k % 2), 0.3 + 0.5 * (k >> 1), 0], [-0.3 - 0.5 * (k % 2), -0.3 - 0.5 * (k >> 1), 0],
    [0.3 + 0.5 * (k % 2), -0.3 - 0.5 * (k >> 1), 1], [-0.3 - 0.5 * (k % 2), 0.3 + 0.5 * (k >> 1), 1]]),
  spirals: [...Array(11)].flatMap((_, k) => [0, 1].map((c) => {
    const angle = turn(k, 12, Math.PI * c);
    const r = 0.14 + 0.075 * k;
    return [r * Math.cos(angle), r * Math.sin(angle), c];
  })),
  blobs: [0, 1, 2].flatMap((c) => [[0, 0], [0.2, 0.12], [-0.18, 0.14], [0.1, -0.2], [-0.13, -0.14]].map(([x, y]) => (
    [x + 0.55 * Math.cos(turn(c, 3, Math.PI / 2)), y + 0.55 * Math.sin(turn(c, 3, Math.PI / 2)), c]))),
};
// Of a regression the points of a grid, with where their value stands on the scale.
const grid = (height) => [-0.75, -0.25, 0.25, 0.75].flatMap((y) => [-0.75, -0.25, 0.25, 0.75].map((x) => [x, y, height(x, y)]));
const SURFACES = {
  hill: grid((x, y) => 0.5 + 0.5 * (Math.exp(-4 * ((x - 0.4) ** 2 + (y - 0.4) ** 2)) - Math.exp(-4 * ((x + 0.4) ** 2 + (y + 0.4) ** 2)))),
  saddle: grid((x, y) => 0.5 + 0.8 * x * y),
  slope: grid((x, y) => 0.5 + (x + y) / 3),
};
const CLASSES = Object.entries(SKETCHES).map(([name, points]) => [name, points.map(([x, y, c]) => [x, y, c, () => classColour(c)])]);
const VALUES = Object.entries(SURFACES).map(([name, points]) => [name, points.map(([x, y, v]) => [x, y, 0, () => scaleColour(v)])]);
// Sizes and noise that show a set at its best, and whose networks learn it.
const GOOD = {
  rings: { n_samples: null, noise: 0 },
  moons: { n_samples: 120, noise: 0.1 },
  xor: { n_samples: 120, noise: 0 },
  spirals: { n_samples: 160, noise: 0.03 },
  blobs: { n_samples: 120, noise: 0.25 },
  hill: { n_samples: 200, noise: 0 },
  saddle: { n_samples: 200, noise: 0 },
  slope: { n_samples: 100, noise: 0.05 },
};
const TABLES = ".csv,.tsv,.txt,.json,.jsonl,.ndjson";

const sketch = (points) => html`<svg viewBox="-1.05 -1.05 2.1 2.1" aria-hidden="true">${points.map(([x, y, c, colour], k) => html`<path key=${k}
  d=${shape(c, 0.11, false, x, -y)} style=${{ fill: colour() }} />`)}</svg>`;

export function Data() {
  const known = useStore();
  const { scene, spec, hasOwn, hasOpened, notes, b, theme } = known;
  known.refused; // then what was moved shows again what is so
  const sketches = useMemo(() => [...CLASSES, ...VALUES].map(([name, points]) => [name, sketch(points)]), [theme]);
  const [isTable, showTable] = useState(false);
  const n = scene.points.length;
  const builtIn = spec.data !== "own" && spec.data !== "opened";
  return html`<section class="card data" aria-labelledby="data-title" data-control="data">
    <div class="card-head"><h2 id="data-title">Data</h2><span class="soft">${n} point${n === 1 ? "" : "s"}</span></div>
    <div class="sets" role="group" aria-label="Data set" data-control="data_set">
      ${sketches.map(([name, drawing]) => html`<button key=${name} class="set" aria-pressed=${spec.data === name}
        onClick=${() => set({ data: name, ...GOOD[name] })}>
        ${drawing}<span>${name}</span></button>`)}
      ${hasOwn && html`<button class="set own" aria-pressed=${spec.data === "own"} onClick=${() => set({ data: "own" })}><span>own points</span></button>`}
      ${hasOpened && html`<button class="set own" aria-pressed=${spec.data === "opened"} title="As it was opened" onClick=${() => ask("reopen")}><span>the run</span></button>`}
    </div>
    ${spec.data === "opened" && html`<p class="hint">These are the points of the run that was opened.</p>`}
    ${b && html`<p class="hint">Both runs take what is chosen here, and begin anew.</p>`}
    ${notes.map((note) => html`<p class="hint" key=${note}>${note}</p>`)}
    ${builtIn && html`<label class="field range" data-control="noise"><span>noise <b>${spec.noise.toFixed(2)}</b></span>
      <input type="range" min="0" max="0.6" step="0.01" value=${spec.noise}
        onChange=${(event) => set({ noise: Number(event.target.value) })} /></label>`}
    <label class="field range" data-control="test_share"><span>held out to test <b>${Math.round(100 * spec.test_share)}%</b></span>
      <input type="range" min="0" max="0.5" step="0.05" value=${spec.test_share} aria-valuetext=${`${Math.round(100 * spec.test_share)} percent`}
        onChange=${(event) => set({ test_share: Number(event.target.value) })} /></label>
    <div class="pair">
      ${builtIn && html`<${NumberField} label="points" control="n_samples" width=${4} value=${spec.n_samples} none=${String(n)} title="4 to 1000; empty for the set's own"
        onCommit=${(n_samples) => set({ n_samples })} />`}
      ${(builtIn || spec.test_share > 0) && html`<${NumberField} label="drawn with seed" control="data_seed" width=${4} value=${spec.data_seed} onCommit=${(data_seed) => set({ data_seed })} />`}
    </div>
    <div class="own-data" data-control="own_data"><${Opener} />
      <button onClick=${() => showTable(true)}>Edit as a table</button></div>
    ${isTable && html`<${PointTable} onClose=${() => showTable(false)} />`}
  </section>`;
}

/** A table by the file dialog, or dropped anywhere on the page. */
function Opener() {
  const { reading, table } = useStore();
  const input = useRef();
  const [over, setOver] = useState(false);
  useEffect(() => {
    const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
    const on = { // what is not prevented would leave the page for the file
      dragover: (event) => { if (holdsFiles(event)) { event.preventDefault(); setOver(true); } },
      dragleave: (event) => { if (!event.relatedTarget) setOver(false); },
      drop: (event) => {
        if (!holdsFiles(event)) return;
        event.preventDefault();
        setOver(false);
        if (event.dataTransfer.files.length) send(event.dataTransfer.files[0]);
      },
    };
    for (const [name, listener] of Object.entries(on)) addEventListener(name, listener);
    return () => { for (const [name, listener] of Object.entries(on)) removeEventListener(name, listener); };
  }, []);
  return html`<button title=${`A table with columns of numbers: ${TABLES.replaceAll(",", " ")}`} onClick=${() => input.current.click()}>Open a file…</button>
    <input ref=${input} type="file" accept=${TABLES} hidden aria-label="A table of your own"
      onChange=${(event) => { const [file] = event.target.files; event.target.value = ""; if (file) send(file); }} />
    ${reading && !table && html`<p class="hint">Reading ${reading}…</p>`}
    ${over && html`<div class="dropping" aria-hidden="true"><b>Drop the table here</b></div>`}`;
}
