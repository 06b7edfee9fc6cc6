// The answer for every point; a row and its point in the plane are pointed at together.

import { html, useLayoutEffect, useMemo, useRef } from "/vendor/htm-preact.js";
import { ask } from "/connection.js";
import { explain } from "/details.js";
import { Mark } from "/marks.js";
import { onPointed, pointAt } from "/pointed.js";
import { onFrame, useRun, withFrame } from "/store.js";
import { labelColour, named, own, written } from "/units.js";
import { Whose } from "/whose.js";

const MOST = 200; // rows; more would cost drawing time
const LONG = 14; // letters of a name that might be too wide
const REST = 150; // milliseconds after which rows that are out of sight are written, too

export function Predictions({ run = "a" }) {
  const { scene, theme } = useRun(run);
  const body = useRef();
  useLayoutEffect(() => {
    const rows = [...body.current.children];
    const inSight = new Set();
    const write = (some, frame) => some.forEach((k) => say(rows[k], told(scene, frame, k)));
    let later = null;
    const draw = (frame) => {
      clearTimeout(later);
      write(inSight, frame);
      if (!frame.playing) later = setTimeout(() => write(rows.keys(), frame), REST);
    };
    const watch = new IntersectionObserver((moved) => {
      for (const { target, isIntersecting } of moved) inSight[isIntersecting ? "add" : "delete"](target.rowIndex - 1);
      withFrame((frame) => write(inSight, frame), run);
    });
    rows.forEach((row) => watch.observe(row));
    const stop = onFrame(draw, 250, run);
    return () => { stop(); watch.disconnect(); clearTimeout(later); };
  }, [scene]);
  useLayoutEffect(() => onPointed((pointed) => {
    for (const [k, row] of [...body.current.children].entries()) row.classList.toggle("pointed", k === pointed);
  }), [scene]);
  const n = scene.points.length;
  // Made anew only when it is another: whatever else changes must not cost the drawing of all rows.
  return useMemo(() => html`<section class="card predictions" aria-labelledby="predictions-title" data-control="predictions">
    <div class="card-head"><h2 id="predictions-title">Predictions</h2><${Whose} what="predictions" />
      ${n > MOST && html`<span class="soft">the first ${MOST} of ${n}</span>`}</div>
    <div class="table-scroll" tabindex="0" role="group" aria-label="Predictions of every point">
    <table class=${scene.classes.some((name) => name.length > LONG) ? "long" : ""}><thead><tr><th scope="col">point</th><th scope="col">${scene.axes[0]}</th><th scope="col">${scene.axes[1]}</th>
      <th scope="col">${scene.target.name}</th><th scope="col">answer</th><th scope="col">${scene.n_classes ? "right" : "error"}</th></tr></thead>
    <tbody ref=${body} onMouseLeave=${() => pointAt(null)}>
      ${scene.rows.slice(0, MOST).map(([x, y], k) => html`<${Row} key=${k} k=${k} x=${x} y=${y} scene=${scene} run=${run} />`)}</tbody></table></div>
  </section>`, [scene.rows, scene.labels, scene.classes, scene.axes, scene.target, theme]);
}

function Row({ k, x, y, scene, run }) {
  const label = scene.labels[k];
  const look = () => { ask("watch", { row: k, of: run }); explain({ row: k, of: run }); };
  const digits = ({ currentTarget }) => withFrame((frame) => { currentTarget.title = told(scene, frame, k).exact; }, run);
  return html`<tr onMouseEnter=${() => pointAt(k)}>
    <th scope="row"><button class="row" aria-label=${`Point ${k}: show its calculation`} onClick=${look}
      onFocus=${() => pointAt(k)} onBlur=${() => pointAt(null)}>
      <${Mark} label=${scene.n_classes && label} colour=${labelColour(scene, label)} />${scene.numbers?.[k] ?? k}</button></th>
    <td>${written(x)}</td><td>${written(y)}</td><td>${named(scene, label)}</td><td onMouseEnter=${digits}> </td><td> </td></tr>`;
}

/** What a row says of its point's answer. */
function told(scene, frame, k) {
  const n_out = scene.sizes.at(-1);
  if (!scene.n_classes) {
    const value = own(scene.target, frame.outputs[k]);
    return { exact: String(value), answer: written(value), right: true, mark: written(value - scene.labels[k]) };
  }
  const decided = frame.decided[k];
  const a = frame.outputs[k * n_out + (n_out === 1 ? 0 : decided)];
  const right = decided === scene.labels[k];
  return { exact: String(a), answer: (n_out === 1 ? "" : `${scene.classes[decided]}: `) + a.toFixed(4), right, mark: right ? "yes" : "no" };
}

/** Write what has changed since the row was written last. */
function say(row, { answer, right, mark }) {
  if (row.answer !== answer) row.cells[4].firstChild.data = row.answer = answer;
  if (row.mark !== mark) row.cells[5].firstChild.data = row.mark = mark;
  row.classList.toggle("is-wrong", !right);
}
