// The network on one canvas: links, the neurons' pictures, and their biases.

import { onTheme, sharp, styled, theme } from "./colours.js";
import { onFrame, withFrame } from "./frames.js";
import { Heatmaps } from "./heatmap.js";
import { page } from "./state.js";

const FLOWING = 160; // links that move; more would cost drawing time
const SLOW = 100; // epochs a second, up to which they move while training
const DASHES = [9, 5];
const PERIOD = 14;
const AT_ONCE = 300; // links drawn in a frame that plays: the layers of a large network take turns
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Draw on a canvas with each frame of a run. Return how to draw now, and how to stop. */
export function drawNetwork(canvas, plan, links, cells, run) {
  const pen = sharp(canvas, plan.width, plan.height, { alpha: false });
  const neurons = plan.layers.flat();
  const pictures = new Heatmaps(cells, neurons.length);
  const stripes = stripesOf(plan, links);
  let turn = 0; // of a stripe
  let moving = null; // the request to draw again
  const draw = (frame) => {
    cancelAnimationFrame(moving);
    pictures.column(frame.neurons);
    const isMoving = links.length <= FLOWING && flows(frame);
    const look = looks(links, frame, plan.isDense);
    let room = Infinity;
    if (frame.playing) room = AT_ONCE;
    else clear(pen, 0, plan.width, plan.height);
    for (let n = 0; n < stripes.length && room > 0; n++) {
      drawStripe(pen, stripes[turn], plan.height, look, isMoving && offset(frame));
      room -= stripes[turn].links.length;
      turn = (turn + 1) % stripes.length;
    }
    drawNeurons(pen, neurons, pictures);
    neurons.forEach((neuron) => drawBias(pen, neuron, frame.parameters[neuron.bias]));
    if (isMoving && !still.matches) moving = requestAnimationFrame(() => withFrame(draw, run));
  };
  const stops = [onFrame(draw, 0, run), onTheme(() => withFrame(draw, run))];
  return {
    draw: () => withFrame(draw, run),
    stop: () => {
      stops.forEach((stop) => stop());
      cancelAnimationFrame(moving);
    },
  };
}

function flows({ phase, playing }) {
  const isSlow = page.speed !== null && page.speed <= SLOW;
  return phase === "forward" || phase === "backward" || (playing && isSlow)
    || (page.hasCallouts && !page.lesson && !still.matches);
}

/** How far the dashes have moved by now: forward, or back where the phase goes back. */
function offset({ phase }) {
  const moved = still.matches ? 0 : (PERIOD * performance.now()) / (phase ? 700 : 1000) % PERIOD;
  return phase === "backward" ? moved : -moved;
}

/** The links before each layer, and what of the width is theirs alone. */
function stripesOf({ layers, width }, links) {
  const edges = [0, ...layers.map(([neuron]) => neuron.right)];
  return layers.map((_, l) => ({ from: edges[l], to: l + 1 < layers.length ? edges[l + 1] : width,
    links: links.filter(({ layer }) => layer === l + 1) }));
}

/** How a link looks: by its weight, or by its gradient where that is shown. */
function looks(links, frame, isDense) {
  const chosen = page.selected?.run === frame.run ? page.selected.place : null;
  const isSlope = frame.gradient && (frame.phase ? frame.phase === "backward" : page.gradient);
  const values = isSlope ? frame.gradient : frame.parameters;
  const most = links.reduce((size, { place }) => Math.max(size, Math.abs(values[place])),
    isSlope ? 0 : 3) || 1;
  return ({ place }) => {
    const share = Math.abs(values[place]) / most;
    return { alpha: 0.28 + 0.67 * Math.sqrt(share), isChosen: place === chosen,
      colour: values[place] < 0 ? theme.negative : theme.positive,
      width: isDense ? 0.6 + 3.6 * share ** 2 : 0.8 + 7.2 * share };
  };
}

function clear(pen, from, to, height) {
  pen.fillStyle = styled("--card");
  pen.fillRect(from, 0, to - from + 1, height + 1); // of the last pixel there may be a part
}

/** Draw the links before a layer; in dashes that have moved so far, unless that is false. */
function drawStripe(pen, { from, to, links }, height, look, moved) {
  clear(pen, from, to, height);
  pen.setLineDash(moved === false ? [] : DASHES);
  pen.lineDashOffset = moved || 0;
  const looking = links.map((link) => ({ link, ...look(link) }));
  for (const one of looking) stroke(pen, one.link, one);
  pen.setLineDash([]);
  for (const { link, colour, width } of looking.filter(({ isChosen }) => isChosen)) {
    stroke(pen, link, { colour: styled("--ink"), alpha: 1, width: width + 4 });
    stroke(pen, link, { colour, alpha: 1, width: width + 1 });
  }
  pen.globalAlpha = 1;
}

/** One link; it has risen as networkLayout.js says. */
function stroke(pen, { xa, ya, xb, yb }, { colour, alpha, width }) {
  const third = (xb - xa) / 3;
  pen.strokeStyle = colour;
  pen.globalAlpha = alpha;
  pen.lineWidth = width;
  pen.beginPath();
  pen.moveTo(xa, ya);
  pen.bezierCurveTo(xa + third, ya, xb - third, yb, xb, yb);
  pen.stroke();
}

function drawNeurons(pen, neurons, { canvas, cells }) {
  neurons.forEach(({ x, y, size }, k) => pen.drawImage(
    canvas, 0, k * cells, cells, cells, x - size / 2, y - size / 2, size, size));
}

/** The dot of a bias at the lower left corner, with a rim of paper; none for a bias of 0. */
function drawBias(pen, { x, y, size }, bias) {
  if (bias === 0) return;
  const unit = Math.min(size / 50, 1);
  const radius = unit * (2.5 + 4 * Math.tanh(Math.abs(bias) / 4));
  const disc = (r, colour) => {
    pen.fillStyle = colour;
    pen.beginPath();
    pen.arc(x - size / 2 + 3 * unit, y + size / 2 - unit, r, 0, 2 * Math.PI);
    pen.fill();
  };
  disc(radius + 1.5 * unit, styled("--card"));
  disc(radius, bias < 0 ? theme.negative : theme.positive);
}
