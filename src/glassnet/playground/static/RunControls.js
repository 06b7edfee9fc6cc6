// Running: play, pause, one epoch, one phase, back, a new start, undo; and where it stands.

import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";
import { ask } from "./connection.js";
import { toggle } from "./keyboard.js";
import { update, useFrame, useRun, useStore } from "./store.js";
import { Choice } from "./FormFields.js";
import { count, epochs, lossOf } from "./numberFormat.js";
import { written } from "./units.js";

const SPEEDS = [1, 10, 100, 1000, 10000, 100000, null];
const named = (speed) => (speed === null ? "as fast as it goes" : `${count(speed)} a second`);
const PHASES = { forward: "Forward", loss: "Loss", backward: "Backward", update: "Update" };
const NEXT = { forward: "loss", loss: "backward", backward: "update", update: "forward" };
const MEANING = {
  forward: "Forward: each neuron weighs and adds what it gets, and bends the sum: here of the ringed point.",
  loss: "Loss: how far the answer is from the class of the point, and on average from those of all.",
  backward: "Backward: how the loss would change with each number. Links now show gradients, neurons dz.",
  update: "Update: every weight took a small step against its gradient. What you see is the network after it.",
};
const ICONS = {
  start: "M6 5v14M19 5 9 12l10 7z", play: "M7 4.500v15l13-7.500z", pause: "M7 5v14M17 5v14",
  epoch: "M5 5v14l10-7zM19 5v14", phase: "M4 12h4l2-6 4 12 2-6h4", undo: "M9 6 4 11l5 5M4 11h10a6 6 0 0 1 0 8h-3", fresh: "M19 8A8 8 0 1 0 20 13M20 4v5h-5",
};

/** An icon, of several the one that is named: all are there, since a new shape would cost as much as drawing the page. */
function Icon({ name, of = [name] }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${of.map((one) => html`<path key=${one}
    class=${one === name ? "" : "blank"} d=${ICONS[one]} />`)}</svg>`;
}

export function RunBar() {
  const known = useStore();
  const runs = known.b ? [known, known.b] : [known];
  const canUndo = runs.some((run) => run.canUndo);
  const playing = runs.some(({ frame }) => frame?.playing);
  const finished = runs.every(({ frame }) => frame?.ended);
  const batches = runs.some(({ spec, scene }) => spec.batch_size !== null && spec.batch_size < scene.held_out.filter((out) => !out).length);
  const phase = runs.map(({ frame }) => frame?.phase).find(Boolean);
  const next = phase ? NEXT[phase] : "forward";
  return html`<section class="run" aria-label="Run" data-control="run">
    <button class="icon-button" data-control="back" title="Back to the same start (b)" aria-label="Back to the same start" onClick=${() => ask("start")}><${Icon} name="start" /></button>
    <button class="play" data-control="play" aria-label=${playing ? "Pause" : finished ? "Play again from the start" : "Play"} title="Play or pause (space)" onClick=${toggle}>
      <${Icon} name=${playing ? "pause" : "play"} of=${["play", "pause"]} /></button>
    <button class="icon-button" data-control="epoch" title="One epoch (e)" aria-label="One epoch" disabled=${finished} onClick=${() => ask("epoch")}><${Icon} name="epoch" /></button>
    <button class="wide" data-control="phase" title=${batches ? "Phases show an update of all points at once: set batch to all" : "One phase (p)"} disabled=${batches || (finished && next === "update")}
      onClick=${() => ask("phase")}><${Icon} name="phase" /><span>${PHASES[next]}</span></button>
    <${Speed} />
    <button class="wide" data-control="new_start" title="Other weights to begin with (n)" onClick=${() => ask("fresh")}><${Icon} name="fresh" /><span>New start</span></button>
    <button class="wide" data-control="undo" title="Undo (Ctrl+Z)" disabled=${!canUndo} onClick=${() => ask("undo")}><${Icon} name="undo" /><span>Undo</span></button>
  </section>`;
}

export function Speed() {
  const { speed } = useStore();
  return html`<div class="speed" data-control="speed"><${Choice} label="epochs a second" hideLabel value=${String(speed)} choices=${SPEEDS.map(String)}
      names=${Object.fromEntries(SPEEDS.map((s) => [String(s), named(s)]))}
      onChange=${(text) => {
        const chosen = text === "null" ? null : Number(text);
        update({ speed: chosen });
        ask("speed", { epochs_per_second: chosen });
      }} /></div>`;
}

/** Epoch, loss and points that are right, as they are drawn. */
export function Standing({ run = "a" }) {
  const { scene, b } = useRun(run);
  const frame = useFrame(100, run);
  const mark = (name) => (b ? `${name}-${run}` : name);
  const n = scene.held_out.filter((out) => !out).length;
  return html`<dl class="standing">
    <div><dt>epoch</dt><dd data-test=${mark("epoch")}>${frame ? count(frame.epoch) : "–"}</dd></div>
    <div><dt title="Of the network as it is shown, after the update of this epoch">loss</dt><dd data-test=${mark("loss")} title=${frame ? String(frame.loss) : ""}>${frame ? lossOf(frame) : "–"}</dd></div>
    ${scene.n_classes ? html`<div><dt>right</dt><dd data-test=${mark("right")}>${frame ? `${frame.right} of ${n}` : "–"}</dd></div>`
    : html`<div><dt title="The mean absolute error, in the units of the target">off by</dt><dd data-test=${mark("off")}>${frame ? written(frame.off ?? NaN) : "–"}</dd></div>`}
  </dl>`;
}

/** Whether an element is on the screen, and not beneath what stands at its top. */
function useInSight(element) {
  const [inSight, tell] = useState(true);
  useEffect(() => {
    const watch = new IntersectionObserver((found) => tell(found.at(-1).isIntersecting), { rootMargin: "-60px 0px 0px" });
    watch.observe(element.current);
    return () => watch.disconnect();
  }, []);
  return inSight;
}

/** What is going on, in words that are also spoken; what went wrong follows the reader down the page. */
export function State() {
  const { link, problem, spec, b, comparison, reading, table } = useStore();
  const frame = useFrame(500);
  const place = useRef();
  const follows = !useInSight(place) && problem;
  const two = b && !frame?.phase && (b.frame?.playing || frame?.playing ? "Training both in step." : comparison?.sentence);
  const text = link === "connecting" ? "Connecting…" : problem ? problem : reading && !table ? `Reading ${reading}…` : two ? two
      : frame?.ended ?? MEANING[frame?.phase] ?? (frame?.playing ? "Training." : frame?.epoch ? `Paused after ${epochs(frame.epoch)}.` : frame ? "At the start: press play, or take one step." : "");
  const reached = frame?.ended && spec.stop_below !== null && frame.epoch_loss < spec.stop_below;
  const kind = link === "lost" || problem || frame?.diverged ? "bad" : reached ? "good" : "";
  return html`<div ref=${place} class="state-place"><p class=${`state ${kind} ${follows ? "follows" : ""}`} role="status" aria-live="polite">${text}
    ${(link === "ended" || link === "outdated") && html`<button onClick=${() => location.reload()}>Load the page anew</button>`}
    ${follows && html`<button aria-label="Close this message" onClick=${() => update({ problem: null })}>×</button>`}</p></div>`;
}
