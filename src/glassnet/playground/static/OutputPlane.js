// The output over the plane: boundary, points, and a cross to choose any place by hand.

import { Callout } from "./Callouts.js";
import { explain } from "./CalculationDialog.js";
import { markStyle, onTheme, sharp, styled, theme } from "./colours.js";
import { ask } from "./connection.js";
import { Segments } from "./FormFields.js";
import { onFrame, useFrame, withFrame } from "./frames.js";
import { Heatmaps } from "./heatmap.js";
import { onPointed, pointAt } from "./hover.js";
import { layerName } from "./networkLayout.js";
import { written } from "./numberFormat.js";
import { PaintingTools } from "./PaintingTools.js";
import { answerAt, assumedLabel } from "./planeAnswer.js";
import { beginStroke, brushOf, editByKey, endStroke, extendStroke, reachOf }
  from "./pointEditing.js";
import { markOutline, PointMarker } from "./PointMarker.js";
import { page, runs } from "./state.js";
import { axisName, classNamed, closestPoint, labelColour, own, ownPlace } from "./units.js";
import { html, signal, useLayoutEffect, useMemo, useRef, useState } from "./vendor/preact.js";
import { say } from "./words.js";

const SIZE = 400; // of the drawing, whatever its size on the screen
const NEAR = 0.035; // of half the plane's width
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

const rounded = (x) => Math.round(x * 1000) / 1000;
/** Where a place of the plane is drawn. */
const spotOf = ({ extent: e }, [x, y]) => [(SIZE * (x + e)) / (2 * e), (SIZE * (e - y)) / (2 * e)];
const translation = (scene, place) => `translate(${spotOf(scene, place).join(" ")})`;

export function OutputPlane({ run = "a" }) {
  const { scene } = runs[run];
  const { hard } = page;
  const end = (k, x) => scene.ends?.[k][Number(x > 0)] ?? written(own(scene.inputs[k], x));
  const e = scene.extent;
  return html`<section class="card output" aria-labelledby=${`output-title-${run}`}
      data-control="output" data-part="plane">
    <div class="card-head"><h2 id=${`output-title-${run}`}>${titleOf(run)}</h2>
      ${scene.n_classes > 0 && html`<${Segments} label=${say("plane.boundary")} control="boundary"
        value=${hard} choices=${[[false, say("plane.soft")], [true, say("plane.hard")]]}
        onChange=${(is) => { page.hard = is; }} />`}
      ${!page.recorded && html`<${PaintingTools} scene=${scene} run=${run} />`}</div>
    <div class="plane-frame"><span class="axis-y" aria-hidden="true"><span>${end(1, e)}</span>
      <b>${axisName(scene.axes[1])}</b><span>${end(1, -e)}</span></span>
    <${Plane} run=${run} scene=${scene} />
    <div class="axis-x" aria-hidden="true"><span>${end(0, -e)}</span>
      <span>${axisName(scene.axes[0])}</span><span>${end(0, e)}</span></div></div>
    <${Legend} scene=${scene} />
    <p class="hint">${scene.hint ?? say(`plane.hints.${page.mode}`)}${scene.kept}
      ${!page.recorded && scene.inputs.length > 2 && ` ${say("plane.slice")}`}</p>
  </section>`;
}

/** What the plane shows: the output, or the neuron that is pointed at. */
function titleOf(run) {
  const { enlarged } = page;
  if (enlarged?.run !== run) return say("plane.title");
  const n_layers = runs[run].scene.sizes.length - 1;
  const layer = layerName(enlarged.layer, n_layers);
  return say("plane.neuron", { layer, i: enlarged.neuron + 1 });
}

