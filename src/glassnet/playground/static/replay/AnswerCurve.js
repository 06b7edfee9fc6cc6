// The answer of a network of one input, over that input.

import { html, useLayoutEffect, useRef } from "../vendor/htm-preact.js";
import { classColour } from "../colours.js";
import { explain } from "../WeightInspector.js";
import { onFrame, useStore } from "../store.js";
import { count } from "../numberFormat.js";
import { ownPlace } from "../units.js";

const WIDTH = 400;
const HEIGHT = 300;
const px = (u) => (WIDTH * (u + 1)) / 2;
const py = (v) => (HEIGHT * (1 - v)) / 2;

export function Line() {
  const { scene } = useStore();
  const group = useRef();
  const n_out = scene.sizes.at(-1);
  const [[left, right], [bottom, top]] = scene.ends;
  useLayoutEffect(() => onFrame((frame) => {
    const n = frame.line.length / n_out;
    [...group.current.children].forEach((path, k) => {
      const places = Array.from({ length: n }, (_, i) => `${px((2 * i) / (n - 1) - 1).toFixed(1)} ${py(frame.line[k * n + i]).toFixed(1)}`);
      path.setAttribute("d", `M${places.join("L")}`);
    });
  }), [scene]);
  const near = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    const place = [(2 * (event.clientX - box.left)) / box.width - 1, 1 - (2 * (event.clientY - box.top)) / box.height];
    explain({ x: ownPlace(scene, place) });
  };
  return html`<section class="card output" aria-labelledby="output-title">
    <div class="card-head"><h2 id="output-title">Output</h2><span class="soft">${count(scene.n_samples)} samples</span></div>
    <div class="plane-frame"><span class="axis-y" aria-hidden="true"><span>${top}</span><b>${scene.axes[1]}</b><span>${bottom}</span></span>
      <svg class="line" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label=${`The answer over ${scene.axes[0]}`} onClick=${near}>
        ${scene.points.map(([u, v], k) => html`<circle key=${k} cx=${px(u)} cy=${py(v)} r="4" class="sample" />`)}
        <g ref=${group}>${Array.from({ length: n_out }, (_, k) => html`<path key=${k} class="fit" style=${{ stroke: n_out === 1 ? "var(--accent)" : classColour(k) }} />`)}</g>
      </svg>
      <div class="axis-x" aria-hidden="true"><span>${left}</span><span>${scene.axes[0]}</span><span>${right}</span></div></div>
    <p class="hint">The line is the network's answer, the dots are samples.${scene.explained.length > 0 && ` Click near one: its whole calculation, with numbers.${scene.kept}`}</p>
  </section>`;
}
