// The confusion matrix: how many points of each class are taken for which.

import { html } from "./vendor/htm-preact.js";
import { useFrame, useRun } from "./store.js";
import { Badge } from "./RunSwitcher.js";

export function Confusion({ run = "a" }) {
  const { scene, b } = useRun(run);
  const frame = useFrame(500, run);
  if (!frame?.confusion) return null;
  const total = frame.confusion.flat().reduce((sum, count) => sum + count, 0);
  return html`<section class="card confusion" aria-labelledby="confusion-title" data-control="confusion">
    <div class="card-head"><h2 id="confusion-title">Which is taken for which</h2>${b && html`<${Badge} run=${run} />`}</div>
    <div class="table-scroll"><table><thead><tr><th scope="col" rowspan="2">class</th><th scope="colgroup" colspan=${scene.n_classes}>taken for</th></tr>
      <tr>${scene.classes.map((name, k) => html`<th key=${k} scope="col">${name}</th>`)}</tr></thead>
    <tbody>${frame.confusion.map((counts, k) => html`<tr key=${k}><th scope="row">${scene.classes[k]}</th>
      ${counts.map((count, j) => html`<td key=${j} class=${j === k ? "agrees" : count ? "mistaken" : ""}
        style=${{ "--share": `${Math.round((100 * count) / (total || 1))}%` }}>${count}</td>`)}</tr>`)}</tbody></table></div>
  </section>`;
}
