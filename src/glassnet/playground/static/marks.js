// The marks of points: a shape and a colour for each class; those held out are hollow.

import { html } from "/vendor/htm-preact.js";
import { markStyle } from "/colours.js";

const SHAPES = [
  (r) => `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`,
  (r) => `M${-r} ${-r}h${2 * r}v${2 * r}h${-2 * r}z`,
  (r) => `M0 ${-1.35 * r}L${1.3 * r} ${r}H${-1.3 * r}z`,
  (r) => `M0 ${-1.4 * r}L${1.4 * r} 0L0 ${1.4 * r}L${-1.4 * r} 0z`,
];

/** The outline of a mark, for its class; hollow ones have a hole. */
export function shape(label, r, hollow = false) {
  const outline = (size) => SHAPES[label % SHAPES.length](size * (label % SHAPES.length === 1 ? 0.88 : 1));
  return hollow ? `${outline(1.15 * r)}${outline(0.55 * r)}` : outline(r);
}

/** The mark of a point beside a text. */
export function Mark({ label, colour, hollow, wrong }) {
  return html`<svg viewBox="-9 -9 18 18" width="16" height="16" aria-hidden="true"><path d=${shape(label, 6, hollow)}
    class=${`point ${wrong ? "wrong" : ""}`} style=${markStyle(colour)} /></svg>`;
}
