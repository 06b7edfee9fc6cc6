// One step of the training, taken apart: each press shows the next of its four phases.

import { ask } from "./connection.js";
import { shownRuns } from "./state.js";
import { html } from "./vendor/preact.js";
import { say } from "./words.js";

const PHASES = ["forward", "loss", "backward", "update"];

export function PhaseButton() {
  const known = shownRuns();
  const hasBatches = known.some(({ spec: { batch_size: size }, scene }) => (
    size !== null && size < scene.held_out.filter((out) => !out).length));
  const isFinished = known.every(({ status }) => status?.ended);
  const now = known.map(({ status }) => status?.phase).find(Boolean);
  const next = (PHASES.indexOf(now) + 1) % PHASES.length;
  return html`<button class="wide" data-control="phase" onClick=${() => ask("phase")}
    title=${say(hasBatches ? "phase.no_batches" : "phase.hint")}
    disabled=${hasBatches || (isFinished && next === 3)}>
    ${say("phase.next", { phase: say(`phase.${PHASES[next]}`), k: next + 1 })}</button>`;
}
