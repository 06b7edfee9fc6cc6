// The answer for every point; a row and its point in the plane are pointed at together.

import { explain } from "./CalculationDialog.js";
import { ask } from "./connection.js";
import { frameOf, onFrame } from "./frames.js";
import { onPointed, pointAt } from "./hover.js";
import { columnFormat } from "./numberFormat.js";
import { PointMarker } from "./PointMarker.js";
import { RunSwitcher } from "./RunSwitcher.js";
import { runs } from "./state.js";
import { axisName, labelColour, own } from "./units.js";
import { html, signal, useLayoutEffect, useMemo, useRef, useState } from "./vendor/preact.js";
import { say } from "./words.js";

const AT_ONCE = 40; // rows; more would cost drawing time, others come when they are scrolled to
const STEP = 10; // rows that come and go together: so one that has the focus is not moved
const LONG = 14; // letters of a name that might be too wide

export function PredictionTable({ run = "a" }) {
  const { scene } = runs[run];
  const table = useRef();
  const n = scene.rows.length;
  const [wanted, setFirst] = useState(0);
  const first = Math.min(wanted, STEP * Math.max(Math.ceil((n - AT_ONCE) / STEP), 0));
  const groups = Array.from({ length: AT_ONCE / STEP }, (_, g) => first + g * STEP)
    .filter((from) => from < n);
  const format = useMemo(() => formatsOf(scene),
    [scene.rows, scene.labels, scene.axes, scene.target]);
  const cells = useMemo(() => scene.rows.map(emptyCells), [scene.rows]);
  const last = Math.min(first + AT_ONCE, n);
  useLayoutEffect(() => onFrame((frame) => {
    for (let k = first; k < last; k++) fillCells(cells[k], predictionOf(scene, format, frame, k));
  }, 500, run), [cells, format, first, last, scene]);
  useLayoutEffect(() => onPointed((row) => {
    cells.forEach((cell, k) => { cell.isPointed.value = k === row; });
  }), [cells]);
  const onScroll = ({ currentTarget: { scrollTop, clientHeight } }) => {
    const height = table.current.querySelector("tbody [aria-rowindex]").offsetHeight;
    const middle = (scrollTop + clientHeight / 2) / height;
    setFirst(Math.max(STEP * Math.round((middle - AT_ONCE / 2) / STEP), 0));
  };
  const isLong = scene.classes.some((name) => name.length > LONG);
  return html`<section class="predictions" aria-label=${say("dock.predictions")}
      data-control="predictions">
    <${RunSwitcher} what=${say("dock.predictions")} />
    <div class="table-scroll" tabindex="0" role="group" aria-label=${say("predictions.label")}
      onScroll=${onScroll}>
    <table ref=${table} aria-rowcount=${n + 1} class=${isLong ? "long" : ""}>
    <thead><tr aria-rowindex="1"><th scope="col">${say("predictions.point")}</th>
      ${inputNames(scene).map((name, j) => html`<th key=${j} scope="col" class=${beyond(j)}>
        ${axisName(name)}</th>`)}
      <th scope="col">${scene.target.name}</th><th scope="col">${say("predictions.answer")}</th>
      <th scope="col">${say(`predictions.${scene.n_classes ? "right" : "error"}`)}</th></tr></thead>
    <${Space} rows=${first} />
    ${groups.map((from) => html`<tbody key=${from} onMouseLeave=${() => pointAt(null)}>
      ${scene.rows.slice(from, from + STEP).map((inputs, j) => html`<${Row} key=${j} k=${from + j}
        inputs=${inputs} format=${format} scene=${scene} run=${run} cells=${cells[from + j]} />`)}
      </tbody>`)}
    <${Space} rows=${n - first - AT_ONCE} /></table></div>
  </section>`;
}

/** As high as so many rows that are not there. */
function Space({ rows }) {
  const style = { height: `calc(${rows} * var(--row))` };
  return html`<tbody aria-hidden="true" class="space">
    ${rows > 0 && html`<tr style=${style}><td></td></tr>`}</tbody>`;
}

/** How each input is written, the target, and its prediction. */
function formatsOf(scene) {
  const inputs = inputNames(scene).map((_, j) => columnFormat(scene.rows.map((row) => row[j])));
  const { labels } = scene;
  return { inputs, label: columnFormat(labels), value: columnFormat(labels, false) };
}

/** The columns of a row: the inputs; of a replay the two axes of its plane. */
const inputNames = ({ rows, axes, inputs }) => (
  rows[0]?.length > axes.length ? inputs.map(({ name }) => name) : axes);
const beyond = (j) => (j > 1 ? "more" : ""); // the axes: a phone has no room for it

/** What of a row is another with each frame. */
const emptyCells = () => ({ answer: signal(" "), mark: signal(" "), isRight: signal(true),
  isPointed: signal(false) });

function fillCells(cells, { answer, mark, isRight }) {
  cells.answer.value = answer;
  cells.mark.value = mark;
  cells.isRight.value = isRight;
}

function Row({ k, inputs, format, scene, run, cells }) {
  const label = scene.labels[k];
  const look = () => {
    ask("watch", { row: k, of: run });
    explain({ row: k, of: run });
  };
  const showDigits = ({ currentTarget }) => {
    const frame = frameOf(run);
    if (frame) currentTarget.title = predictionOf(scene, format, frame, k).exact;
  };
  const kind = `${cells.isPointed.value ? "pointed" : ""} ${cells.isRight.value ? "" : "is-wrong"}`;
  return html`<tr aria-rowindex=${k + 2} class=${kind} onMouseEnter=${() => pointAt(k)}>
    <th scope="row"><button class="row" aria-label=${say("predictions.show", { k })}
      onClick=${look} onFocus=${() => pointAt(k)} onBlur=${() => pointAt(null)}>
      <${PointMarker} label=${scene.n_classes && label} colour=${labelColour(scene, label)} />
      ${scene.numbers?.[k] ?? k}</button>
      ${scene.held_out[k] && html` <small class="soft">${say("predictions.test")}</small>`}</th>
    ${format.inputs.map((write, j) => html`<td key=${j} class=${beyond(j)}>
      ${write(inputs[j])}</td>`)}
    <td>${scene.n_classes ? scene.classes[label] : format.label(label)}</td>
    <td onMouseEnter=${showDigits}>${cells.answer}</td><td>${cells.mark}</td></tr>`;
}

/** What is predicted for a point: every digit, the answer, whether it is right, or how far off. */
export function predictionOf(scene, format, frame, k) {
  const n_out = scene.sizes.at(-1);
  if (!scene.n_classes) {
    const value = own(scene.target, frame.outputs[k]);
    const error = format.value(value - scene.labels[k]);
    return { exact: String(value), answer: format.value(value), isRight: true, mark: error };
  }
  const decided = frame.decided[k];
  const a = frame.outputs[k * n_out + (n_out === 1 ? 0 : decided)];
  const isRight = decided === scene.labels[k];
  const name = n_out === 1 ? "" : `${scene.classes[decided]}: `;
  const mark = say(`predictions.${isRight ? "yes" : "no"}`);
  return { exact: String(a), answer: name + a.toFixed(4), isRight, mark };
}
