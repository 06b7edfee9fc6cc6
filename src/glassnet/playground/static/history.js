// The loss by epoch, and the slider through time beneath it.

import uPlot from "/vendor/uplot.js";
import { html, useLayoutEffect, useRef, useState } from "/vendor/htm-preact.js";
import { ask } from "/connection.js";
import { onTheme } from "/colours.js";
import { onFrame, useFrame, useStore, withFrame } from "/store.js";
import { count, exact } from "/numbers.js";

const HEIGHT = 190;
const AXIS = 58;
const WHOLE = Array.from({ length: 7 }, (_, k) => [1, 2, 5].map((n) => n * 10 ** k)).flat();
const decades = (_, low, high) => (low > 0 ? uPlot.rangeLog(low, high, 10, false) : [0.1, 1]);
const fromZero = (_, low, high) => [0, 1.05 * high || 1];

export function History() {
  const { scene } = useStore();
  const box = useRef();
  const [logarithmic, setLogarithmic] = useState(true);
  useLayoutEffect(() => {
    let plot = null;
    const build = () => {
      plot?.destroy();
      plot = chart(box.current, logarithmic);
      withFrame(draw);
    };
    const draw = (frame) => {
      const n = frame.curve.length / 3;
      plot.now = frame.epoch;
      plot.changes = frame.changes;
      plot.setData([frame.curve.subarray(0, n), frame.curve.subarray(n, 2 * n), frame.curve.subarray(2 * n)]);
      plot.setScale("x", { min: 0, max: Math.max(frame.last, 10) });
    };
    build();
    const watch = new ResizeObserver(() => plot.setSize({ width: box.current.clientWidth, height: HEIGHT }));
    watch.observe(box.current);
    const stop = onFrame(draw, 33);
    const stopTheme = onTheme(build);
    return () => { stop(); stopTheme(); watch.disconnect(); plot.destroy(); };
  }, [scene, logarithmic]);
  return html`<section class="card history" aria-labelledby="history-title" data-control="history">
    <div class="card-head"><h2 id="history-title">Loss by epoch</h2><${Reading} />
      <div class="seg" role="group" aria-label="Scale of the loss" data-control="loss_scale">
        <button aria-pressed=${logarithmic} onClick=${() => setLogarithmic(true)}>log</button>
        <button aria-pressed=${!logarithmic} onClick=${() => setLogarithmic(false)}>linear</button>
      </div></div>
    <div ref=${box} class="chart" aria-hidden="true"></div>
    <${Slider} />
  </section>`;
}

function Reading() {
  const frame = useFrame(100);
  if (!frame) return null;
  const text = frame.epoch_loss === null ? "the start" : `epoch ${count(frame.epoch)}: ${exact(frame.epoch_loss)}`;
  return html`<span class="soft mono" data-test="epoch-loss">${text}</span>`;
}

function Slider() {
  const frame = useFrame(50);
  const last = frame?.last ?? 0;
  return html`<label class="time" data-control="time"><span class="hidden">Time: epoch that is shown</span>
    <input type="range" min="0" max=${last} step="1" value=${frame?.epoch ?? 0} disabled=${last === 0}
      aria-valuetext=${frame ? `after ${frame.epoch} of ${last} epochs, loss ${frame.loss?.toPrecision(4)}` : ""}
      onInput=${(event) => ask("go", { epoch: Number(event.target.value) })} /></label>`;
}

function chart(box, logarithmic) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const font = "12px system-ui, sans-serif";
  const grid = { stroke: colour("--line"), width: 1 };
  const axis = { stroke: colour("--soft"), font, grid, ticks: { show: false } };
  return new uPlot({
    width: box.clientWidth || 600,
    height: HEIGHT,
    padding: [10, 14, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, y: { distr: logarithmic ? 3 : 1, range: logarithmic ? decades : fromZero } },
    axes: [{ ...axis, size: 26, incrs: WHOLE, values: (_, ticks) => ticks.map(count) },
      { ...axis, size: AXIS, values: (_, ticks) => ticks.map((v) => (v === null ? "" : Number(v.toPrecision(3)).toString())) }],
    series: [{}, { stroke: colour("--accent"), width: 2, points: { show: false } },
      { stroke: colour("--accent"), width: 1, points: { show: false } }],
    bands: [{ series: [2, 1], fill: colour("--accent-faint") }],
    hooks: { draw: [(plot) => mark(plot, colour)] },
  }, [[], [], []], box);
}

/** The moment that is shown, and where something was changed. */
function mark(plot, colour) {
  const { ctx, bbox } = plot;
  const line = (epoch, stroke, dashes, width) => {
    const x = Math.round(plot.valToPos(epoch, "x", true));
    ctx.save();
    ctx.strokeStyle = stroke;
    ctx.lineWidth = width * devicePixelRatio;
    ctx.setLineDash(dashes.map((d) => d * devicePixelRatio));
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.restore();
  };
  for (const epoch of plot.changes ?? []) line(epoch, colour("--soft"), [3, 3], 1);
  line(plot.now ?? 0, colour("--ink"), [], 1.5);
}
