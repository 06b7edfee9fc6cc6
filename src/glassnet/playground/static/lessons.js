// The lessons: what lessons.json holds, and where each of their steps begins.

import { store, update } from "./store.js";

/** Read the lessons, once; without them the page is as it is. */
export async function loadLessons() {
  const answer = await fetch(new URL("./lessons.json", import.meta.url));
  if (answer.ok) update({ lessons: await answer.json() });
}

const named = (name) => store.lessons.find((lesson) => lesson.name === name);

/** { name, step } as a link says it, with the step that is nearest; null for no lesson. */
export function knownLesson(name, step) {
  const lesson = named(name);
  if (!lesson) return null;
  return { name, step: Math.min(Math.max(Math.trunc(step) || 0, 0), lesson.steps.length - 1) };
}

/** The lesson that is open, with all its steps. */
export const lessonOf = (open) => open && named(open.name);

/** The step at which a lesson is open. */
export const stepOf = (open) => lessonOf(open)?.steps[open.step];

/** The story that the newest step up to this one sets; the run b and the epoch that this one begins with. */
export function storyOf(open) {
  if (!open) return { story: null, epoch: 0 };
  const { steps } = named(open.name);
  const { spec } = steps.slice(0, open.step + 1).findLast((step) => step.spec);
  const { epoch = 0, compare } = steps[open.step];
  return { story: { spec, changes: [] }, epoch, compare: compare ? { spec: { ...spec, ...compare }, changes: [] } : null };
}
