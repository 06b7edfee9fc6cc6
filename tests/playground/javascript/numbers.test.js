import assert from "node:assert/strict";
import test from "node:test";

import { columnFormat, count, exact, formatLoss, short, typed, written }
  from "../../../src/glassnet/playground/static/numberFormat.js";
import { axisName, closestPoint, featureName, ownPlace, share }
  from "../../../src/glassnet/playground/static/units.js";

test("numbers are written in few digits, with a true minus sign", () => {
  const cases = [[0, "0.00"], [-0.5, "−0.500"], [1234.5, "1.23e3"], [1e-9, "1.0e−9"],
    [123456, "1.2e5"], [NaN, "—"], [Infinity, "—"]];
  for (const [value, text] of cases) assert.equal(short(value), text);
  for (const [value, text] of [[0, "0"], [-1.25, "−1.25"], [1e6, "1.00e6"], [12345.678, "12350"],
    [-0.0001, "−1.00e−4"]]) assert.equal(written(value), text);
  assert.equal(exact(-0.1), "−0.1");
  assert.equal(exact(0.1 + 0.2), "0.30000000000000004");
  assert.equal(count(5271), "5,271");
});

test("a loss is readable however large it is", () => {
  assert.equal(formatLoss(0.00499954), "0.005000");
  assert.equal(formatLoss(1.6548e305), "1.6548e305");
  assert.equal(formatLoss(null), "not finite");
});

test("a column has equal decimals, as many as its numbers need", () => {
  assert.deepEqual([0.65, 0, -0.65].map(columnFormat([0.65, 0, -0.65])), ["0.65", "0.00", "−0.65"]);
  assert.deepEqual([1, 20].map(columnFormat([1, 20])), ["1", "20"]);
  assert.equal(columnFormat([1.5, 2], false)(1.5), "1.500");
  assert.equal(columnFormat([1])(-0.0001), "0"); // no minus zero
  assert.equal(columnFormat([1])(4.82e152), "4.82e152");
  assert.equal(columnFormat([1e9, 1])(1e9), "1.00e9");
});

test("typed numbers are read, and nothing else", () => {
  for (const [text, value] of [[" 1.5 ", 1.5], ["−2", -2], ["1e3", 1000], ["", null], [" ", null],
    ["1,5", null], ["−1e−3", -0.001], ["one", null], ["Infinity", null]]) {
    assert.equal(typed(text), value);
  }
});

test("features have their printed names", () => {
  assert.equal(featureName("x1^2"), "x₁²");
  assert.equal(featureName("x1*x2"), "x₁x₂");
  assert.equal(featureName("sin x10"), "sin x₁₀");
  assert.equal(axisName("x1"), "x₁");
  assert.equal(axisName("max1"), "max1");
});

test("a place is written in the data's units with digits that the plane can tell apart", () => {
  const scene = { extent: 2, inputs: [{ mean: 0, scale: 1 }, { mean: 100, scale: 5000 }] };
  assert.deepEqual(ownPlace(scene, [0.123456, 0.5]), [0.123, 2600]);
});

test("values stand on their scale between its ends", () => {
  const scene = { answers: [-1, 1], target: { mean: 10, scale: 2 } };
  assert.deepEqual([8, 10, 12, 99, -99].map((v) => share(scene, v)), [0, 0.5, 1, 1, 0]);
});

test("the closest point within reach is found", () => {
  const points = [[0, 0], [1, 1], [3, 3]];
  assert.equal(closestPoint(points, 0.8, 0.9, 0.5), 1);
  assert.equal(closestPoint(points, 2, 2, 0.5), null);
  assert.equal(closestPoint([], 0, 0, Infinity), null);
});
