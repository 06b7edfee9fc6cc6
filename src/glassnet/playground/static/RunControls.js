// Running: play, pause, one epoch, one phase, back, a new start, undo; and where it stands.

import { ask } from "./connection.js";
import { Choice } from "./FormFields.js";
import { useFrame } from "./frames.js";
import { togglePlay } from "./keyboard.js";
import { count, epochs, formatLoss, written } from "./numberFormat.js";
import { isComparing, page, runs, shownRuns } from "./state.js";
import { html, useEffect, useRef, useState } from "./vendor/preact.js";

const SPEEDS = [1, 10, 100, 1000, 10000, 100000, null];
const speedName = (speed) => (speed === null ? "as fast as it goes" : `${count(speed)} a second`);
const SPEED_NAMES = Object.fromEntries(SPEEDS.map((speed) => [String(speed), speedName(speed)]));
const PHASES = { forward: "Forward", loss: "Loss", backward: "Backward", update: "Update" };
const NEXT = { forward: "loss", loss: "backward", backward: "update", update: "forward" };
const MEANING = {
  forward: "Forward: each neuron weighs and adds what it gets, and bends the sum: here of the "
    + "ringed point.",
  loss: "Loss: how far the answer is from the class of the point, and on average from those of "
    + "all.",
  backward: "Backward: how the loss would change with each number. Links now show gradients, "
    + "neurons dz.",
  update: "Update: every weight took a small step against its gradient. What you see is the "
    + "network after it.",
};
const ICONS = {
  start: "M6 5v14M19 5 9 12l10 7z", first: "M6 5v14M19 5 9 12l10 7z", play: "M7 4.500v15l13-7.500z",
  pause: "M7 5v14M17 5v14", epoch: "M5 5v14l10-7zM19 5v14", phase: "M4 12h4l2-6 4 12 2-6h4",
  undo: "M9 6 4 11l5 5M4 11h10a6 6 0 0 1 0 8h-3", fresh: "M19 8A8 8 0 1 0 20 13M20 4v5h-5",
  previous: "M15 6l-7 6 7 6z", next: "M9 6l7 6-7 6z", last: "M18 5v14M5 5l10 7-10 7z",
};

