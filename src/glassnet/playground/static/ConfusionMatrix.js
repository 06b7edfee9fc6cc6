// The confusion matrix: how many points of each class are taken for which.

import { useFrame } from "./frames.js";
import { Badge } from "./RunSwitcher.js";
import { isComparing, runs } from "./state.js";
import { html } from "./vendor/preact.js";
import { say } from "./words.js";

export function ConfusionMatrix({ run = "a" }) {
  const { n_classes: n, classes } = runs[run].scene;
  const confusion = useFrame(500, run)?.confusion;
  if (!confusion) return null;
  const total = confusion.flat().reduce((sum, count) => sum + count, 0);
  const cell = (count, k, j) => html`<td key=${j}
    class=${j === k ? "agrees" : count ? "mistaken" : ""}
    style=${{ "--share": `${Math.round((100 * count) / (total || 1))}%` }}>${count}</td>`;
  return html`<section class="confusion" aria-label=${say("dock.confusion")}
      data-control="confusion">
    ${isComparing() && html`<${Badge} run=${run} />`}
    <div class="table-scroll"><table>
      <thead><tr><th scope="col" rowspan="2">${say("confusion.true")}</th>
        <th scope="colgroup" colspan=${n}>${say("confusion.predicted")}</th></tr>
        <tr>${classes.map((name, k) => html`<th key=${k} scope="col">${name}</th>`)}</tr></thead>
      <tbody>${confusion.map((counts, k) => html`<tr key=${k}>
        <th scope="row">${classes[k]}</th>
        ${counts.map((count, j) => cell(count, k, j))}</tr>`)}</tbody></table></div>
  </section>`;
}
