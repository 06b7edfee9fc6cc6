// The output over the plane: boundary, points, and a cross to choose any place by hand.

import { html, useLayoutEffect, useMemo, useRef, useState } from "./vendor/htm-preact.js";
import { ask } from "./connection.js";
import { markStyle, onTheme, sharp } from "./colours.js";
import { explain } from "./WeightInspector.js";
import { onPointed, pointAt } from "./hover.js";
import { isOther, Pixels } from "./heatmapRaster.js";
import { onFrame, update, useFrame, useRun, withFrame } from "./store.js";
import { Mark, shape } from "./PointMarker.js";
import { closest, keyed, reachOf, Stroke, Tools } from "./pointEditing.js";
import { axisName, labelColour, own, ownPlace, written } from "./units.js";

const SIZE = 400; // of the drawing, whatever its size on the screen
const ENTER = {
  explore: "Enter shows the calculation there, Delete removes a point",
  paint: "Enter paints a point there, a digit chooses the class",
  move: "Enter takes the nearest point and puts it down again",
  erase: "Enter removes a point that is near",
  recorded: "Enter shows the calculation of the nearest point",
};
const HINTS = {
  explore: "Click any place, or move the cross with the arrow keys: its whole calculation, with numbers.",
  paint: "Click or draw on the plane: the same start learns anew, with these points.",
  move: "Drag a point to another place. With keys: Enter takes it, arrows move it, Enter puts it down.",
  erase: "Touch points to take them away, or drag over them. Undo brings them back.",
};

