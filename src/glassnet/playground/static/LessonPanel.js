// A lesson beside the network: its step, what is to be done, and whether it was; the list of them.

import { html, useEffect, useLayoutEffect, useRef } from "./vendor/htm-preact.js";
import { write } from "./urlState.js";
import { isOpening, open, writeHere } from "./connection.js";
import { goTo, labelOf } from "./controlVisibility.js";
import { lessonOf, stepOf, storyOf } from "./lessons.js";
import { announce } from "./LiveRegion.js";
import { store, update, useFrame, useStore } from "./store.js";

const edited = ({ story }) => story.changes.some((change) => change.values);

/** When a step counts as done, by the name that lessons.json uses: of the page, its frame and what was done before. */
const DONE = {
  phase: (name, known, frame) => frame.phase === name,
  ended: (_, known, frame) => Boolean(frame.ended),
  reached: (_, { spec }, frame) => Boolean(frame.ended) && !frame.diverged && frame.epoch_loss < spec.stop_below,
  found: (name, { diagnosis }) => Boolean(diagnosis?.found.some((finding) => finding.name === name)),
  explained: (_, { explanation }) => explanation !== null,
  chosen: (_, { selected }) => selected !== null,
  edited: (_, known) => edited(known),
  undone: (_, known, frame, seen) => seen.edited && !edited(known),
  went_back: (_, known, frame) => frame.epoch < frame.last,
  compares: (setting, { comparison }) => Boolean(comparison?.differs.some((row) => row.setting === setting)),
  gradients: (_, { gradient }) => gradient,
};

let chosen = false; // from the list, just now

function isDone(step, ...moment) {
  if (!step.done) return false;
  const [[condition, value]] = Object.entries(step.done);
  return DONE[condition](value, ...moment);
}

/** What has been done in the lesson that is open: its steps by their numbers, and an edit. */
function useProgress(name, step, number) {
  const known = useStore();
  const frame = useFrame(100);
  const progress = useRef({});
  if (progress.current.name !== name) progress.current = { name, steps: new Set(), edited: false };
  const seen = progress.current;
  const already = seen.steps.has(number);
  seen.edited ||= edited(known);
  if (frame && !already && !isOpening() && isDone(step, known, frame, seen)) seen.steps.add(number);
  const done = seen.steps.has(number);
  useEffect(() => { if (done && !already) announce("Done. Next leads on."); }, [done, number]);
  return done;
}

/** The step of the lesson that is open. */
export function Lesson() {
  const { lesson } = useStore();
  return lesson && html`<${Step} lesson=${lesson} />`;
}

function Step({ lesson }) {
  const { title, steps } = lessonOf(lesson);
  const step = stepOf(lesson);
  const done = useProgress(lesson.name, step, lesson.step);
  const heading = useRef();
  const first = useRef(true);
  useLayoutEffect(() => {
    // Who came by a link begins at the top of the page, who moved on reads on here.
    if (!first.current || chosen) heading.current.focus();
    first.current = chosen = false;
  }, [lesson]);
  const last = lesson.step === steps.length - 1;
  return html`<aside class="card lesson" aria-label=${`Lesson: ${title}`}>
    <div class="lesson-text">
      <p class="soft">${title} · step ${lesson.step + 1} of ${steps.length}</p>
      <h2 id="lesson-step" ref=${heading} tabindex="-1">${step.heading}</h2>
      ${step.text.map((sentence) => html`<p key=${sentence}>${sentence}</p>`)}
    </div>
    <div class="lesson-side">
      ${step.uses && html`<div class="row-of-buttons" role="group" aria-label="What this step uses">
        ${step.uses.map((name) => html`<button key=${name} class="to" onClick=${() => goTo(name)}><span class="hidden">Go to: </span>${labelOf(name)}</button>`)}</div>`}
      ${step.done && html`<p class=${`todo ${done ? "good" : ""}`}><span aria-hidden="true">${done ? "✓" : "○"}</span> ${done ? "Done" : step.todo}</p>`}
      <div class="row-of-buttons">
        <button disabled=${lesson.step === 0} onClick=${() => move(-1)}>Back</button>
        ${last ? html`<button class=${done || !step.done ? "primary" : ""} onClick=${close}>Finish</button>`
    : html`<button class=${done || !step.done ? "primary" : ""} onClick=${() => move(1)}>Next</button>`}
        <button class="quiet" onClick=${() => open(storyOf(store.lesson))}>Set up again</button>
        ${!last && html`<button class="quiet" onClick=${close}>Leave the lesson</button>`}
      </div>
    </div></aside>`;
}

function move(by) {
  const to = { name: store.lesson.name, step: store.lesson.step + by };
  const [from, next] = [storyOf(store.lesson), storyOf(to)];
  update({ lesson: to });
  // The training goes on from step to step, unless the lesson changes what is trained.
  if (JSON.stringify([from.story, from.compare]) !== JSON.stringify([next.story, next.compare])) {
    open(next);
    write(next.story, next.epoch, true, next.compare);
  } else writeHere(true);
}

function close() {
  update({ lesson: null });
  writeHere(true);
  document.getElementById("lessons")?.focus();
}

/** The lessons to choose from. Each is a link, which can be handed on. */
export function LessonList({ onClose }) {
  const { lessons, hides } = useStore();
  const dialog = useRef();
  useEffect(() => dialog.current.showModal(), []);
  const hide = hides.length ? `&hide=${hides.join()}` : "";
  return html`<dialog ref=${dialog} class="sheet lesson-list" aria-labelledby="lessons-title" onClose=${onClose}
      onClick=${(event) => { if (event.target === dialog.current) dialog.current.close(); }}>
    <header><h2 id="lessons-title">Lessons</h2><button aria-label="Close" onClick=${() => dialog.current.close()}>×</button></header>
    <div class="sheet-body"><ol class="lessons">${lessons.map(({ name, title, about, steps }) => html`<li key=${name}>
      <a href=${`#lesson=${name}${hide}`} onClick=${() => { chosen = true; dialog.current.close(); }}><b>${title}</b><span>${about}</span>
        <span class="soft">${steps.length} steps</span></a></li>`)}</ol></div></dialog>`;
}
