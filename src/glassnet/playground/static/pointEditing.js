// Points made by hand: painted, moved and taken away, with mouse, finger or keys. What is done from
// touching the plane to leaving it is one stroke, and one step to undo.

import { html } from "./vendor/htm-preact.js";
import { ask } from "./connection.js";
import { NumberField } from "./FormFields.js";
import { Mark, shape } from "./PointMarker.js";
import { announce } from "./LiveRegion.js";
import { store, update, useStore } from "./store.js";
import { labelColour, named, own, ownPlace, written } from "./units.js";

const MODES = { explore: "explore", paint: "paint", move: "move", erase: "erase" };
const MOST_CLASSES = 8;
const MOST_POINTS = 1000;
const REACH = { mouse: 0.05, touch: 0.1, keys: 0.15 }; // of half the plane's width
const SPACING = 0.09; // between two points of a painted line

/** What is painted: the class that was chosen, or the value. */
export function brushOf(scene, { brush, value } = store) {
  if (scene.n_classes) return brush < scene.n_classes ? brush : 0;
  return value ?? Number(written(own(scene.target, scene.answers[1])).replace("−", "-"));
}

/** What a touch of the plane does, and with which class or value. */
export function Tools({ scene, run }) {
  const known = useStore();
  const { mode, empties } = known;
  const choose = (other) => update({ mode: other, empties: false });
  return html`<div class="painting" data-control="painting">
    <div class="seg" role="group" aria-label="What a touch of the plane does">${Object.entries(MODES).map(([key, name]) => html`
      <button key=${key} aria-pressed=${mode === key} onClick=${() => choose(key)}>${name}</button>`)}</div>
    ${mode === "paint" && html`<div class="brushes" role="group" aria-label="What is painted">
      ${scene.n_classes ? html`<${ClassBrushes} scene=${scene} run=${run} />`
    : html`<${NumberField} label=${scene.target.name} width=${5} value=${brushOf(scene, known)} onCommit=${(value) => update({ value })} />`}
      <button aria-pressed=${Boolean(empties)} title="The next stroke takes the place of all points" onClick=${() => update({ empties: !empties })}>start empty</button>
    </div>`}
  </div>`;
}

function ClassBrushes({ scene, run }) {
  const brush = brushOf(scene, useStore());
  const added = () => {
    const free = [...Array(MOST_CLASSES + 1).keys()].map(String).find((name) => !scene.classes.includes(name));
    ask("paint", { classes: [...scene.classes, free], of: run });
    update({ brush: scene.n_classes });
  };
  return html`${scene.classes.map((name, k) => html`<button key=${k} class="brush" aria-pressed=${k === brush}
      aria-label=${`Paint class ${name}`} onClick=${() => update({ brush: k })}><${Mark} label=${k} colour=${labelColour(scene, k)} />${name}</button>`)}
    <button disabled=${scene.n_classes >= MOST_CLASSES} onClick=${added}>+ class</button>`;
}

export function closest(points, x, y, reach) {
  let best = null;
  points.forEach(([a, b], k) => {
    const away = Math.hypot(a - x, b - y);
    if (away < reach) { reach = away; best = k; }
  });
  return best;
}

/** The numbers of a new point at a place; of inputs beside the axes it has the means. */
function made(scene, place) {
  return [...ownPlace(scene, place), ...scene.inputs.slice(2).map(({ mean }) => mean), brushOf(scene)];
}

function moved(scene, row, place) {
  return [...ownPlace(scene, place), ...scene.rows[row].slice(2), scene.labels[row]];
}

/** What a plane is to a stroke: its scene, its marks, and the spot at which a place is drawn. */
export class Stroke {
  constructor(plane, reach) {
    Object.assign(this, { plane, mode: store.mode, reach: reach * plane.scene.extent, added: [], erased: new Set(), row: null, place: null });
  }

  begin(place) {
    const { scene } = this.plane;
    if (this.mode === "move") this.row = closest(scene.points, ...place, this.reach);
    if (store.empties) for (const mark of this.plane.marks.children) mark.style.display = "none";
    this.go(place);
  }

