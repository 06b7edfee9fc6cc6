// What the picture of the plane answers at a place.

import { written } from "./numberFormat.js";
import { classNamed, closestPoint, own } from "./units.js";
import { say } from "./words.js";

/** The share of each output at a place, 0 to 1. */
function sharesAt({ plane_cells: cells, extent }, { plane }, [x, y]) {
  const index = (v) => (
    Math.min(cells - 1, Math.max(0, Math.floor((cells * (v + extent)) / (2 * extent)))));
  const at = index(y) * cells + index(x);
  const n = plane.length / cells ** 2;
  return Array.from({ length: n }, (_, k) => plane[k * cells ** 2 + at] / 255);
}

const classOf = (shares) => (
  shares.length === 1 ? Number(shares[0] >= 0.5) : shares.indexOf(Math.max(...shares)));

/** What a place counts as in its calculation: its own class, or the value of the nearest point. */
export function assumedLabel(scene, frame, place) {
  if (scene.n_classes) return { label: classOf(sharesAt(scene, frame, place)) };
  return { target: scene.labels[closestPoint(scene.points, ...place, Infinity)] };
}

/** The answer at a place in words. */
export function answerAt(scene, frame, place) {
  if (!frame) return say("plane.unknown");
  const shares = sharesAt(scene, frame, place);
  if (!scene.n_classes) {
    const [low, high] = scene.answers;
    const value = own(scene.target, low + shares[0] * (high - low));
    return say("plane.value", { name: scene.target.name, value: written(value) });
  }
  const share = shares.length === 1 ? shares[0] : Math.max(...shares);
  return say("plane.share",
    { name: classNamed(scene, classOf(shares)), share: share.toFixed(2) });
}
