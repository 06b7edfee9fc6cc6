// Between the plane, where points lie as the network sees them, and the data's own units.

import { classColour, scaleColour } from "./colours.js";
import { written } from "./numberFormat.js";
import { say } from "./words.js";

/** A number as the network sees it, in its own units; and back. */
export const own = (measure, x) => measure.mean + measure.scale * x;
export const seen = (measure, v) => (v - measure.mean) / measure.scale;

/** A place of the plane in the data's own units, in as many digits as the plane can tell apart. */
export function ownPlace(scene, place) {
  return place.map((x, k) => {
    const measure = scene.inputs[k];
    const digits = Math.ceil(-Math.log10((scene.extent * measure.scale) / 1000));
    return Number(own(measure, x).toFixed(Math.min(Math.max(digits, 0), 20)));
  });
}

/** The name of a feature such as x1^2 as it is printed. */
export function featureName(name) {
  const below = (digits) => [...digits].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]).join("");
  return name.replace("^2", "²").replace("*", "")
    .replace(/(?<![a-z])x(\d+)/g, (_, digits) => `x${below(digits)}`);
}

/** The name of an input on an axis or above a column. */
export const axisName = (name) => (/^x\d+$/.test(name) ? featureName(name) : name);

/** The name of a class as a reader knows it. */
export function classNamed({ classes }, k) {
  return /^\d+$/.test(classes[k]) ? say("plane.class", { name: classes[k] }) : classes[k];
}

/** What a point or an answer is called: its class, or its value. */
export function labelName(scene, label) {
  return scene.n_classes ? scene.classes[label] : written(label);
}

/** Where a value of a regression stands on its scale, 0 to 1. */
export function share(scene, value) {
  const [low, high] = scene.answers;
  return Math.min(1, Math.max(0, (seen(scene.target, value) - low) / (high - low || 1)));
}

export function labelColour(scene, label) {
  return scene.n_classes ? classColour(label) : scaleColour(share(scene, label));
}

/** The point nearest to a place, if any is within reach. */
export function closestPoint(points, x, y, reach) {
  let best = null;
  points.forEach(([a, b], k) => {
    const away = Math.hypot(a - x, b - y);
    if (away < reach) {
      reach = away;
      best = k;
    }
  });
  return best;
}
