// Loss and score by epoch.

import { Segments } from "./FormFields.js";
import { onFrame, useFrame } from "./frames.js";
import { fill, LEAST, useLineChart } from "./lineChart.js";
import { count, exact } from "./numberFormat.js";
import { page, runs } from "./state.js";
import { TimeSlider } from "./TimeSlider.js";
import { html, useState } from "./vendor/preact.js";
import { say, wordsOf } from "./words.js";

const MOST = 1e30; // loss that is drawn, as in run_controller.py
const TRAINING = { stroke: "--accent" };
const TEST = { stroke: "--test", dash: [6, 4] };
const LOSS = [TRAINING, { ...TRAINING, width: 1, band: "--accent-faint" }, TEST];
export const LOSS_SCALES = Object.entries(wordsOf("loss.scales"));

export function LossHistory() {
  const { scene } = runs.a;
  const [scale, setScale] = useState("log");
  const isTested = scene.tested ?? scene.held_out.some(Boolean);
  return html`<section class="history" aria-labelledby="history-title" data-control="history"
      data-part="loss">
    <div class="charts"><div class="card-head"><h2 id="history-title">${say("loss.title")}</h2>
      <${Reading} />
      ${isTested && html`<span class="key soft"><i class="of-training"></i> ${say("loss.training")}
        ${" "}<i class="of-test"></i> ${say("loss.test")}</span>`}
      <${Segments} label=${say("loss.scale")} control="loss_scale" value=${scale}
        choices=${LOSS_SCALES} onChange=${setScale} /></div>
      <${Curves} scale=${scale} series=${LOSS} tables=${losses} />
      ${!page.recorded && html`<${TimeSlider} />`}
      <h3>${say(scene.n_classes ? "loss.accuracy" : "loss.r2")}</h3>
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
  const box = useLineChart({ scale, series },
    (plot) => onFrame((frame) => fill(plot, tables(frame), frame), 100), [scale]);
  return html`<div ref=${box} class="chart" aria-hidden="true"></div>`;
}

/** The loss at the epoch that is shown, every digit of it. */
function Reading() {
  const frame = useFrame(100);
  if (!frame) return null;
  const { epoch, loss } = frame;
  return html`<span class="soft mono" data-test="epoch-loss">
    ${say("loss.reading", { epoch: count(epoch), loss: loss === null ? "–" : exact(loss) })}</span>
    ${loss > MOST && html`<span class="soft">${say("loss.bounded")}</span>`}`;
}
