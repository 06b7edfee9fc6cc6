// Points made by hand: painted, moved and erased, with mouse, finger or keys. What is done from
// touching the plane to leaving it is one stroke, and one step to undo.

import { ask } from "./connection.js";
import { announce } from "./LiveRegion.js";
import { typed, written } from "./numberFormat.js";
import { page } from "./state.js";
import { closestPoint, labelName, own, ownPlace } from "./units.js";
import { say } from "./words.js";

const MOST_POINTS = 1000;
const REACH = { mouse: 0.05, touch: 0.1, keys: 0.15 }; // of half the plane's width
const SPACING = 0.09; // between two points of a painted line

/** What is painted: the class that was chosen, or the value. */
export function brushOf(scene) {
  if (scene.n_classes) return page.brush < scene.n_classes ? page.brush : 0;
  return page.brushValue ?? typed(written(own(scene.target, scene.answers[1])));
}

export const reachOf = (event) => REACH[event.pointerType === "touch" ? "touch" : "mouse"];

/** Begin a stroke at a place. `isEmpty`: what is painted takes the place of all points. */
export function beginStroke(scene, mode, place, reach, isEmpty) {
  const row = mode === "move" ? closestPoint(scene.points, ...place, reach * scene.extent) : null;
  const none = { added: [], erased: new Set(), place: null, isOver: false };
  return extendStroke({ ...none, mode, isEmpty, reach: reach * scene.extent, row }, scene, place);
}

/** Lead a stroke on to a place. */
export function extendStroke(stroke, scene, place) {
  const { mode, row } = stroke;
  if (mode === "paint") return painted(stroke, scene, place);
  if (mode === "erase") return erased(stroke, scene, place);
  const within = place.map((x) => Math.min(scene.extent, Math.max(-scene.extent, x)));
  return row === null ? stroke : { ...stroke, place: within };
}

function painted(stroke, { extent, points }, place) {
  const { added, isEmpty } = stroke;
  const last = added.at(-1);
  const isNear = last && Math.hypot(place[0] - last[0], place[1] - last[1]) < SPACING * extent;
  const n = (isEmpty ? 0 : points.length) + added.length;
  if (isNear || place.some((x) => Math.abs(x) > extent) || n >= MOST_POINTS) return stroke;
  return { ...stroke, added: [...added, place] };
}

function erased(stroke, { points }, place) {
  const left = points.map((point, k) => (stroke.erased.has(k) ? [Infinity, Infinity] : point));
  const row = closestPoint(left, ...place, stroke.reach);
  return row === null ? stroke : { ...stroke, erased: new Set([...stroke.erased, row]) };
}

/** The change of the points that a stroke comes to, or null. */
export function changeOf({ added, erased: rows, row, place, isEmpty }, scene, brush) {
  const means = scene.inputs.slice(2).map(({ mean }) => mean); // of inputs beside the axes
  if (added.length) {
    const add = added.map((one) => [...ownPlace(scene, one), ...means, brush]);
    return isEmpty ? { add, remove: "all" } : { add };
  }
  if (rows.size) return { remove: [...rows] };
  if (row === null || place === null) return null;
  const rest = [...scene.rows[row].slice(2), scene.labels[row]];
  return { put: [[row, [...ownPlace(scene, place), ...rest]]] };
}

/** Ask for what a stroke comes to. It is shown until the answer is there. */
function finish(hand, scene, run) {
  const stroke = hand.value;
  const n = stroke.added.length;
  const change = changeOf(stroke, scene, brushOf(scene));
  if (n) {
    announce(say("painting.painted", { n, name: labelName(scene, brushOf(scene)) }));
    page.startsEmpty = false;
  }
  hand.value = change && { ...stroke, isOver: true };
  if (change) ask("paint", { ...change, of: run });
}

/** End the stroke of a hand, if there is one. */
export function endStroke(hand, scene, run) {
  if (hand.value && !hand.value.isOver) finish(hand, scene, run);
}

/** A key in the plane that changes points; whether it was one. */
export function editByKey({ key }, plane) {
  const { scene, run, hand, cross } = plane;
  const isHeld = hand.value && !hand.value.isOver;
  if (key === "Delete" || key === "Backspace") remove(plane);
  else if (page.mode === "paint" && /^[1-8]$/.test(key) && Number(key) <= scene.n_classes) {
    page.brush = Number(key) - 1;
  } else if (key === "Escape" && isHeld) {
    hand.value = null;
    announce(say("painting.stays"));
  } else if ((key !== "Enter" && key !== " ") || page.mode === "explore") return false;
  else if (page.mode === "erase") remove(plane);
  else if (page.mode === "paint") {
    hand.value = beginStroke(scene, "paint", cross, 0, page.startsEmpty);
    finish(hand, scene, run);
  } else if (isHeld) {
    finish(hand, scene, run);
    announce(say("painting.placed"));
  } else pick(plane);
  return true;
}

/** Take the point nearest to the cross, which goes there; arrows then carry it. */
function pick({ scene, hand, cross, setCross }) {
  const row = closestPoint(scene.points, ...cross, Infinity);
  setCross(scene.points[row]);
  hand.value = { ...beginStroke(scene, "move", scene.points[row], Infinity, false), place: null };
  announce(say("painting.taken", { row }));
}

function remove({ scene, run, cross }) {
  const row = closestPoint(scene.points, ...cross, REACH.keys * scene.extent);
  if (row !== null) ask("paint", { remove: [row], of: run });
  announce(row === null ? say("painting.none") : say("painting.removed", { row }));
}
