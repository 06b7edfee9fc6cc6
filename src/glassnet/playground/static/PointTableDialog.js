// The points as a table, in which numbers can be typed: the rows of one page at a time.

import { ask } from "./connection.js";
import { typed } from "./numberFormat.js";
import { Sheet } from "./Sheet.js";
import { page as state, runs } from "./state.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "./vendor/preact.js";

const ROWS = 100; // of a page
const MOST_POINTS = 1000;
const paint = (change) => ask("paint", change);

/** The dialog with the table of the points. */
export function PointTableDialog({ onClose }) {
  const { scene, scene: { inputs, target } } = runs.a;
  const { problem } = state;
  const body = useRef();
  const focusNext = useRef(null); // what of the last row takes the focus once it is another
  const [page, setPage] = useState(0);
  const n = scene.rows.length;
  const pages = Math.max(Math.ceil(n / ROWS), 1);
  const shown = Math.min(page, pages - 1);
  const first = shown * ROWS;
  const names = [...inputs.map(({ name }) => name), target.name];
  useEffect(() => { state.problem = null; }, []);
  useLayoutEffect(() => {
    if (shown === pages - 1 && focusNext.current) {
      [...body.current.rows].at(-1)?.querySelector(focusNext.current).focus();
      focusNext.current = null;
    }
  }, [scene, shown]);
  const add = () => {
    focusNext.current = "input";
    setPage(Math.floor(n / ROWS));
    paint({ add: [[...inputs.map(({ mean }) => mean), scene.n_classes ? 0 : target.mean]] });
  };
  const remove = (row) => {
    paint({ remove: [row] });
    if (row === n - 1) focusNext.current = "button"; // the one that was pressed is gone
  };
  const put = (row, column, value) => {
    paint({ put: [[row, [...scene.rows[row], scene.labels[row]].with(column, value)]] });
  };
  return html`<${Sheet} name="points" title="The points as a table" onClose=${onClose}>
    <div class="sheet-body">
      <p class="hint">Type a number and press Enter: training begins again from the same start.
        Arrows up and down go from row to row.</p>
      <div class="table-scroll tall"><table class="typed">
        <thead><tr><th scope="col">point</th>
          ${names.map((name) => html`<th key=${name} scope="col">${name}</th>`)}<th></th></tr>
        </thead>
        <tbody ref=${body} onKeyDown=${(event) => goFrom(event, body.current)}>
          ${scene.rows.slice(first, first + ROWS).map((values, k) => html`<${Row} key=${first + k}
            row=${first + k} inputs=${values} label=${scene.labels[first + k]} scene=${scene}
            names=${names} put=${put} remove=${remove} />`)}</tbody></table></div>
      ${problem && html`<p class="state bad" role="alert">${problem}</p>`}
      <div class="row-of-buttons">
        <button class="primary" disabled=${n >= MOST_POINTS} onClick=${add}>Add a row</button>
        ${pages > 1 && html`
          <button disabled=${shown === 0} onClick=${() => setPage(shown - 1)}>Previous</button>
          <span class="soft" role="status">
            ${first} to ${Math.min(first + ROWS, n) - 1} of ${n}</span>
          <button disabled=${shown === pages - 1} onClick=${() => setPage(shown + 1)}>
            Next</button>`}</div>
    </div><//>`;
}

function Row({ row, inputs, label, scene, names, put, remove }) {
  const target = names.length - 1;
  const nameOf = (k) => `${names[k]} of point ${row}`;
  const cell = (value, k) => html`<${Cell} value=${value} name=${nameOf(k)}
    onCommit=${(number) => put(row, k, number)} />`;
  const choose = (event) => put(row, target, Number(event.target.value));
  return html`<tr><th scope="row">${row}
      ${scene.held_out[row] ? html` <small class="soft">held out</small>` : ""}</th>
    ${inputs.map((value, k) => html`<td key=${k}>${cell(value, k)}</td>`)}
    <td>${scene.n_classes ? html`<select aria-label=${nameOf(target)} value=${label}
      onChange=${choose}>${scene.classes.map((name, k) => html`<option key=${k} value=${k}
        selected=${k === label}>${name}</option>`)}</select>` : cell(label, target)}</td>
    <td><button class="quiet" aria-label=${`Remove point ${row}`} onClick=${() => remove(row)}>
      ×</button></td></tr>`;
}

/** A number that can be typed; what is none stays there, with a sentence. */
function Cell({ value, name, onCommit }) {
  const input = useRef();
  const [wrong, setWrong] = useState("");
  const reset = () => {
    input.current.value = String(value);
    setWrong("");
  };
  useLayoutEffect(reset, [value, state.refused]);
  const commit = () => {
    const text = input.current.value;
    const number = typed(text);
    if (number === null) {
      state.problem = null; // of what was typed before
      const isEmpty = text.trim() === "";
      setWrong(isEmpty ? "Type a number." : `“${text}” is no number: type one such as 1.5.`);
      return;
    }
    setWrong("");
    if (number !== value) onCommit(number);
  };
  const onKeyDown = (event) => {
    if (event.key === "Enter") commit();
    if (event.key === "Escape" && input.current.value !== String(value)) {
      reset();
      event.preventDefault();
    }
  };
  const id = wrong ? `wrong-${name.replaceAll(/\W/g, "-")}` : undefined;
  return html`<input ref=${input} inputmode="decimal" autocomplete="off" spellcheck="false"
      aria-label=${name} aria-invalid=${wrong ? "true" : undefined} aria-describedby=${id}
      onBlur=${commit} onKeyDown=${onKeyDown} />
    ${wrong && html`<small class="wrong-cell" id=${id} role="alert">${wrong}</small>`}`;
}

/** Up, down and Enter lead to the same column of the next row. */
function goFrom(event, body) {
  const by = { ArrowUp: -1, ArrowDown: 1, Enter: 1 }[event.key];
  if (!by || !event.target.matches("input")) return;
  if (event.target.getAttribute("aria-invalid") && event.key === "Enter") return;
  const cell = event.target.closest("td");
  const rows = [...body.rows];
  const row = rows[rows.indexOf(cell.parentElement) + by];
  const next = row?.cells[cell.cellIndex].querySelector("input");
  next?.focus();
  next?.select();
  event.preventDefault();
}
