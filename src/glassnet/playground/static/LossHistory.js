// Loss and score by epoch, and the slider through time beneath them.

import { html, useLayoutEffect, useRef, useState } from "./vendor/htm-preact.js";
import { ask } from "./connection.js";
import { chart, fill, LEAST } from "./lineChart.js";
import { onTheme } from "./colours.js";
import { onFrame, useFrame, useStore, withFrame } from "./store.js";
import { count, exact } from "./numberFormat.js";

const HEIGHT = 190;
const MOST = 1e30; // loss that is drawn, as in player.py
const TRAINING = { stroke: "--accent" };
const TEST = { stroke: "--test", dash: [6, 4] };
const LOSS = [TRAINING, { ...TRAINING, width: 1, band: "--accent-faint" }, TEST];

export function History() {
  const { scene } = useStore();
  const [logarithmic, setLogarithmic] = useState(true);
  const tested = scene.tested ?? scene.held_out.some(Boolean);
  const score = scene.n_classes ? "Share that is right" : "R²: share of the spread explained";
  const range = scene.n_classes ? "share" : "score";
  return html`<section class="card history" aria-labelledby="history-title" data-control="history">
    <div class="charts"><div class="card-head"><h2 id="history-title">Loss by epoch</h2><${Reading} />
      ${tested && html`<${Key} />`}
      <div class="seg" role="group" aria-label="Scale of the loss" data-control="loss_scale">
        <button aria-pressed=${logarithmic} onClick=${() => setLogarithmic(true)}>log</button>
        <button aria-pressed=${!logarithmic} onClick=${() => setLogarithmic(false)}>linear</button>
      </div></div>
      <${Curves} scale=${logarithmic ? "log" : "linear"} series=${LOSS} tables=${losses} />
      ${!scene.recorded && html`<${Slider} />`}
      <h3>${score}</h3>
      <${Curves} scale=${range} series=${[TRAINING, TEST]} tables=${scores} /></div>
  </section>`;
}

/** Epochs, least and greatest loss; and the loss of the points that are held out. */
function losses({ curve, measures }) {
  const [epochs, , , test] = rows(measures, 4);
  return [rows(curve, 3), [epochs, test]];
}

function scores({ measures }) {
  const [epochs, ...both] = rows(measures, 4).slice(0, 3);
  return [[epochs, ...both.map((scores) => scores.map((v) => (v === null ? null : Math.max(v, LEAST))))]];
}

/** The rows of a table that came as one array; what was not measured is null. */
function rows(table, n) {
  const length = table.length / n;
  return Array.from({ length: n }, (_, k) => {
    const row = table.subarray(k * length, (k + 1) * length);
    return row.some(Number.isNaN) ? Array.from(row, (v) => (Number.isNaN(v) ? null : v)) : row;
  });
}

function Curves({ scale, series, tables }) {
  const box = useRef();
  useLayoutEffect(() => {
    let plot = null;
    const draw = (frame) => fill(plot, tables(frame), frame);
    const build = () => {
      plot?.destroy();
      plot = chart(box.current, scale, series, HEIGHT, count);
      withFrame(draw);
    };
    build();
    const watch = new ResizeObserver(() => plot.setSize({ width: box.current.clientWidth, height: HEIGHT }));
    watch.observe(box.current);
    const stop = onFrame(draw, 100);
    const stopTheme = onTheme(build);
    return () => { stop(); stopTheme(); watch.disconnect(); plot.destroy(); };
  }, [scale]);
  return html`<div ref=${box} class="chart" aria-hidden="true"></div>`;
}

function Key() {
  return html`<span class="key soft"><i class="of-training"></i> trained on <i class="of-test"></i> held out</span>`;
}

function Reading() {
  const frame = useFrame(100);
  if (!frame) return null;
  const text = frame.epoch_loss === null ? "the start" : `epoch ${count(frame.epoch)}: ${exact(frame.epoch_loss)}`;
  return html`<span class="soft mono" data-test="epoch-loss" title="The loss that the update of this epoch was computed from; at the top of the page stands the one after it">${text}</span>${frame.epoch_loss > MOST && html`<span class="soft">drawn up to 1e30</span>`}`;
}

export function Slider() {
  const frame = useFrame(100);
  const wanted = useRef({ epoch: 0, asked: 0 });
  const last = frame?.last ?? 0;
  // A frame that was on its way before the hand moved must not pull the slider back.
  const epoch = frame?.asked < wanted.current.asked ? wanted.current.epoch : frame?.epoch ?? 0;
  const go = (epoch) => { wanted.current = { epoch, asked: ask("go", { epoch }) }; };
  return html`<label class="time" data-control="time"><span class="hidden">Time: epoch that is shown</span>
    <input type="range" min="0" max=${last} step="1" value=${epoch} disabled=${last === 0}
      aria-valuetext=${frame ? `after ${frame.epoch} of ${last} epochs, loss ${frame.loss?.toPrecision(4)}` : ""}
      onInput=${(event) => go(Number(event.target.value))} /></label>`;
}
