// A recorded training: time, network, output, curves and calculations, out of one file.

import { CalculationDialog } from "../CalculationDialog.js";
import { ask } from "../connection.js";
import { Dock } from "../Dock.js";
import { frameOf, useFrame } from "../frames.js";
import { LossHistory } from "../LossHistory.js";
import { NetworkDiagram } from "../NetworkDiagram.js";
import { count, formatLoss, written } from "../numberFormat.js";
import { OutputPlane } from "../OutputPlane.js";
import { Counter, Icon } from "../RunControls.js";
import { runs } from "../state.js";
import { TimeSlider } from "../TimeSlider.js";
import { html, render, useEffect } from "../vendor/preact.js";
import { AnswerCurve } from "./AnswerCurve.js";
import { LayerWeights } from "./LayerWeights.js";
import { openRecording } from "./recording.js";

const toggle = () => ask(frameOf()?.playing ? "pause" : "play");
const first = () => ask("first");
const KEYS = { p: toggle, e: () => ask("next"), b: first, Home: first, End: () => ask("last") };

/** Keys that work anywhere but in a field. */
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, dialog, [role=application]")) return;
  const action = KEYS[event.key];
  if (!action) return;
  action();
  event.preventDefault();
}

function Transport() {
  const isPlaying = Boolean(runs.a.status?.playing);
  useEffect(() => {
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  const button = (what, label) => html`<button class="icon-button" title=${label}
    aria-label=${label} onClick=${() => ask(what)}><${Icon} name=${what} /></button>`;
  return html`<section class="run" aria-label="Replay">
    ${button("first", "To the start (b)")} ${button("previous", "One step back")}
    <button class="play" aria-label=${isPlaying ? "Pause" : "Play"} title="Play or pause (p)"
      onClick=${toggle}><${Icon} name=${isPlaying ? "pause" : "play"} /></button>
    ${button("next", "One step on (e)")} ${button("last", "To the end")}
  </section>`;
}

function Counters() {
  const { scene } = runs.a;
  const { epoch, counted, loss, right, off } = useFrame(50) ?? {};
  const part = counted < scene.n_samples ? ` of ${count(counted)} rows` : "";
  return html`<dl class="standing">
    <${Counter} name="epoch" test="epoch">${epoch === undefined ? "–" : count(epoch)}<//>
    ${counted && html`<${Counter} name=${`loss${part}`} test="loss" exact=${String(loss)}>
      ${formatLoss(loss)}<//>`}
    ${right !== undefined && html`<${Counter} name="right" test="right">
      ${count(right)} of ${count(counted)}<//>`}
    ${off !== undefined && html`<${Counter} name="off by" test="off"
      title="The mean absolute error, in the units of the target">
      ${off === null ? "not finite" : written(off)}<//>`}
  </dl>`;
}

function StatusMessage() {
  const { scene, status } = runs.a;
  const frame = useFrame(50);
  const text = status?.playing ? "Playing." : status?.ended
    ?? (frame ? `After ${count(frame.epoch)} of ${count(frame.last)} epochs.` : "");
  const kind = status?.diverged ? "bad" : status?.ended ? "good" : "";
  return html`<p class=${`state ${kind}`} role="status" aria-live="polite">${text}</p>
    ${scene.note && html`<p class="state note">${scene.note}</p>`}`;
}

function Replay() {
  const { scene } = runs.a;
  if (!scene) return html`<p class="loading">Opening the replay…</p>`;
  const hasPoints = scene.points.length > 0;
  const output = scene.line ? html`<${AnswerCurve} />` : hasPoints && html`<${OutputPlane} />`;
  const dock = (hasPoints || scene.names.length > 0) && html`<${Dock} />`;
  return html`<header class="top"><h1>${scene.title}</h1><${Transport} /><${TimeSlider} />
      <${Counters} /></header>
    <div><${StatusMessage} /></div>
    <main class=${output || dock ? "" : "alone"}>
      ${scene.drawn ? html`<${NetworkDiagram} />` : html`<${LayerWeights} />`}
      <div class="card strip"><div class="strip-panel"><${LossHistory} /></div></div>
      <div class="side">${output}${dock}</div>
    </main>${scene.explained.length > 0 && html`<${CalculationDialog} />`}`;
}

const root = document.getElementById("page");
root.replaceChildren();
render(html`<${Replay} />`, root);
openRecording();