  go(place) {
    if (this.mode === "paint") this.paint(place);
    if (this.mode === "move" && this.row !== null) this.carry(place);
    if (this.mode === "erase") this.erase(place);
  }

  /** Ask for what the stroke did. */
  end() {
    const { scene, run } = this.plane;
    const paint = (edit) => ask("paint", { ...edit, of: run });
    if (this.added.length) {
      paint({ add: this.added, ...(store.empties ? { remove: "all" } : {}) });
      announce(`${this.added.length === 1 ? `A point of ${named(scene, brushOf(scene))} is` : `${this.added.length} points are`} painted.`);
      update({ empties: false });
    }
    if (this.place && this.row !== null) paint({ put: [[this.row, moved(scene, this.row, this.place)]] });
    if (this.erased.size) paint({ remove: [...this.erased] });
  }

  paint(place) {
    const { scene, pending, spot } = this.plane;
    const far = !this.last || Math.hypot(place[0] - this.last[0], place[1] - this.last[1]) >= SPACING * scene.extent;
    const there = store.empties ? 0 : scene.points.length;
    if (!far || Math.abs(place[0]) > scene.extent || Math.abs(place[1]) > scene.extent || there + this.added.length >= MOST_POINTS) return;
    this.last = place;
    this.added.push(made(scene, place));
    const mark = document.createElementNS("http://www.w3.org/2000/svg", "path");
    mark.setAttribute("class", "point");
    mark.setAttribute("d", shape(scene.n_classes && brushOf(scene), 6, false, ...spot(place)));
    mark.style.fill = labelColour(scene, brushOf(scene));
    pending.append(mark);
  }

  carry(place) {
    const { scene: { extent, points }, marks, spot } = this.plane;
    this.place = place.map((x) => Math.min(extent, Math.max(-extent, x)));
    const [from, to] = [points[this.row], this.place].map(spot);
    marks.children[this.row].setAttribute("transform", `translate(${to[0] - from[0]} ${to[1] - from[1]})`);
  }

  erase(place) {
    const { scene, marks } = this.plane;
    const left = scene.points.map((point, k) => (this.erased.has(k) ? [Infinity, Infinity] : point));
    const row = closest(left, ...place, this.reach);
    if (row === null) return;
    this.erased.add(row);
    marks.children[row].style.display = "none";
  }
}

export const reachOf = (event) => REACH[event.pointerType === "touch" ? "touch" : "mouse"];

/** A key in the plane that changes points; whether it was one. */
export function keyed(event, plane, hand, cross, setCross) {
  const { scene } = plane;
  const { key } = event;
  if (key === "Delete" || key === "Backspace") { remove(plane, cross); return true; }
  if (store.mode === "paint" && /^[1-8]$/.test(key) && Number(key) <= scene.n_classes) { update({ brush: Number(key) - 1 }); return true; }
  if (key === "Escape" && hand.current) { hand.current = null; plane.reset(); announce("The point stays where it was."); return true; }
  if ((key !== "Enter" && key !== " ") || store.mode === "explore") return false;
  if (store.mode === "erase") remove(plane, cross);
  else if (store.mode === "paint") touch(plane, cross);
  else if (hand.current) { hand.current.end(); hand.current = null; announce("The point is put down."); }
  else pick(plane, hand, cross, setCross);
  return true;
}

function touch(plane, place) {
  const stroke = new Stroke(plane, 0);
  stroke.begin(place);
  stroke.end();
}

/** Take the point nearest to the cross, which goes there; arrows then carry it. */
function pick(plane, hand, cross, setCross) {
  const { scene } = plane;
  const row = closest(scene.points, ...cross, Infinity);
  setCross(scene.points[row]);
  hand.current = new Stroke(plane, Infinity);
  hand.current.row = row;
  announce(`Point ${row} is taken: arrows move it, Enter puts it down.`);
}

function remove(plane, cross) {
  const { scene, run } = plane;
  const row = closest(scene.points, ...cross, REACH.keys * scene.extent);
  if (row === null) { announce("No point is near the cross."); return; }
  ask("paint", { remove: [row], of: run });
  announce(`Point ${row} is removed.`);
}