export function Plane({ run = "a" }) {
  const { scene, hard, mode, refused, theme } = useRun(run);
  const frame = useFrame(1000, run); // for what is said of the cross
  const canvas = useRef();
  const marks = useRef();
  const pending = useRef();
  const watched = useRef();
  const ring = useRef();
  const hand = useRef(null); // the stroke that is going on
  const [cross, setCross] = useState([0, 0]);
  const e = scene.extent;
  const spot = ([x, y]) => [(SIZE * (x + e)) / (2 * e), (SIZE * (e - y)) / (2 * e)];
  const drawn = (place) => `translate(${spot(place).join(" ")})`;
  const r = scene.points.length > 120 ? 4.2 : 6.5;
  const reset = () => {
    pending.current.replaceChildren();
    [...marks.current.children].forEach((mark) => {
      mark.style.display = "";
      mark.removeAttribute("transform");
    });
  };
  useLayoutEffect(() => {
    const picture = new Pixels();
    let surface = null;
    let ringed; // where the point is that is watched, while a phase is shown
    const draw = (now) => {
      surface ??= surfaceOf(canvas.current);
      drawSurface(surface, picture, now, scene.plane_cells, hard && scene.n_classes > 0);
      markWrong(marks.current, scene, now.decided ?? scene.labels); // of values none is wrong, and marks are used again
      const place = now.phase ? drawn(scene.points[now.watched]) : null;
      if (place !== ringed) ringAround(watched.current, place);
      ringed = place;
    };
    const stop = onFrame(draw, 0, run);
    const anew = () => { surface = null; withFrame(draw, run); };
    const stopTheme = onTheme(anew);
    const watch = new ResizeObserver(anew);
    watch.observe(canvas.current);
    return () => { stop(); stopTheme(); watch.disconnect(); };
  }, [scene.points, scene.labels, scene.extent, scene.n_classes, scene.plane_cells, hard, run]); // none of it is another with other neurons
  useLayoutEffect(() => onPointed((row) => {
    ringAround(ring.current, row !== null && drawn(scene.points[row]));
  }), [scene]);
  useLayoutEffect(() => { // what was asked for is there, or was refused
    if (hand.current?.mode !== "paint") hand.current = null; // what it holds is of other points now
    reset();
  }, [scene, refused, mode]);
  const points = useMemo(() => scene.points.map((point, k) => html`<path key=${k} class="point"
    d=${shape(scene.n_classes && scene.labels[k], r, scene.held_out[k], ...spot(point))} style=${markStyle(labelColour(scene, scene.labels[k]))} />`), [scene.points, scene.labels, scene.held_out, e, theme]);
  const end = (k, x) => scene.ends?.[k][Number(x > 0)] ?? written(own(scene.inputs[k], x));
  const at = (event) => {
    const box = canvas.current.getBoundingClientRect();
    return [(2 * (event.clientX - box.left) / box.width - 1) * e, (1 - 2 * (event.clientY - box.top) / box.height) * e];
  };
  const explainAt = ([x, y]) => {
    setCross([x, y]);
    const row = closest(scene.points, x, y, 0.035 * e);
    if (row !== null) { ask("watch", { row, of: run }); explain({ row, of: run }); }
    else withFrame((now) => explain({ x: ownPlace(scene, [x, y]), ...asIf(scene, now, x, y), of: run }), run);
  };
  const plane = () => ({ scene, run, marks: marks.current, pending: pending.current, spot, reset });
  const down = (event) => {
    if (mode === "explore" || event.button > 0) return;
    if (!event.isPrimary) { cancel(); return; } // two fingers make no stroke: they zoom
    event.currentTarget.setPointerCapture(event.pointerId);
    hand.current = new Stroke(plane(), reachOf(event));
    hand.current.begin(at(event));
  };
  const move = (event) => {
    if (event.buttons && hand.current) hand.current.go(at(event));
    else pointAt(closest(scene.points, ...at(event), 0.035 * e));
  };
  const cancel = () => { hand.current = null; reset(); };
  const up = () => { hand.current?.end(); hand.current = null; };
  const steer = (event) => {
    const step = (event.shiftKey ? 0.02 : 0.1) * e;
    const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[event.key];
    if (by) {
      const there = cross.map((c, k) => round(Math.min(e, Math.max(-e, c + by[k]))));
      setCross(there);
      hand.current?.go(there);
    } else if (!keyed(event, plane(), hand, cross, setCross)) {
      if (event.key !== "Enter" && event.key !== " ") return;
      explainAt(cross);
    }
    event.preventDefault();
  };
  return html`<section class="card output" aria-labelledby=${`output-title-${run}`} data-control="output">
    <div class="card-head"><h2 id=${`output-title-${run}`}>Output</h2>
      ${scene.n_classes > 0 && html`<div class="seg" role="group" aria-label="Boundary" data-control="boundary">
        <button aria-pressed=${!hard} onClick=${() => update({ hard: false })}>soft</button>
        <button aria-pressed=${hard} onClick=${() => update({ hard: true })}>hard</button>
      </div>`}</div>
    ${!scene.recorded && html`<${Tools} scene=${scene} run=${run} />`}
    <div class="plane-frame"><span class="axis-y" aria-hidden="true"><span>${end(1, e)}</span><b>${axisName(scene.axes[1])}</b><span>${end(1, -e)}</span></span>
    <div class=${`plane ${mode}`} tabindex="0" role="application" aria-roledescription="plane of points"
      aria-label=${`The answer over the plane. Arrow keys move the cross, ${ENTER[scene.recorded ? "recorded" : mode]}. The cross is at ${ownPlace(scene, cross).map(written).join(", ")}; the answer is ${answer(scene, frame, cross)}.`}
      onClick=${(event) => { if (mode === "explore") explainAt(at(event)); }} onKeyDown=${steer}
      onPointerDown=${down} onPointerMove=${move} onPointerUp=${up} onPointerCancel=${cancel} onBlur=${cancel}
      onPointerLeave=${() => pointAt(null)}>
      <canvas ref=${canvas} aria-hidden="true"></canvas>
      <svg viewBox=${`0 0 ${SIZE} ${SIZE}`} aria-hidden="true">
        <g ref=${marks}>${points}</g>
        <g ref=${pending}></g>
        <circle ref=${watched} r="13" class="watched" style=${{ display: "none" }} />
        <circle ref=${ring} r="12" class="pointed-at" style=${{ display: "none" }} />
        <path class="cross" d="M-9 0H9M0 -9V9" transform=${drawn(cross)} />
      </svg></div>
      <div class="axis-x" aria-hidden="true"><span>${end(0, -e)}</span><span>${axisName(scene.axes[0])}</span><span>${end(0, e)}</span></div></div>
    <${Legend} scene=${scene} />
    ${!scene.recorded && scene.inputs.length > 2 && html`<p class="hint">The other inputs are at their mean in this picture.</p>`}
    <p class="hint">${scene.hint ?? HINTS[mode]}${scene.kept}</p>
  </section>`;
}

