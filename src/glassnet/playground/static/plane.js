// The output over the plane: boundary, points, and a cross to choose any place by hand.

import { html, useLayoutEffect, useRef, useState } from "/vendor/htm-preact.js";
import { ask } from "/connection.js";
import { classColour, drawPlane, onTheme, shadeColour } from "/colours.js";
import { onPointed, pointAt } from "/pointed.js";
import { onFrame, update, useRun, withFrame } from "/store.js";
import { short } from "/numbers.js";

const SIZE = 400; // of the drawing, whatever its size on the screen
const SHAPES = [
  (r) => `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`,
  (r) => `M${-r} ${-r}h${2 * r}v${2 * r}h${-2 * r}z`,
  (r) => `M0 ${-1.35 * r}L${1.3 * r} ${r}H${-1.3 * r}z`,
  (r) => `M0 ${-1.4 * r}L${1.4 * r} 0L0 ${1.4 * r}L${-1.4 * r} 0z`,
];

export function shape(label, r) {
  return SHAPES[label % SHAPES.length](r * (label % SHAPES.length === 1 ? 0.88 : 1));
}

/** Shape and colour of a point: by its class, or by its value on the scale of the answers. */
export function look(scene, label, r) {
  if (scene.n_classes) return { d: shape(label, r), style: { fill: classColour(label) } };
  const [low, high] = scene.answers;
  return { d: shape(0, r), style: { fill: shadeColour((label - low) / (high - low || 1)) } };
}

export function Plane({ run = "a" }) {
  const { scene, hard, frame } = useRun(run);
  const canvas = useRef();
  const line = useRef();
  const marks = useRef();
  const watched = useRef();
  const ring = useRef();
  const [cross, setCross] = useState([0, 0]);
  const e = scene.extent;
  const ends = scene.ends?.[0] ?? [`−${e}`, e];
  const px = (x) => (SIZE * (x + e)) / (2 * e);
  const py = (y) => (SIZE * (e - y)) / (2 * e);
  const r = scene.points.length > 120 ? 4.2 : 6.5;
  useLayoutEffect(() => {
    const draw = (now) => {
      drawPlane(canvas.current, now.plane, scene.plane_cells, hard);
      line.current.setAttribute("d", scene.n_classes === 2 ? contour(now.plane, scene.plane_cells) : "");
      markWrong(marks.current, scene, now.decided);
      const [x, y] = scene.points[now.watched];
      watched.current.style.display = now.phase ? "" : "none";
      watched.current.setAttribute("transform", `translate(${px(x)} ${py(y)})`);
    };
    const stop = onFrame(draw, 0, run);
    const stopTheme = onTheme(() => withFrame(draw, run));
    return () => { stop(); stopTheme(); };
  }, [scene, hard, run]);
  useLayoutEffect(() => onPointed((row) => {
    ring.current.style.display = row === null ? "none" : "";
    if (row !== null) ring.current.setAttribute("transform", `translate(${px(scene.points[row][0])} ${py(scene.points[row][1])})`);
  }), [scene]);
  const at = (event) => {
    const box = canvas.current.getBoundingClientRect();
    return [(2 * (event.clientX - box.left) / box.width - 1) * e, (1 - 2 * (event.clientY - box.top) / box.height) * e];
  };
  const explainAt = ([x, y]) => {
    setCross([x, y]);
    const row = closest(scene.points, x, y, 0.035 * e);
    if (row !== null) { ask("watch", { row, of: run }); ask("explain", { row, of: run }); }
    else ask("explain", { x: [round(x), round(y)], label: decided(scene, frame, x, y), of: run });
  };
  const steer = (event) => {
    const step = (event.shiftKey ? 0.02 : 0.1) * e;
    const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[event.key];
    if (by) {
      setCross(cross.map((c, k) => round(Math.min(e, Math.max(-e, c + by[k])))));
      event.preventDefault();
    }
    if (event.key === "Enter" || event.key === " ") { explainAt(cross); event.preventDefault(); }
  };
  return html`<section class="card output" aria-labelledby=${`output-title-${run}`} data-control="output">
    <div class="card-head"><h2 id=${`output-title-${run}`}>Output</h2>
      <div class="seg" role="group" aria-label="Boundary" data-control="boundary">
        <button aria-pressed=${!hard} onClick=${() => update({ hard: false })}>soft</button>
        <button aria-pressed=${hard} onClick=${() => update({ hard: true })}>hard</button>
      </div></div>
    <div class="plane-frame"><span class="axis-y" aria-hidden="true">${scene.axes[1]}</span>
    <div class="plane" tabindex="0" role="application" aria-roledescription="plane of points"
      aria-label=${`The answer over the plane. Arrow keys move the cross, Enter shows the calculation there. The cross is at ${short(cross[0])}, ${short(cross[1])}; the answer is ${answer(scene, frame, cross)}.`}
      onClick=${(event) => explainAt(at(event))} onKeyDown=${steer}
      onPointerMove=${(event) => pointAt(closest(scene.points, ...at(event), 0.035 * e))} onPointerLeave=${() => pointAt(null)}>
      <canvas ref=${canvas} aria-hidden="true"></canvas>
      <svg viewBox=${`0 0 ${SIZE} ${SIZE}`} aria-hidden="true">
        <path ref=${line} class="boundary" />
        <g ref=${marks}>${scene.points.map(([x, y], k) => html`<path key=${k} class="point" ...${look(scene, scene.labels[k], r)} transform=${`translate(${px(x)} ${py(y)})`} />`)}</g>
        <circle ref=${watched} r="13" class="watched" style=${{ display: "none" }} />
        <circle ref=${ring} r="12" class="pointed-at" style=${{ display: "none" }} />
        <path class="cross" d="M-9 0H9M0 -9V9" transform=${`translate(${px(cross[0])} ${py(cross[1])})`} />
      </svg></div>
      <div class="axis-x" aria-hidden="true"><span>${ends[0]}</span><span>${scene.axes[0]}</span><span>${ends[1]}</span></div></div>
    <${Legend} scene=${scene} />
    <p class="hint">${scene.hint ?? "Click any place, or move the cross with the arrow keys: its whole calculation, with numbers."}</p>
  </section>`;
}

