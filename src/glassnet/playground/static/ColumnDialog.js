// An uploaded table: which of its columns are learned, and from which.

import { Choice } from "./FormFields.js";
import { count } from "./numberFormat.js";
import { Sheet } from "./Sheet.js";
import { page, runs } from "./state.js";
import { takeColumns } from "./tableUpload.js";
import { html, useEffect, useRef, useState } from "./vendor/preact.js";
import { say } from "./words.js";

const [LEAST_INPUTS, MOST_INPUTS] = [2, 6];
const TASKS = [["classification", "a class"], ["regression", "a number"]];
const nameOf = ({ name }) => name;

/** The dialog in which the columns of a table are chosen, while there is one. */
export function ColumnDialog() {
  const { table } = page;
  return table && html`<${Columns} key=${table.name} table=${table} />`;
}

/** The inputs when another column is learned: the plane has two axes whatever that is. */
export function inputsBeside(target, inputs, numbers) {
  const left = inputs.filter((input) => input !== target);
  const others = numbers.filter((name) => name !== target && !left.includes(name));
  return [...left, ...others.slice(0, Math.max(LEAST_INPUTS - left.length, 0))];
}

/** The inputs when one is put on an axis: with the one that was there it changes places. */
export function inputsWithAxis(k, name, inputs) {
  const swapped = inputs.map((other) => (other === name ? inputs[k] : other));
  swapped[k] = name;
  return swapped.filter((input) => input !== undefined);
}

function Columns({ table }) {
  const { problem, reading } = page;
  const before = useRef(runs.a.scene.scene);
  const [target, setTarget] = useState(table.target);
  const [inputs, setInputs] = useState(table.inputs);
  const [task, setTask] = useState("classification");
  const close = () => { page.table = null; };
  const number = runs.a.scene.scene;
  useEffect(() => { if (number !== before.current) close(); }, [number]); // its points are here
  const { columns } = table;
  const allNumbers = columns.filter(({ numbers }) => numbers).map(nameOf);
  const others = columns.filter(({ numbers }) => !numbers).map(nameOf)
    .filter((name) => name !== target);
  const numbers = allNumbers.filter((name) => name !== target);
  const known = inputs.filter((name) => name !== target);
  const column = columns.find(({ name }) => name === target);
  const isEither = column.numbers && column.few;
  const isShort = known.length < LEAST_INPUTS;
  const learn = (name) => {
    setTarget(name);
    setTask("classification");
    setInputs(inputsBeside(name, known, allNumbers));
  };
  const onSubmit = (event) => {
    event.preventDefault();
    const isNumber = isEither && task === "regression";
    takeColumns({ target, inputs: known, ...(isNumber && { task }) });
  };
  const axis = (k, label) => html`<${Choice} label=${label} value=${known[k]} choices=${numbers}
    onChange=${(name) => setInputs(inputsWithAxis(k, name, known))} />`;
  return html`<${Sheet} name="columns" title=${table.name} onClose=${close} isLasting>
    <form class="sheet-body" onSubmit=${onSubmit}>
      <p>${count(table.rows)} rows. Choose what the network learns, and from which numbers.</p>
      <div class="pair">
        <${Choice} label=${say("columns.predict")} value=${target} onChange=${learn}
          choices=${columns.filter((one) => one.numbers || one.few).map(nameOf)} />
        ${axis(0, say("columns.horizontal"))}${axis(1, say("columns.vertical"))}</div>
      ${isEither && html`<fieldset class="pair"><legend>${target} is</legend>
        ${TASKS.map(([value, name]) => html`<label class="check" key=${value}>
          <input type="radio" name="task" checked=${task === value}
            onChange=${() => setTask(value)} /><span>${name}</span></label>`)}</fieldset>`}
      ${numbers.length > 2 && html`<${MoreInputs} known=${known} setInputs=${setInputs}
        names=${numbers.filter((name) => !known.slice(0, 2).includes(name))} />`}
      ${isShort && html`<p class="hint">The plane needs two columns of numbers beside ${target}:
        learn another column.</p>`}
      ${others.length > 0 && html`<p class="hint">Only numbers can be inputs here;
        ${" "}${others.join(", ")} cannot.</p>`}
      ${table.notes.map((note) => html`<p class="hint" key=${note}>${note}</p>`)}
      <${FirstRows} table=${table} target=${target} inputs=${known} />
      ${problem && html`<p class="state bad" role="alert">${problem}</p>`}
      <div class="row-of-buttons">
        <button class="primary" disabled=${isShort || Boolean(reading)}>
          ${reading ? "Reading…" : say("columns.take")}</button>
        <button type="button" onClick=${close}>Cancel</button>
        <button type="button" onClick=${() => { close(); page.unread = table.name; }}>
          Read it otherwise</button>
        <span role="status">
          ${reading ? `Reading ${count(table.rows)} rows of ${table.name}…` : ""}</span></div>
    </form><//>`;
}

/** Inputs that are on no axis. */
function MoreInputs({ names, known, setInputs }) {
  const without = (name) => known.filter((input) => input !== name);
  const toggle = (name) => setInputs(known.includes(name) ? without(name) : [...known, name]);
  return html`<fieldset class="pair"><legend>${say("columns.more")}</legend>
    ${names.map((name) => html`<label class="check" key=${name}>
      <input type="checkbox" checked=${known.includes(name)} onChange=${() => toggle(name)}
        disabled=${!known.includes(name) && known.length >= MOST_INPUTS} />
      <span>${name}</span></label>`)}</fieldset>`;
}

function FirstRows({ table: { columns, first }, target, inputs }) {
  const kinds = columns.map(({ name }) => (
    name === target ? "is-target" : inputs.includes(name) ? "is-input" : ""));
  return html`<div class="table-scroll" tabindex="0" role="group"
      aria-label="The first rows"><table>
    <thead><tr>${columns.map(({ name }, j) => html`<th key=${name} scope="col" class=${kinds[j]}>
      ${name}</th>`)}</tr></thead>
    <tbody>${first.map((row, k) => html`<tr key=${k}>${row.map((value, j) => html`<td key=${j}
      class=${kinds[j]}>${value ?? "–"}</td>`)}</tr>`)}</tbody></table></div>`;
}
