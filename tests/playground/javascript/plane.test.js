import assert from "node:assert/strict";
import test from "node:test";

import { rgb, theme, word } from "../../../src/glassnet/playground/static/colours.js";
import { byLargest, byShare, upright } from "../../../src/glassnet/playground/static/heatmap.js";
import { layerName, layoutOf, linksOf, nearestLink, parameterPlaces, sizesFor }
  from "../../../src/glassnet/playground/static/networkLayout.js";
import { answerAt, assumedLabel } from "../../../src/glassnet/playground/static/planeAnswer.js";
import { beginStroke, changeOf, extendStroke }
  from "../../../src/glassnet/playground/static/pointEditing.js";
import { markOutline } from "../../../src/glassnet/playground/static/PointMarker.js";

const MEASURE = { mean: 0, scale: 1 };
const SCENE = { extent: 2, n_classes: 2, classes: ["0", "1"], labels: [0, 1, 1],
  points: [[0, 0], [1, 1], [-1, 1]], rows: [[0, 0, 5], [1, 1, 6], [-1, 1, 7]],
  inputs: [MEASURE, MEASURE, { mean: 4, scale: 1 }] };

test("a painted line has points at a distance, and none beyond the plane", () => {
  let stroke = beginStroke(SCENE, "paint", [-1.8, 0], 0.05, false);
  for (let x = -1.8; x <= 2.5; x += 0.01) stroke = extendStroke(stroke, SCENE, [x, 0]);
  const gaps = stroke.added.slice(1).map(([x], k) => x - stroke.added[k][0]);
  assert.ok(gaps.every((gap) => gap >= 0.18 - 1e-9 && gap < 0.2));
  assert.ok(stroke.added.every(([x]) => x <= 2));
  const { add } = changeOf(stroke, SCENE, 1);
  assert.deepEqual(add[0], [-1.8, 0, 4, 1]); // with the mean of an input beside the axes
  assert.equal(changeOf({ ...stroke, isEmpty: true }, SCENE, 1).remove, "all");
});

test("no more than a thousand points are painted", () => {
  const full = { ...SCENE, points: Array(999).fill([0, 0]) };
  let stroke = beginStroke(full, "paint", [-1, 1], 0.05, false);
  stroke = extendStroke(stroke, full, [1, -1]);
  assert.equal(stroke.added.length, 1);
  assert.equal(extendStroke({ ...stroke, isEmpty: true }, full, [1, -1]).added.length, 2);
});

test("a point is moved within the plane, and keeps what it is", () => {
  const stroke = extendStroke(beginStroke(SCENE, "move", [0.95, 1], 0.05, false), SCENE, [9, 0.5]);
  assert.deepEqual(changeOf(stroke, SCENE, 0), { put: [[1, [2, 0.5, 6, 1]]] });
  assert.equal(changeOf(beginStroke(SCENE, "move", [1.9, -1.9], 0.05, false), SCENE, 0), null);
});

test("a stroke erases each point once", () => {
  let stroke = beginStroke(SCENE, "erase", [0, 0], 0.05, false);
  for (const place of [[0, 0.01], [1, 1], [1, 1], [1.9, -1.9]]) {
    stroke = extendStroke(stroke, SCENE, place);
  }
  assert.deepEqual(changeOf(stroke, SCENE, 0), { remove: [0, 1] });
});

test("the answer at a place is that of its cell", () => {
  const scene = { ...SCENE, plane_cells: 2 };
  const frame = { plane: Uint8Array.of(0, 255, 51, 128) }; // rows from below
  assert.equal(answerAt(scene, frame, [-1, -1]), "class 0, about 0.00");
  assert.equal(answerAt(scene, frame, [2, -2]), "class 1, about 1.00");
  assert.equal(answerAt(scene, frame, [-1, 1]), "class 0, about 0.20");
  assert.equal(answerAt(scene, null, [0, 0]), "not known yet");
  assert.deepEqual(assumedLabel(scene, frame, [1, 1]), { label: 1 });
  const three = { ...scene, n_classes: 3, classes: ["a", "b", "c"] };
  const shares = { plane: Uint8Array.of(0, 9, 9, 9, 200, 9, 9, 9, 55, 9, 9, 9) };
  assert.equal(answerAt(three, shares, [-1, -1]), "b, about 0.78");
  const values = { ...scene, n_classes: 0, classes: [], answers: [-1, 1], labels: [7, 8, 9],
    target: { name: "price", mean: 10, scale: 5 } };
  assert.equal(answerAt(values, frame, [2, -2]), "price about 15");
  assert.deepEqual(assumedLabel(values, frame, [0.9, 0.9]), { target: 8 });
});

