// The answer for every point; a row and its point in the plane are pointed at together.

import { html, useLayoutEffect, useMemo, useRef } from "/vendor/htm-preact.js";
import { ask } from "/connection.js";
import { explain } from "/details.js";
import { Mark } from "/marks.js";
import { onPointed, pointAt } from "/pointed.js";
import { onFrame, useRun, withFrame } from "/store.js";
import { axisName, column, labelColour, own } from "/units.js";
import { Whose } from "/whose.js";

const MOST = 200; // rows; more would cost drawing time
const LONG = 14; // letters of a name that might be too wide
const REST = 150; // milliseconds after which rows that are out of sight are written, too

export function Predictions({ run = "a" }) {
  const { scene, theme } = useRun(run);
  const body = useRef();
  const table = [scene.rows, scene.labels, scene.classes, scene.axes, scene.target]; // other neurons leave it as it is
  const write = useMemo(() => writing(scene), table);
  useLayoutEffect(() => {
    const rows = [...body.current.children];
    const inSight = new Set();
    const tell = (some, frame) => some.forEach((k) => say(rows[k], told(scene, write, frame, k)));
    let later = null;
    const draw = (frame) => {
      clearTimeout(later);
      tell(inSight, frame);
      if (!frame.playing) later = setTimeout(() => tell(rows.keys(), frame), REST);
    };
    const watch = new IntersectionObserver((moved) => {
      for (const { target, isIntersecting } of moved) inSight[isIntersecting ? "add" : "delete"](target.rowIndex - 1);
      withFrame((frame) => tell(inSight, frame), run);
    });
    rows.forEach((row) => watch.observe(row));
    const stop = onFrame(draw, 250, run);
    return () => { stop(); watch.disconnect(); clearTimeout(later); };
  }, table);
  useLayoutEffect(() => onPointed((pointed) => {
    for (const [k, row] of [...body.current.children].entries()) row.classList.toggle("pointed", k === pointed);
  }), table);
  const n = scene.points.length;
  // Made anew only when it is another: whatever else changes must not cost the drawing of all rows.
  return useMemo(() => html`<section class="card predictions" aria-labelledby="predictions-title" data-control="predictions">
    <div class="card-head"><h2 id="predictions-title">Predictions</h2><${Whose} what="predictions" />
      ${n > MOST && html`<span class="soft">the first ${MOST} of ${n}</span>`}</div>
    <div class="table-scroll" tabindex="0" role="group" aria-label="Predictions of every point">
    <table class=${scene.classes.some((name) => name.length > LONG) ? "long" : ""}><thead><tr><th scope="col">point</th>${namesOf(scene).map((name, j) => html`<th key=${j} scope="col" class=${beyond(j)}>${axisName(name)}</th>`)}
      <th scope="col">${scene.target.name}</th><th scope="col">answer</th><th scope="col">${scene.n_classes ? "right" : "error"}</th></tr></thead>
    <tbody ref=${body} onMouseLeave=${() => pointAt(null)}>
      ${scene.rows.slice(0, MOST).map((inputs, k) => html`<${Row} key=${k} k=${k} inputs=${inputs} write=${write} scene=${scene} run=${run} />`)}</tbody></table></div>
  </section>`, [...table, theme]);
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
  return html`<tr onMouseEnter=${() => pointAt(k)}>
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
