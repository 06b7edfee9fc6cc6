// The answer of a network of one input, over that input.

import { explain } from "../CalculationDialog.js";
import { classColour } from "../colours.js";
import { onFrame } from "../frames.js";
import { count } from "../numberFormat.js";
import { runs } from "../state.js";
import { ownPlace } from "../units.js";
import { html, signal, useLayoutEffect, useMemo } from "../vendor/preact.js";

const WIDTH = 400;
const HEIGHT = 300;
const px = (u) => (WIDTH * (u + 1)) / 2;
const py = (v) => (HEIGHT * (1 - v)) / 2;

/** The outline of a curve through values at equal steps. */
function outline(values) {
  const u = (k) => (2 * k) / (values.length - 1) - 1;
  const places = Array.from(values, (v, k) => `${px(u(k)).toFixed(1)} ${py(v).toFixed(1)}`);
  return `M${places.join("L")}`;
}

export function AnswerCurve() {
  const { scene } = runs.a;
  const n_out = scene.sizes.at(-1);
  const outlines = useMemo(() => Array.from({ length: n_out }, () => signal("")), [n_out]);
  const [[left, right], [bottom, top]] = scene.ends;
  useLayoutEffect(() => onFrame(({ line }) => {
    const n = line.length / n_out;
    outlines.forEach((one, k) => { one.value = outline(line.subarray(k * n, (k + 1) * n)); });
  }), [outlines]);
  const explainNear = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    const u = (2 * (event.clientX - box.left)) / box.width - 1;
    explain({ x: ownPlace(scene, [u, 1 - (2 * (event.clientY - box.top)) / box.height]) });
  };
  return html`<section class="card output" aria-labelledby="output-title">
    <div class="card-head"><h2 id="output-title">Output</h2>
      <span class="soft">${count(scene.n_samples)} samples</span></div>
    <div class="plane-frame"><span class="axis-y" aria-hidden="true"><span>${top}</span>
      <b>${scene.axes[1]}</b><span>${bottom}</span></span>
      <svg class="line" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} role="img"
        aria-label=${`The answer over ${scene.axes[0]}`} onClick=${explainNear}>
        ${scene.points.map(([u, v], k) => html`<circle key=${k} cx=${px(u)} cy=${py(v)} r="4"
          class="sample" />`)}
        ${outlines.map((d, k) => html`<path key=${k} class="fit" d=${d}
          style=${{ stroke: n_out === 1 ? "var(--accent)" : classColour(k) }} />`)}
      </svg>
      <div class="axis-x" aria-hidden="true"><span>${left}</span><span>${scene.axes[0]}</span>
        <span>${right}</span></div></div>
    <p class="hint">The line is the network's answer, the dots are samples.
      ${scene.explained.length > 0
      && ` Click near one: its whole calculation, with numbers.${scene.kept}`}</p>
  </section>`;
}
