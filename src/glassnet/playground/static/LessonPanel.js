// A lesson beside the network: its step, what is to be done, and whether it was; the list of them.

import { goTo, labelOf, reveal } from "./controlVisibility.js";
import { useFrame } from "./frames.js";
import { lessonOf, stepOf, targetOf } from "./lessons.js";
import { announce } from "./LiveRegion.js";
import { isOpening, open, writePosition } from "./session.js";
import { Sheet } from "./Sheet.js";
import { page, runs } from "./state.js";
import { SomeSettings } from "./TrainingSettings.js";
import { writeAddress } from "./urlState.js";
import { html, useEffect, useLayoutEffect, useRef } from "./vendor/preact.js";
import { say } from "./words.js";

const isEdited = () => runs.a.scenario.changes.some((change) => change.values);

/** When a step is done, by the name that lessons.json uses: by its value, the frame, and edits. */
const DONE = {
  phase: (name, { phase }) => phase === name,
  ended: (_, { ended }) => Boolean(ended),
  reached: (_, frame) => hasReached(frame),
  found: (name) => Boolean(runs.a.diagnosis?.found.some((finding) => finding.name === name)),
  explained: () => page.explanation !== null,
  chosen: () => page.selected !== null,
  edited: () => isEdited(),
  undone: (_, frame, wasEdited) => wasEdited && !isEdited(),
  went_back: (_, { epoch, last }) => epoch < last,
  compares: (setting) => Boolean(page.comparison?.differs.some((row) => row.setting === setting)),
  gradients: () => page.gradient,
};

let wasChosen = false; // from the list, just now

/** Whether the goal of the training was reached. */
const hasReached = ({ ended, diverged, epoch_loss: loss }) => (
  Boolean(ended) && !diverged && loss < runs.a.spec.stop_below);

function isDone({ done }, frame, wasEdited) {
  if (!done) return false;
  const [[condition, value]] = Object.entries(done);
  return DONE[condition](value, frame, wasEdited);
}

/** Whether the step that is open has been done since its lesson was opened. */
function useProgress({ name, step: number }, step) {
  const frame = useFrame(100);
  const progress = useRef(/** @type {any} */ ({}));
  if (progress.current.name !== name) progress.current = { name, steps: new Set(), edited: false };
  const { steps } = progress.current;
  const wasDone = steps.has(number);
  progress.current.edited ||= isEdited();
  const { edited } = progress.current;
  if (frame && !wasDone && !isOpening() && isDone(step, frame, edited)) steps.add(number);
  const done = steps.has(number);
  useEffect(() => { if (done && !wasDone) announce(say("lesson.announce")); }, [done, number]);
  return done;
}

/** The step of the lesson that is open. */
export function LessonPanel() {
  const { lesson } = page;
  return lesson && html`<${Step} lesson=${lesson} />`;
}

function Step({ lesson }) {
  const { title, steps } = lessonOf(lesson);
  const step = stepOf(lesson);
  const done = useProgress(lesson, step);
  const heading = useRef();
  const isFirst = useRef(true);
  useLayoutEffect(() => {
    // Who came by a link begins at the top of the page, who moved on reads on here.
    if (!isFirst.current || wasChosen) heading.current.focus();
    isFirst.current = wasChosen = false;
  }, [lesson]);
  useLayoutEffect(() => { page.hasSettings = false; }, []); // it takes their place
  const isLast = lesson.step === steps.length - 1;
  const kind = done || !step.done ? "primary" : "";
  const { uses = [] } = step;
  useEffect(() => uses.forEach(reveal), [step]);
  const controls = uses.filter(labelOf);
  return html`<aside class="card lesson" aria-label=${say("lesson.label", { title })}
      data-part="lesson">
    <div class="lesson-text">
      <p class="soft">${say("lesson.step", { title, k: lesson.step + 1, n: steps.length })}</p>
      <h2 id="lesson-step" ref=${heading} tabindex="-1">${step.heading}</h2>
      ${step.text.map((sentence) => html`<p key=${sentence}>${sentence}</p>`)}
    </div>
    ${uses.length > 0 && html`<${SomeSettings} names=${uses} />
      <div class="row-of-buttons" role="group" aria-label=${say("lesson.uses")}>
        ${controls.map((name) => html`<button key=${name} class="to" onClick=${() => goTo(name)}>
          <span class="hidden">${say("lesson.go_to")}</span>${labelOf(name)}</button>`)}</div>`}
    ${step.done && html`<p class=${`todo ${done ? "good" : ""}`}>
      <span aria-hidden="true">${done ? "✓" : "○"}</span>
      ${" "}${done ? say("lesson.done") : step.todo}</p>`}
    <div class="row-of-buttons">
      <button disabled=${lesson.step === 0} onClick=${() => move(-1)}>${say("lesson.back")}</button>
      ${isLast ? html`<button class=${kind} onClick=${close}>${say("lesson.finish")}</button>`
    : html`<button class=${kind} onClick=${() => move(1)}>${say("lesson.next")}</button>`}
      <button class="quiet" onClick=${() => open(targetOf(page.lesson))}>
        ${say("lesson.again")}</button>
      ${!isLast && html`<button class="quiet" onClick=${close}>${say("lesson.leave")}</button>`}
    </div></aside>`;
}

function move(by) {
  const to = { name: page.lesson.name, step: page.lesson.step + by };
  const [from, next] = [targetOf(page.lesson), targetOf(to)];
  page.lesson = to;
  // The training goes on from step to step, unless the lesson changes what is trained.
  const text = ({ scenario, compare = null }) => JSON.stringify([scenario, compare]);
  if (text(from) === text(next)) {
    writePosition(true);
    return;
  }
  open(next);
  writeAddress(next.scenario, next.epoch, true, next.compare);
}

function close() {
  page.lesson = null;
  writePosition(true);
  document.getElementById("lessons")?.focus();
}

/** The lessons to choose from. Each is a link, which can be handed on. */
export function LessonList({ onClose }) {
  const hide = page.hides.length ? `&hide=${page.hides.join()}` : "";
  const choose = () => {
    wasChosen = true;
    onClose();
  };
  return html`<${Sheet} name="lesson-list" title=${say("header.lessons")} onClose=${onClose}>
    <div class="sheet-body"><ol class="lessons">
      ${page.lessons.map(({ name, title, about, steps }) => html`<li key=${name}>
        <a href=${`#lesson=${name}${hide}`} onClick=${choose}><b>${title}</b><span>${about}</span>
          <span class="soft">${say("lesson.steps", { n: steps.length })}</span></a></li>`)}
      </ol></div><//>`;
}