/** The plane itself, which listens to hands and keys. */
function Plane({ run, scene }) {
  const { mode } = page;
  const frame = useFrame(1000, run); // for what is said of the cross
  const hand = useMemo(() => signal(null), []); // the stroke that is going on
  const [cross, setCross] = useState([0, 0]);
  const box = useRef();
  const e = scene.extent;
  useLayoutEffect(() => { // what was asked for is there, or was refused
    if (hand.value?.mode !== "paint" || hand.value.isOver) hand.value = null;
  }, [scene, page.refused, mode]);
  const at = ({ clientX, clientY }) => {
    const { left, top, width, height } = box.current.getBoundingClientRect();
    return [(2 * (clientX - left) / width - 1) * e, (1 - 2 * (clientY - top) / height) * e];
  };
  const explainAt = (place) => {
    setCross(place);
    const row = closestPoint(scene.points, ...place, NEAR * e);
    if (row === null) {
      withFrame((now) => explain(
        { x: ownPlace(scene, place), ...assumedLabel(scene, now, place), of: run }), run);
      return;
    }
    ask("watch", { row, of: run });
    explain({ row, of: run });
  };
  const cancel = () => { hand.value = null; };
  const extend = (place) => {
    const isHeld = hand.value && !hand.value.isOver;
    if (isHeld) hand.value = extendStroke(hand.value, scene, place);
    return isHeld;
  };
  const down = (event) => {
    if (mode === "explore" || event.button > 0) return;
    if (!event.isPrimary) { // two fingers make no stroke: they zoom
      cancel();
      return;
    }
    event.currentTarget.setPointerCapture(event.pointerId);
    const isEmpty = mode === "paint" && page.startsEmpty;
    hand.value = beginStroke(scene, mode, at(event), reachOf(event), isEmpty);
  };
  const move = (event) => {
    if (event.buttons && extend(at(event))) return;
    pointAt(closestPoint(scene.points, ...at(event), NEAR * e));
  };
  const onKeyDown = (event) => {
    const step = (event.shiftKey ? 0.02 : 0.1) * e;
    const by = STEPS[event.key];
    if (by) {
      const there = cross.map((c, k) => rounded(Math.min(e, Math.max(-e, c + step * by[k]))));
      setCross(there);
      extend(there);
    } else if (!editByKey(event, { scene, run, hand, cross, setCross })) {
      if (event.key !== "Enter" && event.key !== " ") return;
      explainAt(cross);
    }
    event.preventDefault();
  };
  const place = ownPlace(scene, cross).map(written).join(", ");
  return html`<div ref=${box} class=${`plane ${mode}`} tabindex="0" role="application"
      aria-roledescription=${say("plane.role")}
      aria-label=${say("plane.label", { answer: answerAt(scene, frame, cross), place,
    enter: say(`plane.enter.${page.recorded ? "recorded" : mode}`) })}
      onClick=${(event) => { if (mode === "explore") explainAt(at(event)); }}
      onKeyDown=${onKeyDown} onPointerDown=${down} onPointerMove=${move}
      onPointerUp=${() => endStroke(hand, scene, run)} onPointerCancel=${cancel}
      onBlur=${() => { if (!hand.value?.isOver) cancel(); }} onPointerLeave=${() => pointAt(null)}>
    <${Surface} run=${run} scene=${scene} />
    <svg viewBox=${`0 0 ${SIZE} ${SIZE}`} aria-hidden="true">
      <${Points} run=${run} scene=${scene} hand=${hand} />
      <path class="cross" d="M-9 0H9M0 -9V9" transform=${translation(scene, cross)} />
    </svg><${Callout} part="plane" /></div>`;
}

/** The picture of the answer, and the boundary over it. */
function Surface({ run, scene }) {
  const canvas = useRef();
  const isHard = page.hard && scene.n_classes > 0;
  const neuron = page.enlarged?.run === run ? page.enlarged.at : null;
  useLayoutEffect(() => {
    const picture = new Heatmaps(neuron === null ? scene.plane_cells : scene.cells);
    const draw = (frame) => drawSurface(canvas.current, picture, frame, isHard, neuron);
    const redraw = () => withFrame(draw, run);
    const stops = [onFrame(draw, 0, run), onTheme(redraw)];
    const watch = new ResizeObserver(redraw);
    watch.observe(canvas.current);
    return () => {
      stops.forEach((stop) => stop());
      watch.disconnect();
    };
  }, [scene.plane_cells, scene.cells, isHard, run, neuron]);
  return html`<canvas ref=${canvas} aria-hidden="true"></canvas>`;
}

