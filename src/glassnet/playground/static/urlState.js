// The address: its part after # tells the whole story, so that a link brings another here; and
// which lesson is open at which step, and what a teacher hides. Own points are in it only where a
// visitor wants a link with them; else this tab's history keeps them, beside the address.

import { knownLesson, storyOf } from "./lessons.js";
import { typed } from "./numberFormat.js";
import { store } from "./store.js";

const LISTS = { features: String, hidden: number, activation: String };
const TEXTS = new Set(["data", "initialiser", "optimizer", "precision"]);
const OWN = "own";
// What stands in an address as JSON, and how it is called when it cannot be read.
const NAMES = { changes: "the changes on the way", compare: "the second run", points: "its points and what was trained on them" };
let shown = null; // the story and the lesson that the address tells
let last = [{ spec: {}, changes: [] }, 0, null]; // the story, the epoch and the story of run b that were written

/**
 * What the address says; where it tells no story, that of the lesson, or null if there is none.
 * Of one that was cut or mistyped it is what can be read, and "damage" a sentence on the rest.
 */
export function read() {
  const given = new URLSearchParams(location.hash.slice(1));
  const name = given.get("lesson");
  const lesson = knownLesson(name, Number(given.get("step") ?? 1) - 1);
  const hides = given.get("hide")?.split(",") ?? [];
  for (const name of ["lesson", "step", "hide"]) given.delete(name);
  const lost = Object.keys(NAMES).filter((name) => given.has(name) && parsed(given.get(name)) === undefined);
  const told = given.size ? readStory(given, lost) : storyOf(lesson);
  shown = JSON.stringify([told.story ?? { spec: {}, changes: [] }, lesson, told.compare ?? null]);
  const missing = lost.map((name) => NAMES[name]);
  if (name !== null && !lesson) missing.push(`the lesson “${name.slice(0, 40)}”`);
  return { ...told, lesson, hides, damage: damage(missing) };
}

/** The story of an address, without what of it is lost. */
function readStory(given, lost) {
  const story = { spec: {}, changes: [] };
  let epoch = 0;
  let compare = null;
  for (const [name, text] of given) {
    if (lost.includes(name)) continue;
    if (name === "epoch") epoch = number(text);
    else if (name === "changes") story.changes = parsed(text);
    else if (name === "compare") compare = parsed(text);
    else if (name === "points") story.points = parsed(text);
    else if (name in LISTS) story.spec[name] = text === "" ? [] : text.split(",").map(LISTS[name]);
    else if (TEXTS.has(name)) story.spec[name] = text;
    else story.spec[name] = text === "none" ? null : number(text);
  }
  if (story.spec.data === OWN) story.points ??= history.state?.points;
  // Without its points, of a story there are the settings that any data can have.
  if (story.spec.data === OWN && lost.includes("points") && !story.points) {
    const { data, features, ...spec } = story.spec;
    return { story: { spec, changes: [] }, epoch: 0, compare: null };
  }
  if (compare?.spec?.data === OWN) compare.points ??= story.points;
  return { story, epoch, compare };
}

/** A sentence on what of an address is missing; null if nothing is. */
function damage(missing) {
  if (!missing.length) return null;
  return `This link was cut or damaged on its way: the page begins without ${missing.join(" and ")}, so ask for the link again, or for a file.`;
}

/** Put a story and an epoch into the address, as a new step of the browser's history or not. */
export function write(story, epoch, isStep, compare = null) {
  const same = last[0] === story && last[1] === epoch && last[2] === compare && !isStep;
  last = [story, epoch, compare];
  if (!same) put(isStep);
}

/** Write the address anew after what is hidden has changed. */
export function stay() {
  put(false);
}

/**
 * The address of what is shown at an epoch: with own points, or so that they stay with this page; and with
 * these weights as the start, or as the training that led to them.
 */
export function link({ epoch, points = false, weights = null }) {
  const { story, b } = store;
  const compare = b?.story ?? null;
  const more = points && story.points ? { points: JSON.stringify(story.points) } : {};
  const hash = weights ? target(startedFrom(weights, story), 0, null, more) : target(story, epoch, compare, more);
  return new URL(hash, location.href).href;
}

/** The story that begins with these weights and trains on as the one that led to them. */
function startedFrom(weights, story) {
  const spec = Object.assign({}, story.spec, ...story.changes.map((change) => change.spec));
  if (spec.initialiser === "opened") delete spec.initialiser; // a run's own start is known here only
  return { spec, changes: [{ epoch: 0, values: Array.from(weights, (value, place) => [place, value]) }] };
}

function put(isStep) {
  const [story, , compare] = last;
  const told = JSON.stringify([story, store.lesson, compare]);
  const kept = story.points ? { points: story.points } : null;
  if (isStep && told !== shown) history.pushState(kept, "", target(...last));
  else history.replaceState(kept, "", target(...last));
  shown = told;
}

function target(story, epoch, compare, more = {}) {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(story.spec)) {
    given.set(name, value === null ? "none" : String(value));
  }
  if (story.changes.length) given.set("changes", JSON.stringify(story.changes));
  if (compare) given.set("compare", JSON.stringify({ spec: compare.spec, changes: compare.changes }));
  if (epoch) given.set("epoch", epoch);
  if (store.lesson) {
    given.set("lesson", store.lesson.name);
    if (store.lesson.step) given.set("step", store.lesson.step + 1);
  }
  if (store.hides.length) given.set("hide", store.hides.join());
  for (const [name, text] of Object.entries(more)) given.set(name, text);
  const hash = String(given).replaceAll("%2C", ",");
  return hash ? `#${hash}` : location.pathname;
}

/** A number; or what is none as it was written, so that the server can say what is wrong. */
function number(text) {
  return typed(text) ?? text;
}

function parsed(text) {
  try { return JSON.parse(text); } catch { return undefined; }
}
