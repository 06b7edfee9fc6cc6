// The marks of points: a shape and a colour for each class; those held out are hollow.

import { markStyle } from "./colours.js";
import { html } from "./vendor/preact.js";

const SHAPES = [
  (r, x, y) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`,
  (r, x, y) => square(0.88 * r, x, y),
  (r, x, y) => `M${x} ${y - 1.35 * r}l${1.3 * r} ${2.35 * r}h${-2.6 * r}z`,
  (r, x, y) => `M${x} ${y - 1.4 * r}l${1.4 * r} ${1.4 * r}l${-1.4 * r} ${1.4 * r}`
    + `l${-1.4 * r} ${-1.4 * r}z`,
];
const square = (r, x, y) => `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`;

/**
 * The outline of a mark at (x, y), for its class; hollow ones have a hole. It has no transform,
 * which would cost time with every frame.
 */
export function markOutline(label, r, hollow = false, x = 0, y = 0) {
  const outline = (size) => SHAPES[label % SHAPES.length](size, x, y);
  return hollow ? `${outline(1.15 * r)}${outline(0.55 * r)}` : outline(r);
}

/** The mark of a point beside a text. */
export function PointMarker({ label, colour, hollow = false, wrong = false }) {
  return html`<svg viewBox="-9 -9 18 18" width="16" height="16" aria-hidden="true">
    <path d=${markOutline(label, 6, hollow)} class=${`point ${wrong ? "wrong" : ""}`}
      style=${markStyle(colour)} /></svg>`;
}
