// Loss and score by epoch.

import { Segments } from "./FormFields.js";
import { onFrame, useFrame } from "./frames.js";
import { fill, LEAST, useLineChart } from "./lineChart.js";
import { count, exact } from "./numberFormat.js";
import { page, runs } from "./state.js";
import { TimeSlider } from "./TimeSlider.js";
import { html, useState } from "./vendor/preact.js";

const HEIGHT = 190;
const MOST = 1e30; // loss that is drawn, as in run_controller.py
const TRAINING = { stroke: "--accent" };
const TEST = { stroke: "--test", dash: [6, 4] };
const LOSS = [TRAINING, { ...TRAINING, width: 1, band: "--accent-faint" }, TEST];
export const LOSS_SCALES = [["log", "log"], ["linear", "linear"]];
const READING = "The loss that the update of this epoch was computed from; at the top of the page "
  + "stands the one after it";

export function LossHistory() {
  const { scene } = runs.a;
  const [scale, setScale] = useState("log");
  const isTested = scene.tested ?? scene.held_out.some(Boolean);
  const score = scene.n_classes ? "Share that is right" : "R²: share of the spread explained";
  return html`<section class="card history" aria-labelledby="history-title" data-control="history">
    <div class="charts"><div class="card-head"><h2 id="history-title">Loss by epoch</h2>
      <${Reading} />
      ${isTested && html`<span class="key soft"><i class="of-training"></i> trained on
        ${" "}<i class="of-test"></i> held out</span>`}
      <${Segments} label="Scale of the loss" control="loss_scale" value=${scale}
        choices=${LOSS_SCALES} onChange=${setScale} /></div>
      <${Curves} scale=${scale} series=${LOSS} tables=${losses} />
      ${!page.recorded && html`<${TimeSlider} />`}
      <h3>${score}</h3>
      <${Curves} scale=${scene.n_classes ? "share" : "score"} series=${[TRAINING, TEST]}
        tables=${scores} /></div>
  </section>`;
}

/** Epochs, least and greatest loss; and the loss of the points that are held out. */
function losses({ curve, measures }) {
  const [epochs, , , test] = columnsOf(measures, 4);
  return [columnsOf(curve, 3), [epochs, test]];
}

function scores({ measures }) {
  const [epochs, ...both] = columnsOf(measures, 4).slice(0, 3);
  const bounded = (v) => (v === null ? null : Math.max(v, LEAST));
  return [[epochs, ...both.map((values) => Array.from(values, bounded))]];
}

/** The columns of a table that came as one array; what was not measured is null. */
export function columnsOf(table, n) {
  const length = table.length / n;
  return Array.from({ length: n }, (_, k) => {
    const column = table.subarray(k * length, (k + 1) * length);
    const known = (v) => (Number.isNaN(v) ? null : v);
    return column.some(Number.isNaN) ? Array.from(column, known) : column;
  });
}

function Curves({ scale, series, tables }) {
  const box = useLineChart({ scale, series, height: HEIGHT },
    (plot) => onFrame((frame) => fill(plot, tables(frame), frame), 100), [scale]);
  return html`<div ref=${box} class="chart" aria-hidden="true"></div>`;
}

function Reading() {
  const frame = useFrame(100);
  if (!frame) return null;
  const { epoch, epoch_loss: loss } = frame;
  const text = loss === null ? "the start" : `epoch ${count(epoch)}: ${exact(loss)}`;
  return html`<span class="soft mono" data-test="epoch-loss" title=${READING}>${text}</span>
    ${loss > MOST && html`<span class="soft">drawn up to 1e30</span>`}`;
}