/** An icon. Of several all are there, since a new shape would cost as much as drawing the page. */
export function Icon({ name, of = [name] }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${of.map((one) => html`<path
    key=${one} class=${one === name ? "" : "blank"} d=${ICONS[one]} />`)}</svg>`;
}

const isTrained = (out) => !out;

export function RunControls() {
  const known = shownRuns();
  const isPlaying = known.some(({ status }) => status?.playing);
  const isFinished = known.every(({ status }) => status?.ended);
  const hasBatches = known.some(({ spec: { batch_size: size }, scene }) => (
    size !== null && size < scene.held_out.filter(isTrained).length));
  const next = NEXT[known.map(({ status }) => status?.phase).find(Boolean)] ?? "forward";
  const button = (control, name, title, props = {}) => html`<button class="icon-button"
    data-control=${control} title=${title} aria-label=${name} ...${props} />`;
  const wide = (control, what, title, label, props = {}) => html`<button class="wide"
    data-control=${control} title=${title} onClick=${() => ask(what)} ...${props}>
    <${Icon} name=${what} /><span>${label}</span></button>`;
  return html`<section class="run" aria-label="Run" data-control="run">
    ${button("back", "Back to the same start", "Back to the same start (b)",
    { onClick: () => ask("start"), children: html`<${Icon} name="start" />` })}
    <button class="play" data-control="play" title="Play or pause (space)" onClick=${togglePlay}
      aria-label=${isPlaying ? "Pause" : isFinished ? "Play again from the start" : "Play"}>
      <${Icon} name=${isPlaying ? "pause" : "play"} of=${["play", "pause"]} /></button>
    ${button("epoch", "One epoch", "One epoch (e)", { disabled: isFinished,
    onClick: () => ask("epoch"), children: html`<${Icon} name="epoch" />` })}
    ${wide("phase", "phase", hasBatches
    ? "Phases show an update of all points at once: set batch to all" : "One phase (p)",
    PHASES[next], { disabled: hasBatches || (isFinished && next === "update") })}
    <${Speed} />
    ${wide("new_start", "fresh", "Other weights to begin with (n)", "New start")}
    ${wide("undo", "undo", "Undo (Ctrl+Z)", "Undo",
    { disabled: !known.some((run) => run.canUndo) })}
  </section>`;
}

export function Speed() {
  const choose = (text) => {
    page.speed = text === "null" ? null : Number(text);
    ask("speed", { epochs_per_second: page.speed });
  };
  return html`<div class="speed" data-control="speed"><${Choice} label="epochs a second" hideLabel
    value=${String(page.speed)} choices=${SPEEDS.map(String)} names=${SPEED_NAMES}
    onChange=${choose} /></div>`;
}

/** One number of the counters: its name, what it is, and every digit of it. */
export function Counter({ name, title = "", test, exact = "", children }) {
  return html`<div><dt title=${title}>${name}</dt>
    <dd data-test=${test} title=${exact}>${children}</dd></div>`;
}

/** Epoch, loss and points that are right, as they are drawn. */
export function Counters({ run = "a" }) {
  const { scene } = runs[run];
  const frame = useFrame(100, run);
  const test = (name) => (isComparing() ? `${name}-${run}` : name);
  const n = scene.held_out.filter(isTrained).length;
  return html`<dl class="standing">
    <${Counter} name="epoch" test=${test("epoch")}>${frame ? count(frame.epoch) : "–"}<//>
    <${Counter} name="loss" test=${test("loss")} exact=${frame ? String(frame.loss) : ""}
      title="Of the network as it is shown, after the update of this epoch">
      ${frame ? formatLoss(frame.loss) : "–"}<//>
    ${scene.n_classes
    ? html`<${Counter} name="right" test=${test("right")}>
      ${frame ? `${frame.right} of ${n}` : "–"}<//>`
    : html`<${Counter} name="off by" test=${test("off")}
      title="The mean absolute error, in the units of the target">
      ${frame ? written(frame.off ?? NaN) : "–"}<//>`}
  </dl>`;
}

/** Whether an element is on the screen, and not beneath what stands at its top. */
function useInSight(element) {
  const [isInSight, setInSight] = useState(true);
  useEffect(() => {
    const watch = new IntersectionObserver(
      (entries) => setInSight(entries.at(-1).isIntersecting), { rootMargin: "-60px 0px 0px" });
    watch.observe(element.current);
    return () => watch.disconnect();
  }, []);
  return isInSight;
}

/** What is going on, as a sentence. */
function statusText(frame) {
  const { link, problem, comparison, reading, table } = page;
  const isTraining = frame?.playing || runs.b.status?.playing;
  if (link === "connecting") return "Connecting…";
  if (problem) return problem;
  if (reading && !table) return `Reading ${reading}…`;
  if (isComparing() && !frame?.phase && (isTraining || comparison)) {
    return isTraining ? "Training both in step." : comparison.sentence;
  }
  return frame ? frameText(frame) : "";
}

function frameText({ ended, phase, playing, epoch }) {
  if (ended ?? MEANING[phase]) return ended ?? MEANING[phase];
  if (playing) return "Training.";
  return epoch ? `Paused after ${epochs(epoch)}.` : "At the start: press play, or take one step.";
}

/** What is going on, also spoken; what went wrong follows the reader down the page. */
export function StatusMessage() {
  const { link, problem } = page;
  const frame = useFrame(500);
  const place = useRef();
  const follows = !useInSight(place) && problem;
  const goal = runs.a.spec.stop_below ?? null;
  const isReached = frame?.ended && goal !== null && frame.epoch_loss < goal;
  const kind = link === "lost" || problem || frame?.diverged ? "bad" : isReached ? "good" : "";
  return html`<div ref=${place} class="state-place">
    <p class=${`state ${kind} ${follows ? "follows" : ""}`} role="status" aria-live="polite">
      ${statusText(frame)}
      ${(link === "ended" || link === "outdated") && html`<button
        onClick=${() => location.reload()}>Load the page again</button>`}
      ${follows && html`<button aria-label="Close this message"
        onClick=${() => { page.problem = null; }}>×</button>`}</p></div>`;
}
