// The network on one canvas: links, the neurons' pictures, and their biases.

import { onTheme, rgb, sharp, theme, word } from "/colours.js";
import { Pixels } from "/shades.js";
import { onFrame, store, withFrame } from "/store.js";
import { Strokes } from "/strokes.js";

const FLOWING = 160; // links that move; more would cost drawing time
const SLOW = 100; // epochs a second, up to which they move while training
const DASH = 9;
const PERIOD = DASH + 5;
const AT_ONCE = 300; // links drawn in a frame: of a large network the gaps between layers take turns
const STEPS = 48; // of a link's width and strength
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Draw on a canvas with each frame of a run. Returns how to draw now, and how to stop. */
export function wire(canvas, plan, links, cells, run) {
  let drawing = begun(canvas, plan, links);
  let moving = null; // the request to draw again
  const draw = (frame) => {
    cancelAnimationFrame(moving);
    paint(drawing, frame, cells);
    if ((drawing.dashed && !still.matches) || drawing.owes) moving = requestAnimationFrame(() => withFrame(draw, run));
  };
  const stop = onFrame(draw, 0, run);
  const stopTheme = onTheme(() => { drawing = begun(canvas, plan, links); withFrame(draw, run); });
  return {
    draw: () => withFrame(draw, run),
    stop: () => { stop(); stopTheme(); cancelAnimationFrame(moving); },
  };
}

function begun(canvas, plan, links) {
  const style = getComputedStyle(document.documentElement); // the canvas's own would be computed with all that has just changed
  const [paper, ink] = ["--card", "--ink"].map((name) => style.getPropertyValue(name).trim());
  const pen = sharp(canvas, plan.width, plan.height, { alpha: false });
  pen.fillStyle = paper;
  pen.fillRect(0, 0, canvas.width, canvas.height); // to the last pixel, of which a part may be left over
  const fine = pen.getTransform().a; // pixels of the screen in one of the page's
  return {
    pen, plan, paper, fine, looks: looks(plan.dense, fine), paperWord: word(rgb(paper)), inkWord: word(rgb(ink)),
    gaps: plan.layers.map((_, l) => gapOf(links.filter(({ layer }) => layer === l + 1), canvas.height, fine)), turn: 0,
    few: links.length <= FLOWING, dashed: false, chosen: null,
    pictures: new Pixels(), corners: corners(Math.round(plan.layers[0][0].size * fine), paper), biases: [],
  };
}

/** The gap before a layer, in whole pixels: the links in one can be drawn anew without touching any other. */
function gapOf(links, height, fine) {
  const [xa, xb] = [links[0].xa * fine, links[0].xb * fine];
  const left = Math.floor(xa);
  const strokes = new Strokes(left, Math.ceil(xb) - left, height, xa, xb);
  return { links, strokes, steps: new Int16Array(links.length).fill(-1), isFresh: false };
}

/** Colour and width of each step, of positive and then of negative values; weak links of many are no wider than a pixel. */
function looks(dense, fine) {
  const width = (share) => (dense ? 0.6 + 3.6 * share ** 2 : 0.8 + 7.2 * share);
  return [theme.positive, theme.negative].flatMap((colour) => Array.from({ length: STEPS + 1 }, (_, step) => (
    { colour: word(rgb(colour)), opacity: 0.28 + 0.67 * Math.sqrt(step / STEPS), width: fine * width(step / STEPS) })));
}

/** What covers the corners of a picture of so many pixels, so that it looks round. */
function corners(pixels, paper) {
  const canvas = Object.assign(document.createElement("canvas"), { width: pixels, height: pixels });
  const pen = canvas.getContext("2d");
  pen.fillStyle = paper;
  pen.fillRect(0, 0, pixels, pixels);
  pen.globalCompositeOperation = "destination-out";
  pen.beginPath();
  pen.roundRect(0, 0, pixels, pixels, 0.22 * pixels);
  pen.fill();
  return canvas;
}

function paint(drawing, frame, cells) {
  const chosen = store.selected?.run === frame.run ? store.selected.place : null;
  const dashed = drawing.few && flows(frame);
  const all = dashed || drawing.dashed || chosen !== drawing.chosen;
  Object.assign(drawing, { dashed, chosen });
  drawing.offset = dashed ? offset(frame) : 0;
  drawLinks(drawing, frame, all);
  drawNeurons(drawing, frame, cells);
}

function flows({ phase, playing }) {
  return phase === "forward" || phase === "backward" || (playing && store.speed !== null && store.speed <= SLOW);
}

/** How far the dashes have moved by now: forward, or back where the phase goes back. */
function offset({ phase }) {
  if (still.matches) return 0;
  const moved = (PERIOD * performance.now()) / (phase ? 700 : 1000) % PERIOD;
  return phase === "backward" ? -moved : moved;
}

