// The data: which set, how many points, how much noise; a file or a table of one's own.

import { classColour, scaleColour } from "./colours.js";
import { ask } from "./connection.js";
import { CLASSES, VALUES } from "./dataSketches.js";
import { NumberField, Range } from "./FormFields.js";
import { markOutline } from "./PointMarker.js";
import { PointTableDialog } from "./PointTableDialog.js";
import { page, runs } from "./state.js";
import { sendTable } from "./tableUpload.js";
import { html, useEffect, useRef, useState } from "./vendor/preact.js";
import { say } from "./words.js";

const set = (spec) => ask("set", { spec });
// Sizes and noise that show a set at its best, and whose networks learn it.
const GOOD = {
  rings: { n_samples: null, noise: 0 }, moons: { n_samples: 120, noise: 0.1 },
  xor: { n_samples: 120, noise: 0 }, spirals: { n_samples: 160, noise: 0.03 },
  blobs: { n_samples: 120, noise: 0.25 }, hill: { n_samples: 200, noise: 0 },
  saddle: { n_samples: 200, noise: 0 }, slope: { n_samples: 100, noise: 0.05 },
};
const TABLES = ".csv,.tsv,.txt,.json,.jsonl,.ndjson";

/** The points of a set, small, by their colours. */
function Sketch({ name }) {
  const points = CLASSES[name]?.map(([x, y, c]) => [x, y, c, classColour(c)])
    ?? VALUES[name].map(([x, y, v]) => [x, y, 0, scaleColour(v)]);
  return html`<svg viewBox="-1.05 -1.05 2.1 2.1" aria-hidden="true">
    ${points.map(([x, y, c, fill], k) => html`<path key=${k} d=${markOutline(c, 0.11, false, x, -y)}
      style=${{ fill }} />`)}</svg>`;
}

function DataSets({ spec, hasOwn, hasOpened }) {
  const own = (name, label, props) => html`<button class="set own"
    aria-pressed=${spec.data === name} ...${props}><span>${label}</span></button>`;
  return html`<div class="sets" role="group" aria-label=${say("data.sets")} data-control="data_set">
    ${Object.keys(GOOD).map((name) => html`<button key=${name} class="set"
      aria-pressed=${spec.data === name} onClick=${() => set({ data: name, ...GOOD[name] })}>
      <${Sketch} name=${name} /><span>${say(`data.names.${name}`)}</span></button>`)}
    ${hasOwn && own("own", say("data.own"), { onClick: () => set({ data: "own" }) })}
    ${hasOpened && own("opened", say("data.opened"),
    { onClick: () => ask("reopen") })}</div>`;
}

export function DataPanel() {
  const { scene, spec, hasOwn, hasOpened } = runs.a;
  const [hasTable, showTable] = useState(false);
  const n = scene.points.length;
  const isBuiltIn = spec.data !== "own" && spec.data !== "opened";
  const percent = Math.round(100 * spec.test_share);
  const change = (name) => (value) => set({ [name]: value });
  return html`<section class="card data" aria-labelledby="data-title" data-control="data"
      data-part="data">
    <div class="card-head"><h2 id="data-title">${say("data.title")}</h2>
      <span class="soft">${say("data.points", { n })}</span></div>
    <${DataSets} spec=${spec} hasOwn=${hasOwn} hasOpened=${hasOpened} />
    ${page.notes.map((note) => html`<p class="hint" key=${note}>${note}</p>`)}
    ${isBuiltIn && html`<${Range} label=${say("data.noise")} control="noise"
      shown=${spec.noise.toFixed(2)} value=${spec.noise} max="0.6" step="0.01"
      onChange=${change("noise")} />`}
    <${Range} label=${say("data.keep_back")} control="test_share" shown=${`${percent}%`}
      value=${spec.test_share} max="0.5" step="0.05"
      onChange=${change("test_share")} />
    <div class="pair">
      ${isBuiltIn && html`<${NumberField} label=${say("data.n")} control="n_samples" width=${4}
        value=${spec.n_samples} none=${String(n)} help=${say("data.n_hint")}
        onCommit=${change("n_samples")} />`}
      ${(isBuiltIn || spec.test_share > 0) && html`<${NumberField} label=${say("data.seed")}
        control="data_seed" width=${4} value=${spec.data_seed}
        onCommit=${change("data_seed")} />`}</div>
    <div class="own-data" data-control="own_data"><${FileOpener} />
      <button onClick=${() => showTable(true)}>${say("data.edit")}</button></div>
    ${hasTable && html`<${PointTableDialog} onClose=${() => showTable(false)} />`}
  </section>`;
}

/** Take files that are dropped anywhere on the page. Return whether one is over it. */
function useDrop(onFile) {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const take = (event, isStill) => { // what is not prevented would leave the page for the file
      if (!event.dataTransfer?.types.includes("Files")) return null;
      event.preventDefault();
      setOver(isStill);
      return event.dataTransfer.files[0];
    };
    const listeners = {
      dragover: (event) => { take(event, true); },
      dragleave: (event) => { if (!event.relatedTarget) setOver(false); },
      drop: (event) => {
        const file = take(event, false);
        if (file) onFile(file);
      },
    };
    const all = Object.entries(listeners);
    all.forEach(([name, listener]) => addEventListener(name, listener));
    return () => all.forEach(([name, listener]) => removeEventListener(name, listener));
  }, []);
  return isOver;
}

/** A table by the file dialog, or dropped. */
function FileOpener() {
  const { reading, table } = page;
  const input = useRef();
  const isOver = useDrop(sendTable);
  const choose = ({ target }) => {
    const [file] = target.files;
    target.value = "";
    if (file) sendTable(file);
  };
  return html`<button title=${say("data.open_hint")}
      onClick=${() => input.current.click()}>${say("data.open")}</button>
    <input ref=${input} type="file" accept=${TABLES} hidden aria-label=${say("data.file")}
      onChange=${choose} />
    ${reading && !table && html`<p class="hint">${say("status.reading", { name: reading })}</p>`}
    ${isOver && html`<div class="dropping" aria-hidden="true"><b>${say("data.drop")}</b></div>`}`;
}
