// The answer for every point; a row and its point in the plane are pointed at together.

import { html, useLayoutEffect, useMemo, useRef, useState } from "./vendor/htm-preact.js";
import { ask } from "./connection.js";
import { explain } from "./WeightInspector.js";
import { Mark } from "./PointMarker.js";
import { onPointed, pointAt } from "./hover.js";
import { onFrame, useRun, withFrame } from "./store.js";
import { axisName, column, labelColour, own } from "./units.js";
import { Whose } from "./RunSwitcher.js";

const AT_ONCE = 40; // rows; more would cost drawing time, so that others come when they are scrolled to
const STEP = 10; // rows that come and go together: so one that has the focus is not moved
const LONG = 14; // letters of a name that might be too wide

export function Predictions({ run = "a" }) {
  const { scene, theme } = useRun(run);
  const table = useRef();
  const n = scene.rows.length;
  const [wanted, setFirst] = useState(0);
  const first = Math.min(wanted, STEP * Math.max(Math.ceil((n - AT_ONCE) / STEP), 0));
  const groups = Array.from({ length: AT_ONCE / STEP }, (_, g) => first + g * STEP).filter((from) => from < n);
  const shown = [scene.rows, scene.labels, scene.classes, scene.axes, scene.target]; // other neurons leave it as it is
  const write = useMemo(() => writing(scene), shown);
  const there = [...shown, first];
  useLayoutEffect(() => onFrame((frame) => {
    for (const row of rowsOf(table.current)) say(row, told(scene, write, frame, pointOf(row)));
  }, 500, run), there);
  useLayoutEffect(() => onPointed((pointed) => {
    for (const row of rowsOf(table.current)) row.classList.toggle("pointed", pointOf(row) === pointed);
  }), there);
  const scrolled = ({ currentTarget: { scrollTop, clientHeight } }) => {
    const height = rowsOf(table.current)[0].offsetHeight;
    const middle = (scrollTop + clientHeight / 2) / height;
    setFirst(Math.max(STEP * Math.round((middle - AT_ONCE / 2) / STEP), 0));
  };
  // Made anew only when it is another: whatever else changes must not cost the drawing of all rows.
  return useMemo(() => html`<section class="card predictions" aria-labelledby="predictions-title" data-control="predictions">
    <div class="card-head"><h2 id="predictions-title">Predictions</h2><${Whose} what="predictions" /></div>
    <div class="table-scroll" tabindex="0" role="group" aria-label="Predictions of every point" onScroll=${scrolled}>
    <table ref=${table} aria-rowcount=${n + 1} class=${scene.classes.some((name) => name.length > LONG) ? "long" : ""}><thead><tr aria-rowindex="1"><th scope="col">point</th>${namesOf(scene).map((name, j) => html`<th key=${j} scope="col" class=${beyond(j)}>${axisName(name)}</th>`)}
      <th scope="col">${scene.target.name}</th><th scope="col">answer</th><th scope="col">${scene.n_classes ? "right" : "error"}</th></tr></thead>
    <${Space} rows=${first} />
    ${groups.map((from) => html`<tbody key=${from} onMouseLeave=${() => pointAt(null)}>${scene.rows.slice(from, from + STEP).map((inputs, j) => html`
      <${Row} key=${j} k=${from + j} inputs=${inputs} write=${write} scene=${scene} run=${run} />`)}</tbody>`)}
    <${Space} rows=${n - first - AT_ONCE} /></table></div>
  </section>`, [...there, theme]);
}

/** The rows that are there, and the point that one is about. */
const rowsOf = (table) => [...table.querySelectorAll("tbody [aria-rowindex]")];
const pointOf = (row) => Number(row.getAttribute("aria-rowindex")) - 2; // after the heading, which is the first

/** As high as so many rows that are not there. */
function Space({ rows }) {
  return html`<tbody aria-hidden="true" class="space">${rows > 0 && html`<tr style=${{ height: `calc(${rows} * var(--row))` }}><td></td></tr>`}</tbody>`;
}

/** How each input is written, and the target. */
function writing(scene) {
  const inputs = namesOf(scene).map((_, j) => column(scene.rows.map((row) => row[j])));
  return { inputs, label: column(scene.labels), value: column(scene.labels, false) };
}

/** The columns of a row: the inputs; of a replay the two axes of its plane. */
const namesOf = ({ rows, axes, inputs }) => (rows[0]?.length > axes.length ? inputs.map(({ name }) => name) : axes);
const beyond = (j) => (j > 1 ? "more" : ""); // the axes: a phone has no room for it

function Row({ k, inputs, write, scene, run }) {
  const label = scene.labels[k];
  const look = () => { ask("watch", { row: k, of: run }); explain({ row: k, of: run }); };
  const digits = ({ currentTarget }) => withFrame((frame) => { currentTarget.title = told(scene, write, frame, k).exact; }, run);
  return html`<tr aria-rowindex=${k + 2} onMouseEnter=${() => pointAt(k)}>
    <th scope="row"><button class="row" aria-label=${`Point ${k}: show its calculation`} onClick=${look}
      onFocus=${() => pointAt(k)} onBlur=${() => pointAt(null)}>
      <${Mark} label=${scene.n_classes && label} colour=${labelColour(scene, label)} />${scene.numbers?.[k] ?? k}</button></th>
    ${write.inputs.map((writeOne, j) => html`<td key=${j} class=${beyond(j)}>${writeOne(inputs[j])}</td>`)}
    <td>${scene.n_classes ? scene.classes[label] : write.label(label)}</td><td onMouseEnter=${digits}> </td><td> </td></tr>`;
}

/** What a row says of its point's answer. */
function told(scene, write, frame, k) {
  const n_out = scene.sizes.at(-1);
  if (!scene.n_classes) {
    const value = own(scene.target, frame.outputs[k]);
    return { exact: String(value), answer: write.value(value), right: true, mark: write.value(value - scene.labels[k]) };
  }
  const decided = frame.decided[k];
  const a = frame.outputs[k * n_out + (n_out === 1 ? 0 : decided)];
  const right = decided === scene.labels[k];
  return { exact: String(a), answer: (n_out === 1 ? "" : `${scene.classes[decided]}: `) + a.toFixed(4), right, mark: right ? "yes" : "no" };
}

/** Write what has changed since the row was written last. */
function say(row, { answer, right, mark }) {
  const { cells } = row;
  if (row.answer !== answer) cells[cells.length - 2].firstChild.data = row.answer = answer;
  if (row.mark !== mark) cells[cells.length - 1].firstChild.data = row.mark = mark;
  row.classList.toggle("is-wrong", !right);
}
