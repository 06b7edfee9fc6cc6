// The lessons: what lessons.json holds, and where each of their steps begins.

import { hasPart, part, unzipped } from "./parts.js";
import { page } from "./state.js";

/** Read the lessons, once; without them the page is as it is. */
export async function loadLessons() {
  if (hasPart("lessons.json")) {
    page.lessons = JSON.parse(new TextDecoder().decode(await unzipped(await part("lessons.json"))));
    return;
  }
  const answer = await fetch(new URL("./lessons.json", import.meta.url));
  if (answer.ok) page.lessons = await answer.json();
}

const lessonNamed = (name) => page.lessons.find((lesson) => lesson.name === name);

/** { name, step } as a link says it, with the step that is nearest; null for no lesson. */
export function knownLesson(name, step) {
  const lesson = lessonNamed(name);
  if (!lesson) return null;
  return { name, step: Math.min(Math.max(Math.trunc(step) || 0, 0), lesson.steps.length - 1) };
}

/** The lesson that is open, with all its steps. */
export const lessonOf = (open) => open && lessonNamed(open.name);

/** The step at which a lesson is open. */
export const stepOf = (open) => lessonOf(open)?.steps[open.step];

/** What a step begins with: the scenario that it or the last before it sets, run b, the epoch. */
export function targetOf(open) {
  if (!open) return { scenario: null, epoch: 0 };
  const { steps } = lessonNamed(open.name);
  const { spec } = steps.slice(0, open.step + 1).findLast((step) => step.spec);
  const { epoch = 0, compare: other } = steps[open.step];
  const compare = other ? { spec: { ...spec, ...other }, changes: [] } : null;
  return { scenario: { spec, changes: [] }, epoch, compare };
}
