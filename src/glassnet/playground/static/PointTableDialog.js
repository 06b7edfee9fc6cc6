// The points as a table, in which numbers can be typed: the rows of one page at a time.

import { html, useEffect, useLayoutEffect, useRef, useState } from "./vendor/htm-preact.js";
import { ask } from "./connection.js";
import { useStore, update } from "./store.js";
import { typed } from "./numberFormat.js";

const ROWS = 100; // of a page

/** The dialog with the table of the points. */
export function PointTable({ onClose }) {
  const { scene, problem, refused } = useStore();
  const dialog = useRef();
  const body = useRef();
  const added = useRef(false);
  const removed = useRef(false); // the last row, and with it the button that was pressed
  const [page, setPage] = useState(0);
  const n = scene.rows.length;
  const pages = Math.max(Math.ceil(n / ROWS), 1);
  const shown = Math.min(page, pages - 1);
  const names = [...scene.inputs.map(({ name }) => name), scene.target.name];
  useEffect(() => { update({ problem: null }); dialog.current.showModal(); }, []);
  useLayoutEffect(() => {
    if (removed.current) [...body.current.rows].at(-1)?.querySelector("button").focus();
    removed.current = false;
  }, [scene]);
  useLayoutEffect(() => {
    if (!added.current || shown !== pages - 1) return;
    added.current = false;
    [...body.current.rows].at(-1)?.querySelector("input").focus();
  }, [scene, shown]);
  const add = () => {
    added.current = true;
    setPage(Math.floor(n / ROWS));
    ask("paint", { add: [[...scene.inputs.map(({ mean }) => mean), scene.n_classes ? 0 : scene.target.mean]] });
  };
  const remove = (row) => { ask("paint", { remove: [row] }); removed.current = row === n - 1; };
  const put = (row, column, value) => {
    const values = [...scene.rows[row], scene.labels[row]].with(column, value);
    ask("paint", { put: [[row, values]] });
  };
  const first = shown * ROWS;
  return html`<dialog ref=${dialog} class="sheet points" aria-labelledby="points-title" onClose=${onClose}
      onClick=${(event) => { if (event.target === dialog.current) dialog.current.close(); }}>
    <header><h2 id="points-title">The points as a table</h2><button aria-label="Close" onClick=${() => dialog.current.close()}>×</button></header>
    <div class="sheet-body">
      <p class="hint">Type a number and press Enter: training begins again from the same start. Arrows up and down go from row to row.</p>
      <div class="table-scroll tall"><table class="typed">
        <thead><tr><th scope="col">point</th>${names.map((name) => html`<th key=${name} scope="col">${name}</th>`)}<th></th></tr></thead>
        <tbody ref=${body} onKeyDown=${(event) => goFrom(event, body.current)}>${scene.rows.slice(first, first + ROWS).map((inputs, k) => html`<${Row} key=${first + k} row=${first + k}
          inputs=${inputs} label=${scene.labels[first + k]} scene=${scene} names=${names} put=${put} remove=${remove} refused=${refused} />`)}</tbody></table></div>
      ${problem && html`<p class="state bad" role="alert">${problem}</p>`}
      <div class="row-of-buttons"><button class="primary" disabled=${n >= 1000} onClick=${add}>Add a row</button>
        ${pages > 1 && html`<button disabled=${shown === 0} onClick=${() => setPage(shown - 1)}>Previous</button>
        <span class="soft" role="status">${first} to ${Math.min(first + ROWS, n) - 1} of ${n}</span>
        <button disabled=${shown === pages - 1} onClick=${() => setPage(shown + 1)}>Next</button>`}</div>
    </div></dialog>`;
}

function Row({ row, inputs, label, scene, names, put, remove, refused }) {
  const target = names.length - 1;
  return html`<tr><th scope="row">${row}${scene.held_out[row] ? html` <small class="soft">held out</small>` : ""}</th>
    ${inputs.map((value, k) => html`<td key=${k}><${Cell} value=${value} refused=${refused} name=${`${names[k]} of point ${row}`} onCommit=${(v) => put(row, k, v)} /></td>`)}
    <td>${scene.n_classes ? html`<select aria-label=${`${names[target]} of point ${row}`} value=${label} onChange=${(event) => put(row, target, Number(event.target.value))}>
      ${scene.classes.map((name, k) => html`<option key=${k} value=${k} selected=${k === label}>${name}</option>`)}</select>`
    : html`<${Cell} value=${label} refused=${refused} name=${`${names[target]} of point ${row}`} onCommit=${(v) => put(row, target, v)} />`}</td>
    <td><button class="quiet" aria-label=${`Remove point ${row}`} onClick=${() => remove(row)}>×</button></td></tr>`;
}

/** A number that can be typed; what is none stays there, with a sentence. What was refused leaves it. */
function Cell({ value, name, onCommit, refused }) {
  const input = useRef();
  const [wrong, setWrong] = useState("");
  useLayoutEffect(() => { input.current.value = String(value); setWrong(""); }, [value, refused]);
  const commit = () => {
    const text = input.current.value;
    const number = typed(text);
    if (number === null) {
      update({ problem: null }); // of what was typed before
      setWrong(text.trim() === "" ? "Type a number." : `“${text}” is no number: type one such as 1.5.`);
      return;
    }
    setWrong("");
    if (number !== value) onCommit(number);
  };
  const id = wrong ? `wrong-${name.replaceAll(/\W/g, "-")}` : undefined;
  return html`<input ref=${input} inputmode="decimal" autocomplete="off" spellcheck="false" aria-label=${name} aria-invalid=${wrong ? "true" : undefined}
      aria-describedby=${id} onBlur=${commit} onKeyDown=${(event) => {
    if (event.key === "Enter") commit();
    if (event.key === "Escape" && input.current.value !== String(value)) { input.current.value = String(value); setWrong(""); event.preventDefault(); }
  }} />${wrong && html`<small class="wrong-cell" id=${id} role="alert">${wrong}</small>`}`;
}

/** Up, down and Enter lead to the same column of the next row. */
function goFrom(event, body) {
  const by = { ArrowUp: -1, ArrowDown: 1, Enter: 1 }[event.key];
  if (!by || !event.target.matches("input")) return;
  const cell = event.target.closest("td");
  const rows = [...body.rows];
  const next = rows[rows.indexOf(cell.parentElement) + by]?.cells[cell.cellIndex].querySelector("input");
  if (event.target.getAttribute("aria-invalid") && event.key === "Enter") return;
  if (next) { next.focus(); next.select(); }
  event.preventDefault();
}
