// In place of a session: what the page asks for is looked up in what the file holds.

import { attach } from "../connection.js";
import { unpack } from "../frameDecoder.js";
import { setFrame, show } from "../frames.js";
import { count } from "../numberFormat.js";
import { page, runs } from "../state.js";
import { seen } from "../units.js";

const BEAT = 90; // milliseconds a frame is shown for
let frames = []; // the packed frames, in their order
let epochs = []; // of each of them
let curves = {};
let at = 0;
let timer = null;

const ACTIONS = {
  go, play, pause, explain, gradient: draw,
  first: () => step(-at), last: () => step(frames.length),
  next: () => step(1), previous: () => step(-1),
};
// What would change the training is not asked for here.
attach(({ do: what, ...command }) => ACTIONS[what]?.(command));

/** Open what the file holds, and show its last frame. */
export async function openRecording() {
  const [text, lines, packed] = await Promise.all(["scene", "curves", "frames"].map(part));
  const { diagnosis, ...scene } = JSON.parse(new TextDecoder().decode(text));
  curves = unpack(lines);
  frames = [...cut(packed)];
  epochs = frames.map((frame) => unpack(frame).epoch);
  const spec = { features: scene.features.map(({ name }) => name),
    hidden: scene.sizes.slice(1, -1), activation: scene.activation };
  Object.assign(page, { link: "open", recorded: true, speed: null });
  Object.assign(runs.a, { scene: { ...scene, kept: noteOn(scene) }, spec,
    scenario: { spec, changes: [] }, diagnosis: { epoch: epochs.at(-1), found: diagnosis } });
  at = frames.length - 1;
  draw();
}

/** A sentence on the epochs whose calculations are in the file; the nearest of them is shown. */
function noteOn({ explained_epochs: explained }) {
  if (!explained.length) return "";
  const list = explained.map(count).join(", ");
  return ` Those after epochs ${list} are in this file: the nearest is shown.`;
}

/** The unpacked bytes of a part of the file. */
async function part(name) {
  const text = atob(document.getElementById(name).textContent);
  const bytes = new Uint8Array(text.length);
  for (let k = 0; k < text.length; k++) bytes[k] = text.charCodeAt(k); // many times Array.from
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
  const { gradient, ...frame } = unpack(frames[at]);
  const shown = { ...frame, ...curves, ...(page.gradient && { gradient }), run: "a",
    playing: timer !== null };
  const before = runs.a.status;
  show(shown, () => {});
  if (before?.playing === shown.playing && before.ended === shown.ended) return;
  setFrame("a", shown);
  runs.a.status = shown;
}

function step(by) {
  pause();
  at = Math.min(Math.max(at + by, 0), frames.length - 1);
  draw();
}

/** To the frame nearest to an epoch, and to another than now if another epoch is asked for. */
function go({ epoch }) {
  const now = epochs[at];
  const nearest = closest(epochs, epoch);
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

/** The calculation of the nearest point at the nearest epoch, of those that were written down. */
async function explain({ row, x, asked }) {
  const { explained, explained_epochs, inputs, numbers, points } = runs.a.scene;
  if (!explained.length) return;
  const place = x ? x.map((v, k) => seen(inputs[k], v)) : points[row];
  const distances = explained.map((number) => (
    Math.hypot(...points[numbers.indexOf(number)].map((v, k) => v - place[k]))));
  const sample = distances.indexOf(Math.min(...distances));
  const nth = closest(explained_epochs, epochs[at]);
  const pieces = JSON.parse(new TextDecoder().decode(await part(`explanations-${nth}`)));
  const html = pieces.map(([texts, which]) => texts[which ? which[sample] : 0]).join("");
  if (page.explaining !== asked) return;
  Object.assign(page, { explanation: { html, epoch: explained_epochs[nth] }, explaining: null });
}

/** Which of some values is closest to one. */
function closest(values, value) {
  const away = values.map((v) => Math.abs(v - value));
  return away.indexOf(Math.min(...away));
}
