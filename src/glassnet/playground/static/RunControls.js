// Running: play, pause, one epoch, back, a new start, undo; and where it stands.

import { Callout } from "./Callouts.js";
import { ask } from "./connection.js";
import { Choice } from "./FormFields.js";
import { useFrame } from "./frames.js";
import { togglePlay } from "./keyboard.js";
import { count, epochs, formatLoss, short, written } from "./numberFormat.js";
import { isComparing, page, runs, shownRuns } from "./state.js";
import { html } from "./vendor/preact.js";
import { say } from "./words.js";

const SPEEDS = [1, 10, 100, 1000, 10000, 100000, null];
const speedName = (speed) => (
  speed === null ? say("run.fastest") : say("run.speed", { n: count(speed) }));
const SPEED_NAMES = Object.fromEntries(SPEEDS.map((speed) => [String(speed), speedName(speed)]));
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

export function RunControls() {
  const known = shownRuns();
  const isPlaying = known.some(({ status }) => status?.playing);
  const isFinished = known.every(({ status }) => status?.ended);
  const play = isPlaying ? "pause" : isFinished ? "again" : "play";
  const button = (control, what, icon, props = {}) => html`<button class="icon-button"
    data-control=${control} title=${say(`run.${control}_hint`)} aria-label=${say(`run.${control}`)}
    onClick=${() => ask(what)} ...${props}><${Icon} name=${icon} /></button>`;
  return html`<section class="run" aria-label=${say("run.label")} data-control="run"
      data-part="play">
    ${button("back", "start", "start")}
    <div class="play-place"><button class="play" data-control="play" onClick=${togglePlay}
      title=${say("run.play_hint")} aria-label=${say(`run.${play}`)}>
      <${Icon} name=${isPlaying ? "pause" : "play"} of=${["play", "pause"]} /></button>
      <${Callout} part="play" /></div>
    ${button("epoch", "epoch", "epoch", { disabled: isFinished })}
    <${Speed} />
    ${button("new_start", "fresh", "fresh")}
    ${button("undo", "undo", "undo", { disabled: !known.some((run) => run.canUndo) })}
  </section>`;
}

export function Speed() {
  const choose = (text) => {
    page.speed = text === "null" ? null : Number(text);
    ask("speed", { epochs_per_second: page.speed });
  };
  return html`<div class="speed" data-control="speed"><${Choice} hideLabel
    label=${say("run.speed_label")} value=${String(page.speed)} names=${SPEED_NAMES}
    choices=${SPEEDS.map(String)} onChange=${choose} /></div>`;
}

/** One number of the counters: its name, what it is, and every digit of it. */
export function Counter({ name, title = "", test, exact = "", children }) {
  return html`<div><dt title=${title}>${name}</dt>
    <dd data-test=${test} title=${exact}>${children}</dd></div>`;
}

/** Epoch, loss and points that are right, as they are drawn; those kept back beside. */
export function Counters({ run = "a" }) {
  const { scene } = runs[run];
  const frame = useFrame(100, run);
  const test = (name) => (isComparing() ? `${name}-${run}` : name);
  const n_tested = scene.held_out.filter(Boolean).length;
  const n = scene.held_out.length - n_tested;
  const isTested = n_tested > 0;
  const number = (name, value, of = {}) => html`<${Counter} name=${say(`counters.${name}`)}
    title=${say(`counters.${name}_hint`)} test=${test(name)} ...${of}>
    ${frame ? value(frame) : "–"}<//>`;
  const loss = (name) => number(name, (now) => formatLoss(now[name]),
    { exact: frame ? String(frame[name]) : "" });
  const right = (name, most) => number(name,
    (now) => say("counters.of", { k: now[name], n: most }));
  const off = (name) => number(name, (now) => written(now[name] ?? NaN));
  const score = scene.n_classes ? right : off;
  const name = scene.n_classes ? "right" : "off";
  return html`<dl class="standing" data-part="counters">
    ${number("epoch", (now) => count(now.epoch))}
    ${loss("loss")}${isTested && loss("test_loss")}
    ${score(name, n)}${isTested && score(`test_${name}`, n_tested)}</dl>`;
}

/** What a page waits for that trains in the browser. */
const loadingText = (share) => (
  say(share < 1 ? "status.loading" : "status.starting", { n: Math.floor(100 * share) }));

/** What is going on, as a sentence. */
function statusText(frame) {
  const { link, problem, reading, table, loading } = page;
  if (link === "connecting") return say("status.connecting");
  if (problem) return problem;
  if (loading !== null) return loadingText(loading);
  if (reading && !table) return say("status.reading", { name: reading });
  return comparisonText(frame) ?? (frame ? frameText(frame) : "");
}

/** What comes of two runs, or that both train; undefined where there is nothing to say of it. */
function comparisonText(frame) {
  if (!isComparing() || frame?.phase) return undefined;
  const isTraining = frame?.playing || runs.b.status?.playing;
  return isTraining ? say("status.both") : page.comparison?.sentence;
}

function frameText({ ended, phase, playing, epoch, losses }) {
  if (phase && !ended) return say(`phase.${phase}_meaning`, { loss: losses && short(losses[0]) });
  if (ended) return ended;
  if (playing) return say("status.training");
  return epoch ? say("status.paused", { epochs: epochs(epoch) }) : say("opening");
}

/** What is going on, also spoken. */
export function StatusMessage() {
  const { link, problem } = page;
  const frame = useFrame(500);
  const goal = runs.a.spec.stop_below ?? null;
  const isReached = frame?.ended && goal !== null && frame.epoch_loss < goal;
  const kind = link === "lost" || problem || frame?.diverged ? "bad" : isReached ? "good" : "";
  return html`<p class=${`state ${kind} ${problem ? "problem" : ""}`} role="status"
      aria-live="polite">${statusText(frame)}
    ${(link === "ended" || link === "outdated") && html`<button
      onClick=${() => location.reload()}>${say("status.reload")}</button>`}
    ${problem && link === "open" && html`<button aria-label=${say("status.close")}
      onClick=${() => { page.problem = null; }}>×</button>`}</p>`;
}
