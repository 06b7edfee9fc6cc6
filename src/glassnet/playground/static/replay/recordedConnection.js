// In place of the line to the server: what the page asks for is looked up in what the file holds.

import { unpack } from "../frameDecoder.js";
import { count } from "../numberFormat.js";
import { show, store, update } from "../store.js";
import { seen } from "../units.js";

const BEAT = 90; // milliseconds a moment is shown for
let frames = []; // the packed moments, in their order
let curves = {};
let at = 0;
let timer = null;
let asked = 0; // commands

/** Do what a recording can do; what would change the training is not asked for here. The command's number. */
export function ask(what, more = {}) {
  asked += 1;
  ({ go, play, pause, explain, gradient: turn, first: () => step(-at), last: () => step(frames.length),
    next: () => step(1), previous: () => step(-1) })[what]?.(more, asked);
  return asked;
}

/** Open what the file holds, and show its last moment. */
export async function connect() {
  const [scene, lines, moments] = await Promise.all([part("scene"), part("curves"), part("frames")]);
  const { diagnosis, ...rest } = JSON.parse(new TextDecoder().decode(scene));
  curves = unpack(lines);
  frames = [...cut(moments)];
  epochs = frames.map((frame) => unpack(frame).epoch);
  const spec = { features: rest.features.map(({ name }) => name), hidden: rest.sizes.slice(1, -1), activation: rest.activation };
  update({ link: "open", recorded: true, speed: null, scene: { ...rest, kept: kept(rest), recorded: true }, spec, story: { spec, changes: [] },
    diagnosis: { epoch: epochs.at(-1), found: diagnosis } });
  at = frames.length - 1;
  draw();
}

let epochs = []; // of the moments

/** A sentence on the moments whose calculations are in the file; that of the nearest is shown. */
function kept({ explained_epochs: epochs }) {
  return epochs.length ? ` Those after epochs ${epochs.map(count).join(", ")} are in this file: the nearest is shown.` : "";
}

/** The unpacked bytes of a part of the file. */
async function part(name) {
  const text = atob(document.getElementById(name).textContent);
  const bytes = new Uint8Array(text.length);
  for (let k = 0; k < text.length; k++) bytes[k] = text.charCodeAt(k); // Uint8Array.from takes many times as long
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

function* cut(buffer) {
  const view = new DataView(buffer);
  for (let from = 0; from < buffer.byteLength;) {
    const length = Number(view.getBigUint64(from, true));
    yield buffer.slice(from + 8, from + 8 + length);
    from += 8 + length;
  }
}

function draw() {
  const before = store.frame;
  const { gradient, ...frame } = unpack(frames[at]);
  const playing = timer !== null;
  const shown = { ...frame, ...curves, ...(store.gradient && { gradient }), playing };
  show(shown, () => {});
  if (!before || before.playing !== playing || before.ended !== frame.ended) update({ frame: shown });
}

function step(by) {
  pause();
  at = Math.min(Math.max(at + by, 0), frames.length - 1);
  draw();
}

/** To the moment nearest to an epoch, and to another than now if another epoch is asked for. */
function go({ epoch }) {
  const now = epochs[at];
  let nearest = 0;
  epochs.forEach((e, k) => { if (Math.abs(e - epoch) < Math.abs(epochs[nearest] - epoch)) nearest = k; });
  step(nearest === at && epoch !== now ? Math.sign(epoch - now) : nearest - at);
}

function play() {
  if (at === frames.length - 1) at = 0;
  timer ??= setInterval(() => {
    at += 1;
    if (at >= frames.length - 1) pause();
    else draw();
  }, BEAT);
  draw();
}

function pause() {
  if (timer === null) return;
  clearInterval(timer);
  timer = null;
  at = Math.min(at, frames.length - 1);
  draw();
}

function turn() {
  draw();
}

/** The calculation of the nearest point at the nearest moment, of those that were written down. */
async function explain({ row, x }, number) {
  const { explained, explained_epochs, inputs, numbers, points } = store.scene;
  if (!explained.length) return;
  const place = x ? x.map((v, k) => seen(inputs[k], v)) : points[row];
  const away = (number) => Math.hypot(...points[numbers.indexOf(number)].map((v, k) => v - place[k]));
  const sample = explained.reduce((best, number) => (away(number) < away(best) ? number : best));
  const moment = closest(explained_epochs, epochs[at]);
  const places = JSON.parse(new TextDecoder().decode(await part(`explanations-${moment}`)));
  const nth = explained.indexOf(sample);
  const html = places.map(([pieces, which]) => pieces[which ? which[nth] : 0]).join("");
  if (store.explaining === number) update({ explanation: { html, epoch: explained_epochs[moment] }, explaining: null });
}

function closest(values, value) {
  let best = 0;
  values.forEach((v, k) => { if (Math.abs(v - value) < Math.abs(values[best] - value)) best = k; });
  return best;
}