test("parameters are found where the vector holds them", () => {
  const places = parameterPlaces([2, 3, 1]);
  assert.deepEqual(places, [{ n_in: 2, n_out: 3, W: 0, b: 6 }, { n_in: 3, n_out: 1, W: 9, b: 12 }]);
  assert.equal(layerName(2, 2), "output");
  assert.equal(layerName(1, 2), "hidden layer 1");
});

const features = ["x1", "x2", "x1^2"].map((name) => ({ name }));
for (const [sizes, width, room, isTouched] of [
  [[2, 3, 3, 1], 700, 400, false], [[2, 1], 300, 0, true], [[2, 16, 16, 3], 360, 0, true],
  [[2, 40, 128, 1], 500, 0, false], [[2, ...Array(8).fill(16), 1], 900, 600, false],
]) {
  test(`nothing overlaps in ${sizes} at a width of ${width}`, () => {
    const scene = { sizes, features };
    const plan = layoutOf(scene, ["x1", "x2"], { width, room }, sizesFor(isTouched));
    assert.ok(plan.width >= width && plan.height >= Math.max(room, plan.leastHeight));
    const boxes = [...plan.features, ...plan.layers.flat()];
    boxes.forEach((a, k) => boxes.slice(0, k).forEach((b) => {
      const apart = (axis) => Math.abs(a[axis] - b[axis]) - (a.size + b.size) / 2;
      assert.ok(Math.max(apart("x"), apart("y")) >= 0);
    }));
    for (const { x, y, size } of boxes) {
      assert.ok(x - size / 2 >= 0 && x + size / 2 <= plan.width && y + size / 2 <= plan.height);
    }
    const links = linksOf(scene, plan);
    const n = sizes.slice(1).reduce((sum, n_out, l) => sum + n_out * sizes[l], 0);
    assert.equal(links.length, n);
    assert.equal(new Set(links.map(({ place }) => place)).size, n);
    const [link] = links;
    assert.equal(nearestLink([link], (link.xa + link.xb) / 2, (link.ya + link.yb) / 2), link);
    assert.equal(nearestLink([link], (link.xa + link.xb) / 2, link.yb + 500), null);
  });
}

test("marks of each class have an outline of their own, hollow ones a hole", () => {
  const outlines = [0, 1, 2, 3].map((label) => markOutline(label, 6));
  assert.equal(new Set(outlines).size, 4);
  assert.equal(markOutline(4, 6), outlines[0]);
  for (const outline of [0, 1, 2, 3].map((label) => markOutline(label, 6, true))) {
    assert.equal(outline.match(/M/g).length, 2);
  }
});

test("a picture has its highest row first, and each picture its own rows", () => {
  const words = new Int32Array(8);
  upright(words, 2, (at) => at);
  assert.deepEqual([...words], [2, 3, 0, 1, 6, 7, 4, 5]);
});

test("of several classes the largest gives the colour, or all by their shares", () => {
  const shades = [250, 0, 128, 0, 25, 127]; // of three classes in two cells
  const [first, second] = [byLargest, byShare].map((way) => way(shades, 3, 2));
  const strong = (k) => ["#d55e00", "#0072b2", "#009e73"].map((colour) => (
    word(rgb(colour).map((c) => 255 * 0.45 + 0.55 * c))))[k];
  assert.deepEqual([first(0), first(1)], [strong(0), strong(2)]);
  const whole = byShare([255, 0, 0], 3, 1);
  assert.equal(whole(0), strong(0));
  const [red, green, blue] = [0, 8, 16].map((bits) => (second(0) >> bits) & 255);
  const mixed = (i) => 255 * 0.45 + 0.55 * [0xd5, 0x5e, 0][i] * (250 / 255)
    + 0.55 * [0, 0x72, 0xb2][i] * (128 / 255) + 0.55 * [0, 0x9e, 0x73][i] * (25 / 255);
  [red, green, blue].forEach((c, i) => assert.equal(c, Math.min(Math.round(mixed(i)), 255)));
  assert.equal(theme.scale.length, 256);
});
