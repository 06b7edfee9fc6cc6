// The network on one canvas: links, the neurons' pictures, and their biases.

import { onTheme, rgb, sharp, styled, theme, word } from "./colours.js";
import { onFrame, withFrame } from "./frames.js";
import { Heatmaps } from "./heatmapRaster.js";
import { LayerRaster, rounded } from "./layerRaster.js";
import { page } from "./state.js";

const FLOWING = 160; // links that move; more would cost drawing time
const SLOW = 100; // epochs a second, up to which they move while training
const DASH = 9;
const PERIOD = DASH + 5;
// Links drawn in a frame, while it plays half as many: the layers of a large network take turns.
const AT_ONCE = 300;
const STEPS = 48; // of a link's width and strength
const RIM = 1.5; // of paper around the dot of a bias
const REACH = 8; // of the largest dot, with its rim
const still = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * Draw on a canvas with each frame of a run, in images that may be left over. Return how to draw
 * now, how to stop, and the images.
 */
export function drawNetwork(canvas, plan, links, cells, run, unused = []) {
  let drawing = begun(canvas, plan, links, unused);
  const images = () => drawing.stripes.map(({ stripe }) => stripe.image);
  let moving = null; // the request to draw again
  const draw = (frame) => {
    cancelAnimationFrame(moving);
    paint(drawing, frame, cells);
    if (!(drawing.dashes && !still.matches) && !drawing.owes) return;
    moving = requestAnimationFrame(() => withFrame(draw, run));
  };
  const stop = onFrame(draw, 0, run);
  const stopTheme = onTheme(() => {
    drawing = begun(canvas, plan, links, images());
    withFrame(draw, run);
  });
  return {
    draw: () => withFrame(draw, run),
    stop: () => {
      stop();
      stopTheme();
      cancelAnimationFrame(moving);
    },
    images,
  };
}

function begun(canvas, plan, links, unused) {
  const [paper, ink] = ["--card", "--ink"].map(styled);
  const colours = [theme.positive, theme.negative].map((colour) => word(rgb(colour)));
  const pen = sharp(canvas, plan.width, plan.height, { alpha: false });
  pen.fillStyle = paper;
  pen.fillRect(0, 0, canvas.width, canvas.height); // of the last pixel there may be a part
  const fine = pen.getTransform().a; // pixels of the screen in one of the page's
  const size = Math.round(plan.layers[0][0].size * fine);
  return {
    pen, fine, ink: word(rgb(ink)), colours, looks: looksOf(colours, plan.isDense, fine),
    stripes: stripesOf(plan, links, canvas.height, fine, size, word(rgb(paper)), unused), next: 0,
    few: links.length <= FLOWING, dashes: null, chosen: null, drawn: null,
    pictures: new Heatmaps(), size, covers: rounded(size, 0.22 * size),
  };
}

/** Each layer with the links before it, in whole pixels: one is drawn without touching others. */
function stripesOf(plan, links, height, fine, size, paper, unused) {
  let end = Math.floor(fine * plan.features[0].right);
  return plan.layers.map((layer, l) => {
    const own = links.filter((link) => link.layer === l + 1);
    const neurons = layer.map((neuron) => neuronOf(neuron, fine, size));
    const left = end;
    end = Math.max(...neurons.map((neuron) => neuron.left)) + size;
    const place = { left, xa: fine * own[0].xa, xb: fine * own[0].xb };
    const stripe = new LayerRaster(imageOf(end - left, height, unused), place, paper);
    return { stripe, links: own, neurons, steps: new Int16Array(own.length).fill(-1), dots: [] };
  });
}

/** An image of this size: one that is not used any more, since a new one takes long to make. */
function imageOf(width, height, unused) {
  const at = unused.findIndex((image) => image.width === width && image.height === height);
  return at < 0 ? new ImageData(width, height) : unused.splice(at, 1)[0];
}

/** Where a neuron's picture is, and the dot for its bias at the lower left corner. */
function neuronOf({ x, y, size, bias }, fine, pixels) {
  const [left, top] = [x - size / 2, y - size / 2].map((v) => Math.round(v * fine));
  const unit = fine * Math.min(size / 50, 1);
  return { left, top, bias, unit, dot: [left + 3 * unit, top + pixels - unit] };
}

/** The look of each step, of positive and then of negative values; of many links thinner ones. */
function looksOf(colours, dense, fine) {
  const width = (share) => (dense ? 0.6 + 3.6 * share ** 2 : 0.8 + 7.2 * share);
  const shares = Array.from({ length: STEPS + 1 }, (_, step) => step / STEPS);
  return colours.flatMap((colour) => shares.map((share) => (
    { colour, opacity: 0.28 + 0.67 * Math.sqrt(share), width: fine * width(share) })));
}