function Legend({ scene }) {
  const n = scene.n_classes;
  return html`<div class="legend">
    ${n !== 1 && n < 3 && html`<div class="scale" aria-hidden="true"></div><div class="scale-ends" aria-hidden="true">
      <span>${n ? 0 : short(scene.answers[0])}</span><span>${n ? "answer a" : scene.classes[0]}</span><span>${n ? 1 : short(scene.answers[1])}</span></div>`}
    ${n > 0 && html`<ul>${scene.classes.map((name, k) => html`<li key=${k}><svg viewBox="-9 -9 18 18" width="16" height="16" aria-hidden="true">
      <path d=${shape(k, 6)} style=${{ fill: classColour(k) }} class="point" /></svg> class ${name}</li>`)}
      <li><svg viewBox="-9 -9 18 18" width="16" height="16" aria-hidden="true"><path d=${shape(0, 4.5)} class="point wrong" style=${{ fill: "var(--card)" }} /></svg> wrong so far</li></ul>`}
  </div>`;
}

const round = (x) => Math.round(x * 1000) / 1000;

function closest(points, x, y, reach) {
  let best = null;
  points.forEach(([a, b], k) => {
    const away = Math.hypot(a - x, b - y);
    if (away < reach) { reach = away; best = k; }
  });
  return best;
}

function shareAt(scene, frame, x, y) {
  const cells = scene.plane_cells;
  const index = (v) => Math.min(cells - 1, Math.max(0, Math.floor((cells * (v + scene.extent)) / (2 * scene.extent))));
  const at = index(y) * cells + index(x);
  return Array.from({ length: frame.plane.length / cells ** 2 }, (_, k) => frame.plane[k * cells ** 2 + at] / 255);
}

/** The class that the network gives to a place. */
function decided(scene, frame, x, y) {
  const shares = shareAt(scene, frame, x, y);
  return shares.length === 1 ? Number(shares[0] >= 0.5) : shares.indexOf(Math.max(...shares));
}

function answer(scene, frame, [x, y]) {
  if (!frame) return "not known yet";
  if (!scene.n_classes) {
    const [low, high] = scene.answers;
    return `about ${short(low + shareAt(scene, frame, x, y)[0] * (high - low))}`;
  }
  const shares = shareAt(scene, frame, x, y);
  const label = scene.classes[decided(scene, frame, x, y)];
  return `class ${label}, about ${(shares.length === 1 ? shares[0] : Math.max(...shares)).toFixed(2)}`;
}

function markWrong(group, scene, decided) {
  if (!decided) return;
  [...group.children].forEach((mark, row) => {
    const wrong = decided[row] !== scene.labels[row];
    if (mark.wrong !== wrong) { mark.wrong = wrong; mark.classList.toggle("wrong", wrong); }
  });
}

/** Where the shade passes the middle, in pieces of straight lines between the cells' centres. */
function contour(plane, cells) {
  const step = SIZE / cells;
  const parts = [];
  const middle = 127.5;
  const cut = (a, b) => (middle - a) / (b - a);
  for (let i = 0; i < cells - 1; i++) {
    for (let j = 0; j < cells - 1; j++) {
      const at = i * cells + j;
      const [a, b, c, d] = [plane[at], plane[at + 1], plane[at + cells + 1], plane[at + cells]];
      const ends = [];
      if (a > middle !== b > middle) ends.push([cut(a, b), 0]);
      if (b > middle !== c > middle) ends.push([1, cut(b, c)]);
      if (d > middle !== c > middle) ends.push([cut(d, c), 1]);
      if (a > middle !== d > middle) ends.push([0, cut(a, d)]);
      for (let k = 0; k + 1 < ends.length; k += 2) {
        const place = ([u, v]) => `${((j + 0.5 + u) * step).toFixed(1)} ${(SIZE - (i + 0.5 + v) * step).toFixed(1)}`;
        parts.push(`M${place(ends[k])}L${place(ends[k + 1])}`);
      }
    }
  }
  return parts.join("");
}
