// A chart of curves by epoch: axes, the moment that is shown, and where something was changed.

import { styled } from "./colours.js";
import { isOther } from "./heatmapRaster.js";
import uPlot from "./vendor/uplot.js";

const AXIS = 58;
const WHOLE = Array.from({ length: 7 }, (_, k) => [1, 2, 5].map((n) => n * 10 ** k)).flat();
export const LEAST = -1; // score that is drawn: R² has no bound below
export const SCALES = {
  log: { distr: 3, range: (_, low, high) => (low > 0 ? uPlot.rangeLog(low, high, 10, false) : [0.1, 1]) },
  linear: { distr: 1, range: (_, low, high) => [0, 1.05 * high || 1] },
  share: { distr: 1, range: () => [0, 1.03] },
  // Below 0 nearly every run begins: there is room for it while it is there, or ends there.
  score: { distr: 1, range: ({ data }) => [data[1]?.findLast((v) => v !== null) < 0 ? LEAST - 0.03 : 0, 1.03] },
};

const LABEL = 17; // pixels from one number of an axis to the next
const MOST_DECADES = 7; // with all their lines; of more, each so-manieth alone

/** Where the lines of a logarithmic axis are. */
function decades(plot, axis, low, high) {
  const [least, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const step = Math.ceil((to - least) / MOST_DECADES);
  const from = step * Math.floor(least / step);
  const whole = Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, k) => from + k * step);
  const within = step === 1 ? [1, 2, 3, 4, 5, 6, 7, 8, 9] : [1];
  return whole.flatMap((power) => within.map((n) => n * 10 ** power)).filter((v) => v >= low && v <= high);
}

/** Those of these lines that have room for a number: all, or each decade's 1, 2 and 5, or its 1. */
function numbered(plot, splits) {
  const { min, max } = plot.scales.y;
  const decade = plot.bbox.height / devicePixelRatio / Math.log10(max / min);
  const kept = decade * Math.log10(10 / 9) > LABEL ? /[1-9]/ : decade * Math.log10(2) > LABEL ? /[125]/ : /1/;
  return splits.map((v) => (kept.test(v.toExponential(3)[0]) ? v : null));
}

function tick(value) {
  const text = Math.abs(value) >= 1e5 ? value.toExponential(0).replace("+", "") : Number(value.toPrecision(3)).toString();
  return text.replace("-", "−");
}

/** A chart in a box. Each series has a colour and perhaps a width, dashes and a band to the one before. */
export function chart(box, scale, series, height, named) {
  const font = "12px system-ui, sans-serif";
  const grid = { stroke: styled("--line"), width: 1 };
  const axis = { stroke: styled("--soft"), font, grid, ticks: { show: false } };
  return new uPlot({
    width: box.clientWidth || 600,
    height,
    padding: [10, 22, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, y: SCALES[scale] },
    axes: [{ ...axis, size: 26, incrs: WHOLE, space: 64, values: (_, ticks) => ticks.map(named) },
      { ...axis, size: AXIS, ...(scale === "log" ? { splits: decades, filter: numbered } : {}),
        values: (_, ticks) => ticks.map((v) => (v === null ? "" : scale === "score" && v === LEAST ? `≤ ${tick(v)}` : tick(v))) }],
    series: [{}, ...series.map(({ stroke, width = 2, dash }) => (
      { stroke: styled(stroke), width, dash, spanGaps: true, points: { show: false } }))],
    bands: series.flatMap(({ band }, k) => (band ? [{ series: [k + 1, k], fill: styled(band) }] : [])),
    hooks: { init: [withMoment], draw: [markChanges, placeMoment] },
  }, [[], ...series.map(() => [])], box);
}

/** Draw tables of epochs and values and the moments of a frame; where only the one that is shown is another, the rest stays. */
export function fill(plot, tables, { epoch, last, changes }) {
  plot.now = epoch;
  const told = [[last], changes, ...tables.flat()];
  if (told.length === plot.told?.length && !told.some((numbers, k) => isOther(numbers, plot.told[k]))) {
    placeMoment(plot);
    return;
  }
  Object.assign(plot, { told, changes });
  plot.setData(tables.length === 1 ? tables[0] : uPlot.join(tables));
  plot.setScale("x", { min: 0, max: Math.max(last, 10) });
}

/** A line at the moment that is shown: on top, so that it moves without the curves. */
function withMoment(plot) {
  plot.moment = document.createElement("i");
  plot.moment.className = "moment";
  plot.over.append(plot.moment);
}

function placeMoment(plot) {
  plot.moment.style.transform = `translateX(${Math.round(plot.valToPos(plot.now ?? 0, "x")) - 1}px)`;
}

/** Where something was changed. */
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
