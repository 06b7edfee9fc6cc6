// An uploaded table: which of its columns are learned, and from which.

import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";
import { update, useStore } from "./store.js";
import { Choice } from "./FormFields.js";
import { count } from "./numberFormat.js";
import { take } from "./tableUpload.js";

const [LEAST_INPUTS, MOST_INPUTS] = [2, 6];

/** The dialog in which the columns of a table are chosen, while there is one. */
export function Columns() {
  const { table } = useStore();
  return table && html`<${Chosen} key=${table.name} table=${table} />`;
}

function Chosen({ table }) {
  const { problem, scene, reading } = useStore();
  const dialog = useRef();
  const before = useRef(scene.scene);
  const [target, setTarget] = useState(table.target);
  const [inputs, setInputs] = useState(table.inputs);
  const [task, setTask] = useState(null);
  useEffect(() => dialog.current.showModal(), []);
  useEffect(() => { if (scene.scene !== before.current) dialog.current.close(); }, [scene.scene]); // its points are here
  const column = table.columns.find(({ name }) => name === target);
  const beside = (learned) => table.columns.filter(({ numbers: are, name }) => are && name !== learned).map(({ name }) => name);
  const numbers = beside(target);
  const others = table.columns.filter(({ numbers: are }) => !are).map(({ name }) => name);
  const known = inputs.filter((name) => name !== target);
  const choose = (name) => {
    const left = known.filter((input) => input !== name);
    const others = beside(name).filter((input) => !left.includes(input)); // the plane has two axes, whatever is learned
    setTarget(name);
    setTask(null);
    setInputs([...left, ...others.slice(0, Math.max(LEAST_INPUTS - left.length, 0))]);
  };
  const axis = (k, name) => {
    const swapped = known.map((other) => (other === name ? known[k] : other));
    swapped[k] = name;
    setInputs(swapped.filter((input) => input !== undefined));
  };
  const toggle = (name) => setInputs(known.includes(name) ? known.filter((input) => input !== name) : [...known, name]);
  const learn = (event) => {
    event.preventDefault();
    take({ target, inputs: known, ...(both && task ? { task } : {}) });
  };
  const both = column.numbers && column.few;
  const usable = table.columns.filter((c) => c.numbers || c.few).map(({ name }) => name);
  return html`<dialog ref=${dialog} class="sheet columns" aria-labelledby="columns-title" onClose=${() => update({ table: null })}>
    <header><h2 id="columns-title">${table.name}</h2><button aria-label="Close" onClick=${() => dialog.current.close()}>×</button></header>
    <form class="sheet-body" onSubmit=${learn}>
      <p>${count(table.rows)} rows. Choose what the network learns, and from which numbers.</p>
      <div class="pair">
        <${Choice} label="learn" value=${target} choices=${usable} onChange=${choose} />
        <${Choice} label="across" value=${known[0]} choices=${numbers} onChange=${(name) => axis(0, name)} />
        <${Choice} label="up" value=${known[1]} choices=${numbers} onChange=${(name) => axis(1, name)} />
      </div>
      ${both && html`<fieldset class="pair"><legend>${target} is</legend>
        ${[["classification", "a class"], ["regression", "a number"]].map(([value, name]) => html`<label class="check" key=${value}>
          <input type="radio" name="task" checked=${(task ?? "classification") === value} onChange=${() => setTask(value)} /><span>${name}</span></label>`)}</fieldset>`}
      ${numbers.length > 2 && html`<fieldset class="pair"><legend>and also from</legend>
        ${numbers.filter((name) => !known.slice(0, 2).includes(name)).map((name) => html`<label class="check" key=${name}>
          <input type="checkbox" checked=${known.includes(name)} disabled=${!known.includes(name) && known.length >= MOST_INPUTS}
            onChange=${() => toggle(name)} /><span>${name}</span></label>`)}</fieldset>`}
      ${known.length < LEAST_INPUTS && html`<p class="hint">The plane needs two columns of numbers beside ${target}: learn another column.</p>`}
      ${others.some((name) => name !== target) && html`<p class="hint">Only numbers can be inputs here; ${others.filter((name) => name !== target).join(", ")} cannot.
        glassnet train takes every kind.</p>`}
      ${table.notes.map((note) => html`<p class="hint" key=${note}>${note}</p>`)}
      <div class="table-scroll" tabindex="0" role="group" aria-label="The first rows"><table>
        <thead><tr>${table.columns.map(({ name }) => html`<th key=${name} scope="col" class=${used(name, target, known)}>${name}</th>`)}</tr></thead>
        <tbody>${table.first.map((row, k) => html`<tr key=${k}>${row.map((value, j) => html`<td key=${j}
          class=${used(table.columns[j].name, target, known)}>${value ?? "–"}</td>`)}</tr>`)}</tbody></table></div>
      ${problem && html`<p class="state bad" role="alert">${problem}</p>`}
      <div class="row-of-buttons"><button class="primary" disabled=${known.length < LEAST_INPUTS || Boolean(reading)}>${reading ? "Reading…" : "Learn from these columns"}</button>
        <button type="button" onClick=${() => dialog.current.close()}>Cancel</button>
        <span role="status">${reading ? `Reading ${count(table.rows)} rows of ${table.name}…` : ""}</span></div>
    </form></dialog>`;
}

const used = (name, target, inputs) => (name === target ? "is-target" : inputs.includes(name) ? "is-input" : "");
