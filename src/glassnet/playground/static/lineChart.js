// A chart of curves by epoch: axes, the epoch that is shown, and where something was changed.

import { onTheme, styled } from "./colours.js";
import { count } from "./numberFormat.js";
import { useLayoutEffect, useRef } from "./vendor/preact.js";
import uPlot from "./vendor/uplot.js";

const AXIS = 58;
const WHOLE = Array.from({ length: 7 }, (_, k) => [1, 2, 5].map((n) => n * 10 ** k)).flat();
export const LEAST = -1; // score that is drawn: R² has no bound below
export const SCALES = {
  log: { distr: 3, range: (_, low, high) => (
    low > 0 ? uPlot.rangeLog(low, high, 10, false) : [0.1, 1]) },
  linear: { distr: 1, range: (_, low, high) => [0, 1.05 * high || 1] },
  share: { distr: 1, range: () => [0, 1.03] },
  // Below 0 nearly every run begins: there is room for it while it is there, or ends there.
  score: { distr: 1, range: ({ data }) => (
    [data[1]?.findLast((v) => v !== null) < 0 ? LEAST - 0.03 : 0, 1.03]) },
};
const LABEL = 17; // pixels from one number of an axis to the next
const MOST_DECADES = 7; // with all their lines; of more, each n-th alone

/** Where the lines of a logarithmic axis are. */
export function decades(plot, axis, low, high) {
  const [least, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const step = Math.ceil((to - least) / MOST_DECADES);
  const from = step * Math.floor(least / step);
  const n = Math.floor((to - from) / step) + 1;
  const within = step === 1 ? [1, 2, 3, 4, 5, 6, 7, 8, 9] : [1];
  return Array.from({ length: n }, (_, k) => from + k * step)
    .flatMap((power) => within.map((digit) => digit * 10 ** power))
    .filter((v) => v >= low && v <= high);
}

/** Those of these lines that have room for a number: all, or each decade's 1, 2 and 5, or its 1. */
function numbered(plot, splits) {
  const { min, max } = plot.scales.y;
  const decade = plot.bbox.height / devicePixelRatio / Math.log10(max / min);
  const kept = decade * Math.log10(10 / 9) > LABEL ? /[1-9]/
    : decade * Math.log10(2) > LABEL ? /[125]/ : /1/;
  return splits.map((v) => (kept.test(v.toExponential(3)[0]) ? v : null));
}

function tick(value, scale) {
  if (value === null) return "";
  const text = Math.abs(value) >= 1e5 ? value.toExponential(0).replace("+", "")
    : String(Number(value.toPrecision(3)));
  return `${scale === "score" && value === LEAST ? "≤ " : ""}${text.replace("-", "−")}`;
}

/** A chart in a box. A series has a stroke, perhaps a width, dashes, and a band to another one. */
function lineChart(box, { scale, series, hooks = /** @type {any} */ ({}) }) {
  const grid = { stroke: styled("--line"), width: 1 };
  const font = "12px system-ui, sans-serif";
  const axis = { stroke: styled("--soft"), font, grid, ticks: { show: false } };
  const lines = scale === "log" ? { splits: decades, filter: numbered } : {};
  const numbers = (_, values) => values.map((value) => tick(value, scale));
  return new uPlot({
    width: box.clientWidth || 600, height: box.clientHeight || 120, padding: [10, 22, 0, 0],
    legend: { show: false }, cursor: { show: false },
    scales: { x: { time: false }, y: SCALES[scale] },
    axes: [
      { ...axis, size: 26, incrs: WHOLE, space: 64, values: (_, values) => values.map(count) },
      { ...axis, size: AXIS, ...lines, values: numbers }],
    series: [{}, ...series.map(({ stroke, width = 2, dash, alpha }) => ({
      stroke: styled(stroke), width, dash, alpha, spanGaps: true, points: { show: false } }))],
    bands: series.flatMap(({ band, to }, k) => (
      band ? [{ series: [k + 1, to ?? k], fill: styled(band) }] : [])),
    hooks: { init: [addCursor], ...hooks, draw: [markChanges, placeCursor, ...(hooks.draw ?? [])] },
  }, [[], ...series.map(() => [])], box);
}

/**
 * A chart in an element: built when what it needs or the theme is another, as large as it.
 * `connect` is given the chart, fills it, and returns how to stop.
 */
export function useLineChart(options, connect, needs) {
  const box = useRef();
  useLayoutEffect(() => {
    let plot = null;
    let stop = () => {};
    const close = () => {
      stop();
      plot?.destroy();
    };
    const build = () => {
      close();
      plot = lineChart(box.current, options);
      stop = connect(plot) ?? (() => {});
    };
    build();
    const watch = new ResizeObserver(() => (
      plot.setSize({ width: box.current.clientWidth, height: box.current.clientHeight })));
    watch.observe(box.current);
    const stopTheme = onTheme(build);
    return () => {
      stopTheme();
      watch.disconnect();
      close();
    };
  }, needs);
  return box;
}

/** Whether a list of values is another than before, if there was one. */
const isOther = (values, before) => (
  values.length !== before?.length || values.some((value, k) => value !== before[k]));

/** Draw tables of epochs and values; where only the epoch that is shown is another, move a line. */
export function fill(plot, tables, { epoch = undefined, last, changes = [] }) {
  plot.now = epoch;
  const values = [[last], changes, ...tables.flat()];
  const { values: before } = plot;
  if (values.length === before?.length && !values.some((some, k) => isOther(some, before[k]))) {
    placeCursor(plot);
    return;
  }
  Object.assign(plot, { values, changes });
  plot.setData(tables.length === 1 ? tables[0] : uPlot.join(tables));
  plot.setScale("x", { min: 0, max: Math.max(last, 10) });
}

/** A line at the epoch that is shown: on top, so that it moves without the curves. */
function addCursor(plot) {
  plot.cursorLine = document.createElement("i");
  plot.cursorLine.className = "cursor-line";
  plot.over.append(plot.cursorLine);
}

function placeCursor(plot) {
  plot.cursorLine.hidden = plot.now === undefined;
  const x = Math.round(plot.valToPos(plot.now ?? 0, "x")) - 1;
  plot.cursorLine.style.transform = `translateX(${x}px)`;
}

/** Mark the epochs where something was changed. */
function markChanges({ ctx, bbox, changes = [], valToPos }) {
  ctx.save();
  ctx.strokeStyle = styled("--soft");
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const epoch of changes) {
    const x = Math.round(valToPos(epoch, "x", true));
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}