/** The points; those that a stroke changes as they will be; and rings around two of them. */
function Points({ run, scene, hand }) {
  const { points, labels, held_out: hollow } = scene;
  const kinds = useMemo(() => points.map(() => signal("point")), [points, labels]);
  const rings = useMemo(() => ({ watched: signal(null), pointed: signal(null) }), []);
  useLayoutEffect(() => onFrame(({ decided = labels, phase, watched }) => {
    kinds.forEach((kind, row) => { // of values none is wrong
      kind.value = decided[row] === labels[row] ? "point" : "point wrong";
    });
    rings.watched.value = phase ? points[watched] : null;
  }, 0, run), [kinds, run]);
  useLayoutEffect(() => onPointed((row) => {
    rings.pointed.value = points[row] ?? null;
  }), [points]);
  const r = points.length > 120 ? 4.2 : 6.5;
  const mark = (k, more = {}) => html`<path key=${k} class=${kinds[k]} ...${more}
    d=${markOutline(scene.n_classes && labels[k], r, hollow[k], ...spotOf(scene, points[k]))}
    style=${markStyle(labelColour(scene, labels[k]))} />`;
  const marks = useMemo(() => points.map((_, k) => mark(k)),
    [kinds, hollow, scene.extent, theme.dark]);
  const stroke = hand.value;
  const isGone = (k) => stroke?.isEmpty || stroke?.erased.has(k);
  const carried = (k) => {
    const [from, to] = [points[k], stroke.place].map((place) => spotOf(scene, place));
    return mark(k, { transform: `translate(${to[0] - from[0]} ${to[1] - from[1]})` });
  };
  const isCarried = (k) => stroke?.row === k && stroke.place;
  return html`<g>${stroke
    ? marks.map((one, k) => (isGone(k) ? null : isCarried(k) ? carried(k) : one)) : marks}</g>
    <g>${stroke?.added.map((place, k) => html`<path key=${k} class="point"
      d=${markOutline(scene.n_classes && brushOf(scene), 6, false, ...spotOf(scene, place))}
      style=${{ fill: labelColour(scene, brushOf(scene)) }} />`)}</g>
    <${Ring} scene=${scene} place=${rings.watched} r="13" kind="watched" />
    <${Ring} scene=${scene} place=${rings.pointed} r="12" kind="pointed-at" />`;
}

function Ring({ scene, place: { value: place }, r, kind }) {
  return place && html`<circle r=${r} class=${kind} transform=${translation(scene, place)} />`;
}

function Legend({ scene }) {
  const { n_classes, classes, target, answers } = scene;
  const value = (k) => written(own(target, answers[k]));
  const [low, middle, high] = n_classes
    ? [classNamed(scene, 0), say("plane.how_sure", { name: classNamed(scene, 1) }),
      classNamed(scene, 1)] : [value(0), target.name, value(1)];
  return html`<div class="legend">
    ${n_classes <= 2 && html`<div class="scale" aria-hidden="true"></div>
      <div class="scale-ends" aria-hidden="true">
        <span>${low}</span><span>${middle}</span><span>${high}</span></div>`}
    <ul>${classes.map((_, k) => html`<li key=${k}>
        <${PointMarker} label=${k} colour=${labelColour(scene, k)} />
        ${" "}${classNamed(scene, k)}</li>`)}
      ${scene.held_out.some(Boolean) && html`<li>
        <${PointMarker} label=${0} colour="var(--soft)" hollow /> ${say("plane.test")}</li>`}
      ${n_classes > 0 && html`<li>
        <${PointMarker} label=${0} colour="var(--card)" wrong /> ${say("plane.wrong")}</li>`}</ul>
  </div>`;
}

/**
 * Draw the picture of the answer, or of a neuron that is pointed at; and the pieces of the
 * boundary: ends (x, y) from 0 to 1.
 */
function drawSurface(canvas, picture, { plane, boundary, neurons }, isHard, neuron) {
  if (canvas.clientWidth === 0) return; // hidden by a teacher
  const pen = sharp(canvas, canvas.clientWidth, canvas.clientWidth, { alpha: false });
  const size = canvas.width / pen.getTransform().a; // whole pixels of the screen
  const n = picture.cells ** 2;
  if (neuron === null) picture.plane(plane, isHard);
  else picture.column(neurons.subarray(neuron * n, (neuron + 1) * n));
  pen.globalAlpha = 1;
  pen.drawImage(picture.canvas, 0, 0, size, size);
  if (neuron !== null) return; // the boundary is the output's
  pen.strokeStyle = styled("--ink");
  pen.lineCap = "round";
  pen.globalAlpha = 0.8;
  pen.lineWidth = size / 200;
  pen.beginPath();
  for (let k = 0; k < boundary.length; k += 4) {
    pen.moveTo(size * boundary[k], size * (1 - boundary[k + 1]));
    pen.lineTo(size * boundary[k + 2], size * (1 - boundary[k + 3]));
  }
  pen.stroke();
}