function Legend({ scene }) {
  const [low, middle, high] = scene.n_classes
    ? ["0", "answer a", "1"]
    : [written(own(scene.target, scene.answers[0])), scene.target.name, written(own(scene.target, scene.answers[1]))];
  return html`<div class="legend">
    ${scene.n_classes <= 2 && html`<div class="scale" aria-hidden="true"></div><div class="scale-ends" aria-hidden="true">
      <span>${low}</span><span>${middle}</span><span>${high}</span></div>`}
    <ul>${scene.classes.map((name, k) => html`<li key=${k}><${Mark} label=${k} colour=${labelColour(scene, k)} /> ${/^\d+$/.test(name) ? `class ${name}` : name}</li>`)}
      ${scene.held_out.some(Boolean) && html`<li><${Mark} label=${0} colour="var(--soft)" hollow /> held out, to test on</li>`}
      ${scene.n_classes > 0 && html`<li><${Mark} label=${0} colour="var(--card)" wrong /> wrong so far</li>`}</ul>
  </div>`;
}

const round = (x) => Math.round(x * 1000) / 1000;

/** What a place is taken for in its calculation: its own answer, or the value of the nearest point. */
function asIf(scene, frame, x, y) {
  if (scene.n_classes) return { label: decided(scene, frame, x, y) };
  return { target: scene.labels[closest(scene.points, x, y, Infinity)] };
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
  const shares = shareAt(scene, frame, x, y);
  if (!scene.n_classes) {
    const [low, high] = scene.answers;
    return `${scene.target.name} about ${written(own(scene.target, low + shares[0] * (high - low)))}`;
  }
  const label = scene.classes[decided(scene, frame, x, y)];
  return `class ${label}, about ${(shares.length === 1 ? shares[0] : Math.max(...shares)).toFixed(2)}`;
}

/** Show a ring at a place, or no more. */
function ringAround(ring, place) {
  ring.style.display = place ? "" : "none";
  if (place) ring.setAttribute("transform", place);
}

function markWrong(group, scene, decided) {
  [...group.children].forEach((mark, row) => {
    const wrong = decided[row] !== scene.labels[row];
    if (mark.wrong !== wrong) { mark.wrong = wrong; mark.classList.toggle("wrong", wrong); }
  });
}

/** A canvas as large as it is shown, and what to draw on it with. */
function surfaceOf(canvas) {
  const size = canvas.clientWidth;
  const pen = sharp(canvas, size, size, { alpha: false });
  pen.strokeStyle = getComputedStyle(canvas).color;
  pen.lineCap = "round";
  pen.globalAlpha = 0.8;
  pen.lineWidth = size / 200;
  return { pen, size, boundary: null };
}

/** The picture of the answer, and over it the pieces of the boundary: ends (x, y) from 0 to 1. */
function drawSurface(surface, picture, { plane, boundary }, cells, hard) {
  const { pen, size } = surface;
  if (size === 0) return; // hidden by a teacher
  const other = picture.plane(plane, cells, pen.canvas.width, hard);
  if (!other && !isOther(boundary, surface.boundary)) return;
  surface.boundary = boundary;
  pen.putImageData(picture.image, 0, 0);
  pen.beginPath();
  for (let k = 0; k < boundary.length; k += 4) {
    pen.moveTo(size * boundary[k], size * (1 - boundary[k + 1]));
    pen.lineTo(size * boundary[k + 2], size * (1 - boundary[k + 3]));
  }
  pen.stroke();
}