function paint(drawing, frame, cells) {
  const chosen = page.selected?.run === frame.run ? page.selected.place : null;
  const { fine, few } = drawing;
  const dashes = few && flows(frame)
    ? { dash: fine * DASH, period: fine * PERIOD, offset: fine * offset(frame) } : null;
  const all = dashes || drawing.dashes || chosen !== drawing.chosen;
  Object.assign(drawing, { dashes, chosen });
  drawNeurons(drawing, frame, cells, drawLinks(drawing, frame, all));
}

function flows({ phase, playing }) {
  const isSlow = page.speed !== null && page.speed <= SLOW;
  return phase === "forward" || phase === "backward" || (playing && isSlow);
}

/** How far the dashes have moved by now: forward, or back where the phase goes back. */
function offset({ phase }) {
  if (still.matches) return 0;
  const moved = (PERIOD * performance.now()) / (phase ? 700 : 1000) % PERIOD;
  return phase === "backward" ? -moved : moved;
}

/** Draw links by weight, or by gradient where it is shown. Return the stripes that were drawn. */
function drawLinks(drawing, frame, all) {
  const { stripes } = drawing;
  const slope = frame.gradient && (frame.phase ? frame.phase === "backward" : true);
  const values = slope ? frame.gradient : frame.parameters;
  let most = slope ? 0 : 3;
  for (const { links } of stripes) {
    for (const { place } of links) most = Math.max(most, Math.abs(values[place]));
  }
  const drawn = new Set();
  let left = all ? Infinity : frame.playing ? AT_ONCE / 2 : AT_ONCE;
  for (let n = 0; n < stripes.length && left > 0; n++) {
    const own = stripes[drawing.next];
    drawing.next = (drawing.next + 1) % stripes.length;
    if (!stepped(own, values, most || 1) && !all) continue;
    drawLinksOf(own, drawing);
    drawn.add(own);
    left -= own.links.length;
  }
  drawing.owes = left <= 0 && !frame.playing; // then no other frame comes to draw the rest
  return drawn;
}

/** Find the step of each link. Return whether any has another now. */
function stepped({ links, steps }, values, most) {
  let changed = false;
  for (let k = 0; k < steps.length; k++) {
    const value = values[links[k].place];
    const size = Math.round(STEPS * Math.min(Math.abs(value) / most, 1));
    const step = size + (value < 0 ? STEPS + 1 : 0);
    changed ||= step !== steps[k];
    steps[k] = step;
  }
  return changed;
}

function drawLinksOf({ stripe, links, steps }, { looks, chosen, dashes, fine, ink }) {
  const draw = ({ ya, yb }, look, broken = null) => stripe.link(fine * ya, fine * yb, look, broken);
  stripe.clearLinks();
  for (let k = 0; k < steps.length; k++) draw(links[k], looks[steps[k]], dashes);
  const at = links.findIndex(({ place }) => place === chosen);
  if (at < 0) return;
  const { colour, width } = looks[steps[at]];
  draw(links[at], { colour: ink, opacity: 1, width: width + 4 * fine });
  draw(links[at], { colour, opacity: 1, width: width + fine });
}

/** Draw the neurons that look different now, or beside which links were drawn; show what was. */
function drawNeurons(drawing, frame, cells, linked) {
  const { pen, stripes, pictures, size } = drawing;
  const others = frame === drawing.drawn ? [] : pictures.column(frame.neurons, cells, size);
  drawing.drawn = frame;
  let k = 0;
  for (const own of stripes) {
    const { stripe, neurons, dots } = own;
    let any = false;
    neurons.forEach((neuron, i) => {
      const radius = radiusOf(frame.parameters[neuron.bias]);
      if (others[k] || linked.has(own) || radius !== dots[i]) {
        const pixels = pictures.words.subarray(k * size ** 2, (k + 1) * size ** 2);
        drawNeuron(stripe, neuron, pixels, radius, drawing);
        any = true;
      }
      dots[i] = radius;
      k += 1;
    });
    if (linked.has(own)) stripe.put(pen);
    else if (any) stripe.put(pen, stripe.linked - Math.ceil(REACH * neurons[0].unit));
  }
}

function drawNeuron(stripe, { left, top, unit, dot: [x, y] }, pixels, radius, drawing) {
  const { covers, colours: [positive, negative] } = drawing;
  const reach = Math.ceil(REACH * unit); // of any dot that may have been there
  stripe.clear(Math.floor(x) - reach, Math.floor(y) - reach, 2 * reach + 1);
  stripe.picture(left, top, pixels, covers);
  stripe.disc(x, y, unit * (Math.abs(radius) + RIM), stripe.paper);
  stripe.disc(x, y, unit * Math.abs(radius), radius < 0 ? negative : positive);
}

/** The radius of a bias's dot, in eighths of its unit; below 0 for a bias that is. */
function radiusOf(bias) {
  return (bias < 0 ? -1 : 1) * Math.round(8 * (2.5 + 4 * Math.tanh(Math.abs(bias) / 4))) / 8;
}
