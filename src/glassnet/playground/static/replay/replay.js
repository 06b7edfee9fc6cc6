// A recorded training: time, network, output, curves and calculations, out of one file.

import { html, render, useEffect } from "../vendor/htm-preact.js";
import { ask, connect } from "../connection.js";
import { store, useFrame, useStore } from "../store.js";
import { Diagnosis, Explanation, Inspector } from "../WeightInspector.js";
import { History, Slider } from "../LossHistory.js";
import { Network } from "../NetworkDiagram.js";
import { Plane } from "../OutputPlane.js";
import { Predictions } from "../PredictionTable.js";
import { count, lossOf } from "../numberFormat.js";
import { written } from "../units.js";
import { Layers } from "./LayerWeights.js";
import { Line } from "./AnswerCurve.js";

const ICONS = {
  first: "M6 5v14M19 5 9 12l10 7z", previous: "M15 6l-7 6 7 6z", next: "M9 6l7 6-7 6z", last: "M18 5v14M5 5l10 7-10 7z",
  play: "M7 4.500v15l13-7.500z", pause: "M7 5v14M17 5v14",
};

function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${ICONS[name]} /></svg>`;
}

const toggle = () => ask(store.frame?.playing ? "pause" : "play");
const KEYS = { p: toggle, e: () => ask("next"), b: () => ask("first"), Home: () => ask("first"), End: () => ask("last") };

/** Keys that work anywhere but in a field. */
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, dialog, [role=application]")) return;
  const action = KEYS[event.key];
  if (action) { action(); event.preventDefault(); }
}

function Transport() {
  const { frame } = useStore();
  useEffect(() => { addEventListener("keydown", onKey); return () => removeEventListener("keydown", onKey); }, []);
  const playing = Boolean(frame?.playing);
  const button = (what, label) => html`<button class="icon-button" title=${label} aria-label=${label} onClick=${() => ask(what)}><${Icon} name=${what} /></button>`;
  return html`<section class="run" aria-label="Replay">
    ${button("first", "To the start (b)")} ${button("previous", "One moment back")}
    <button class="play" aria-label=${playing ? "Pause" : "Play"} title="Play or pause (p)" onClick=${toggle}><${Icon} name=${playing ? "pause" : "play"} /></button>
    ${button("next", "One moment on (e)")} ${button("last", "To the end")}
  </section>`;
}

function Standing() {
  const { scene } = useStore();
  const frame = useFrame(50);
  const part = frame?.counted < scene.n_samples ? ` of ${count(frame.counted)} rows` : "";
  return html`<dl class="standing">
    <div><dt>epoch</dt><dd data-test="epoch">${frame ? count(frame.epoch) : "–"}</dd></div>
    ${frame?.counted && html`<div><dt>loss${part}</dt><dd data-test="loss" title=${String(frame.loss)}>${lossOf(frame)}</dd></div>`}
    ${frame?.right !== undefined && html`<div><dt>right</dt><dd data-test="right">${count(frame.right)} of ${count(frame.counted)}</dd></div>`}
    ${frame?.off !== undefined && html`<div><dt title="The mean absolute error, in the units of the target">off by</dt><dd data-test="off">${frame.off === null ? "not finite" : written(frame.off)}</dd></div>`}
  </dl>`;
}

function State() {
  const { frame, scene } = useStore();
  const text = frame?.playing ? "Playing." : frame?.ended ?? (frame ? `After ${count(frame.epoch)} of ${count(frame.last)} epochs.` : "");
  return html`<p class=${`state ${frame?.diverged ? "bad" : frame?.ended ? "good" : ""}`} role="status" aria-live="polite">${text}</p>
    ${scene.note && html`<p class="state note">${scene.note}</p>`}`;
}

function Replay() {
  const { scene } = useStore();
  if (!scene) return html`<p class="loading">Opening the replay…</p>`;
  const output = scene.line ? html`<${Line} />` : scene.points.length > 0 && html`<${Plane} />`;
  return html`<header class="top"><h1>${scene.title}</h1><${Transport} /><${Slider} /><${Standing} /></header>
    <${State} />
    <main>
      <div class=${`flow ${output ? "" : "alone"}`}>${scene.drawn ? html`<${Network} />` : html`<${Layers} />`}${output}</div>
      <${History} />
      <div class="below">${scene.drawn && scene.names.length > 0 && html`<${Inspector} />`}${scene.points.length > 0 && html`<${Predictions} />`}
        ${scene.points.length > 0 && html`<${Diagnosis} />`}</div>
    </main>${scene.explained.length > 0 && html`<${Explanation} />`}`;
}

const page = document.getElementById("page");
page.replaceChildren();
render(html`<${Replay} />`, page);
connect();
