// Between the plane, where points lie as the network sees them, and the data's own units.

import { classColour, scaleColour } from "./colours.js";
import { pretty } from "./NetworkDiagram.js";

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

/** A number of the data in few digits, as on an axis. */
export function written(v) {
  const size = Math.abs(v);
  const text = size !== 0 && (size < 1e-3 || size >= 1e6) ? v.toExponential(2) : String(Number(v.toPrecision(4)));
  return text.replace("-", "−").replace("e+", "e");
}

/** How the numbers of a column are written: all with the same decimals, of the largest four digits. */
export function column(values, shortest = true) {
  const most = Math.max(...values.map(Math.abs));
  if (!(most >= 1e-3 && most < 1e6)) return written;
  const limit = Math.max(3 - Math.floor(Math.log10(most)), 0);
  const enough = (digits) => values.every((v) => Number(v.toFixed(digits)) === Number(v.toFixed(limit)));
  const digits = shortest ? Array.from({ length: limit }, (_, k) => k).find(enough) ?? limit : limit;
  return (v) => (Math.abs(v) < 1e6 ? v.toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", "−") : written(v));
}

/** The name of an input on an axis or above a column. */
export const axisName = (name) => (/^x\d+$/.test(name) ? pretty(name) : name);

/** What a point or an answer is called: its class, or its value. */
export function named(scene, label) {
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
