// The address: its part after # holds the scenario, the open lesson and what a teacher hides. Own
// points are in it only where a visitor wants a link with them; else this tab's history keeps them.

import { knownLesson, targetOf } from "./lessons.js";
import { typed } from "./numberFormat.js";
import { page, runs } from "./state.js";

const number = (text) => typed(text) ?? text; // so that the server can say what is wrong with it
const LISTS = { features: String, hidden: number, activation: String };
const TEXTS = new Set(["data", "initialiser", "optimizer", "precision"]);
const OWN = "own";
const IS_TAB = location.protocol !== "about:"; // else a frame, whose steps would be the notebook's
// What stands in an address as JSON, and how it is called when it cannot be read.
const NAMES = {
  changes: "the changes on the way", compare: "the second run",
  points: "its points and what was trained on them",
};
let shown = null; // the scenarios and the lesson in the address, as text
/** @type {any[]} */
let last = [{ spec: {}, changes: [] }, 0, null]; // scenario, epoch and run b's, as written

/**
 * Read the address; where it holds no scenario, that of the lesson, or null if there is none.
 * Of one that was cut or mistyped it is what can be read, and "damage" a sentence on the rest.
 */
export function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  const name = given.get("lesson");
  const lesson = knownLesson(name, Number(given.get("step") ?? 1) - 1);
  const hides = given.get("hide")?.split(",") ?? [];
  for (const other of ["lesson", "step", "hide"]) given.delete(other);
  const isLost = (key) => given.has(key) && parsed(given.get(key)) === undefined;
  const lost = Object.keys(NAMES).filter(isLost);
  const target = given.size ? readTarget(given, lost, history.state?.points) : targetOf(lesson);
  shown = textOf(target.scenario ?? { spec: {}, changes: [] }, lesson, target.compare ?? null);
  const missing = lost.map((key) => NAMES[key]);
  if (name !== null && !lesson) missing.push(`the lesson “${name.slice(0, 40)}”`);
  return { ...target, lesson, hides, damage: damage(missing) };
}

/** The scenario of an address, without what of it is lost. */
export function readTarget(given, lost, ownPoints) {
  const scenario = { spec: {}, changes: [] };
  let epoch = 0;
  let compare = null;
  for (const [name, text] of given) {
    if (lost.includes(name)) continue;
    if (name === "epoch") epoch = number(text);
    else if (name === "changes") scenario.changes = parsed(text);
    else if (name === "compare") compare = parsed(text);
    else if (name === "points") scenario.points = parsed(text);
    else scenario.spec[name] = setting(name, text);
  }
  if (scenario.spec.data === OWN) scenario.points ??= ownPoints;
  // Without its points, of a scenario there are the settings that any data can have.
  if (scenario.spec.data === OWN && lost.includes("points") && !scenario.points) {
    const { data, features, ...spec } = scenario.spec;
    return { scenario: { spec, changes: [] }, epoch: 0, compare: null };
  }
  if (compare?.spec?.data === OWN) compare.points ??= scenario.points;
  return { scenario, epoch, compare };
}

function setting(name, text) {
  if (name in LISTS) return text === "" ? [] : text.split(",").map((part) => LISTS[name](part));
  if (TEXTS.has(name)) return text;
  return text === "none" ? null : number(text);
}

/** A sentence on what of an address is missing; null if nothing is. */
function damage(missing) {
  if (!missing.length) return null;
  return `This link was cut or damaged on its way: the page begins without ${missing.join(" and ")}`
    + ", so ask for the link again, or for a file.";
}

/** Write a scenario and an epoch, as a new step of the browser's history or not. */
export function writeAddress(scenario, epoch, isStep, compare = null) {
  const isSame = last[0] === scenario && last[1] === epoch && last[2] === compare;
  last = [scenario, epoch, compare];
  if (isStep || !isSame) put(isStep);
}

/** Write the address after what is hidden has changed. */
export function refreshAddress() {
  put(false);
}

/**
 * The address of what is shown at an epoch: with own points, or so that they stay with this page;
 * and with these weights as the start, or with the training that led to them.
 */
export function link({ epoch = 0, points = false, weights = null }) {
  const { scenario } = runs.a;
  const more = points && scenario.points ? { points: JSON.stringify(scenario.points) } : {};
  const hash = weights ? hashOf(startedFrom(weights, scenario), 0, null, more)
    : hashOf(scenario, epoch, runs.b.scenario, more);
  if (page.publicAddress) return new URL(hash.startsWith("#") ? hash : "", page.publicAddress).href;
  return new URL(hash, location.href).href;
}

/** The scenario that begins with these weights and trains on as the one that led to them. */
function startedFrom(weights, scenario) {
  const spec = Object.assign({}, scenario.spec, ...scenario.changes.map((change) => change.spec));
  if (spec.initialiser === "opened") delete spec.initialiser; // it is known here only
  const values = Array.from(weights, (value, place) => [place, value]);
  return { spec, changes: [{ epoch: 0, values }] };
}

/** What is in the address as a text that is the same in whichever order settings were named. */
function textOf(...parts) {
  const sorted = (_, value) => (value?.constructor === Object
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value);
  return JSON.stringify(parts, sorted);
}

function put(isStep) {
  const [scenario, , compare] = last;
  const text = textOf(scenario, page.lesson, compare);
  const kept = scenario.points ? { points: scenario.points } : null;
  if (isStep && IS_TAB && text !== shown) history.pushState(kept, "", hashOf(...last));
  else history.replaceState(kept, "", hashOf(...last));
  shown = text;
}

/** The part of an address after its path. */
export function hashOf(scenario, epoch, compare, more = {}) {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(scenario.spec)) {
    given.set(name, value === null ? "none" : String(value));
  }
  if (scenario.changes.length) given.set("changes", JSON.stringify(scenario.changes));
  if (compare) {
    given.set("compare", JSON.stringify({ spec: compare.spec, changes: compare.changes }));
  }
  if (epoch) given.set("epoch", epoch);
  if (page.lesson) {
    given.set("lesson", page.lesson.name);
    if (page.lesson.step) given.set("step", page.lesson.step + 1);
  }
  if (page.hides.length) given.set("hide", page.hides.join());
  for (const [name, text] of Object.entries(more)) given.set(name, text);
  const hash = String(given).replaceAll("%2C", ",");
  return hash ? `#${hash}` : IS_TAB ? location.pathname : "#";
}

function parsed(text) {
  try { return JSON.parse(text); } catch { return undefined; }
}