/** Width and colour by weight; by gradient where that is asked for or a phase shows it. */
function drawLinks(drawing, frame, all) {
  const { gaps } = drawing;
  const slope = frame.gradient && (frame.phase ? frame.phase === "backward" : true);
  const values = slope ? frame.gradient : frame.parameters;
  let most = slope ? 0 : 3;
  for (const { links } of gaps) for (const { place } of links) most = Math.max(most, Math.abs(values[place]));
  let left = all ? Infinity : AT_ONCE;
  for (let n = 0; n < gaps.length && left > 0; n++) {
    const gap = gaps[drawing.turn];
    drawing.turn = (drawing.turn + 1) % gaps.length;
    if (stepped(gap, values, most || 1) || all) {
      drawGap(drawing, gap);
      left -= gap.links.length;
    }
  }
  drawing.owes = left <= 0 && !frame.playing; // then no other frame comes to draw the rest
}

/** Find each link's step anew. Whether any has another now. */
function stepped({ links, steps }, values, most) {
  let changed = false;
  for (let k = 0; k < steps.length; k++) {
    const value = values[links[k].place];
    const step = Math.round(STEPS * Math.min(Math.abs(value) / most, 1)) + (value < 0 ? STEPS + 1 : 0);
    if (step !== steps[k]) { steps[k] = step; changed = true; }
  }
  return changed;
}

function drawGap({ pen, looks, chosen, dashed, fine, paperWord, inkWord, offset }, gap) {
  const { strokes, links, steps } = gap;
  const dashes = dashed ? { dash: fine * DASH, period: fine * PERIOD, offset: fine * offset } : null;
  const draw = ({ ya, yb }, look, dashes) => strokes.draw(fine * ya, fine * yb, look, dashes);
  strokes.clear(paperWord);
  for (let k = 0; k < steps.length; k++) draw(links[k], looks[steps[k]], dashes);
  const at = links.findIndex(({ place }) => place === chosen);
  if (at >= 0) {
    const { colour, width } = looks[steps[at]];
    draw(links[at], { colour: inkWord, opacity: 1, width: width + 4 * fine });
    draw(links[at], { colour, opacity: 1, width: width + fine });
  }
  pen.putImageData(strokes.image, strokes.left, 0);
  gap.isFresh = true;
}

/** Draw those neurons whose picture or bias looks different now, or beside which links were drawn. */
function drawNeurons(drawing, frame, cells) {
  const { pen, paper, pictures, corners, gaps, biases, fine } = drawing;
  const others = pictures.column(frame.neurons, cells, corners.width);
  const changed = [];
  let k = 0;
  drawing.plan.layers.forEach((layer, l) => {
    const beside = gaps[l].isFresh || gaps[l + 1]?.isFresh;
    for (const neuron of layer) {
      const bias = dot(neuron, frame.parameters[neuron.bias]);
      if (others[k] || beside || bias !== biases[k]) changed.push({ k, neuron, bias, ...corner(neuron, fine) });
      biases[k++] = bias;
    }
  });
  for (const gap of gaps) gap.isFresh = false;
  // One kind after the other: pixels that are put wait for all that was drawn before.
  for (const { neuron } of changed) clearBias(pen, paper, neuron);
  for (const { k, left, top } of changed) putPicture(pen, pictures.image, k, left, top, corners.width);
  for (const { neuron, bias, left, top } of changed) {
    pen.drawImage(corners, left / fine, top / fine, corners.width / fine, corners.width / fine);
    drawBias(pen, paper, neuron, bias);
  }
}

/** The pixel at the upper left of a neuron. */
function corner({ x, y, size }, fine) {
  const [left, top] = [x - size / 2, y - size / 2].map((v) => Math.round(v * fine));
  return { left, top };
}

/** Put the picture of neuron k: it has the pixels of the screen. */
function putPicture(pen, image, k, left, top, pixels) {
  pen.putImageData(image, left, top - k * pixels, 0, k * pixels, pixels, pixels);
}

/** A bias is a dot at the lower left corner of its neuron, of a size that fits between two. */
const scaled = (size) => Math.min(size / 50, 1);

/** Its radius, in eighths of a pixel; below 0 for a bias that is. */
function dot({ size }, value) {
  const radius = (2.5 + 4 * Math.tanh(Math.abs(value) / 4)) * scaled(size);
  return (value < 0 ? -1 : 1) * Math.round(8 * radius) / 8;
}

/** Where its middle is, and how far the largest of them reaches. */
function dotAt({ x, y, size }) {
  const unit = scaled(size);
  return { left: x - size / 2 + 3 * unit, bottom: y + size / 2 - unit, rim: 1.5 * unit, reach: 8.5 * unit };
}

function clearBias(pen, paper, neuron) {
  const { left, bottom, reach } = dotAt(neuron);
  pen.fillStyle = paper;
  pen.fillRect(left - reach, bottom - reach, 2 * reach, 2 * reach);
}

function drawBias(pen, paper, neuron, radius) {
  const { left, bottom, rim } = dotAt(neuron);
  disc(pen, left, bottom, Math.abs(radius) + rim, paper);
  disc(pen, left, bottom, Math.abs(radius), radius < 0 ? theme.negative : theme.positive);
}

function disc(pen, x, y, radius, colour) {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
}
