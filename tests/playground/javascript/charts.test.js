import assert from "node:assert/strict";
import test from "node:test";

import { inputsBeside, inputsWithAxis }
  from "../../../src/glassnet/playground/static/ColumnDialog.js";
import { decades, LEAST, SCALES } from "../../../src/glassnet/playground/static/lineChart.js";
import { columnsOf } from "../../../src/glassnet/playground/static/LossHistory.js";
import { closestLine } from "../../../src/glassnet/playground/static/ManyStarts.js";
import { predictionOf } from "../../../src/glassnet/playground/static/PredictionTable.js";

test("a logarithmic axis has lines at every digit, or at few powers of many", () => {
  assert.deepEqual(decades(null, 1, 0.05, 2).map((v) => Number(v.toPrecision(1))),
    [0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 2]);
  const many = decades(null, 1, 1e-5, 1e30);
  assert.ok(many.length <= 8);
  const steps = new Set(many.slice(1).map((v, k) => Math.round(Math.log10(v / many[k]))));
  assert.equal(steps.size, 1);
});

test("the score of a run that ends below 0 has room beneath", () => {
  const range = (values) => SCALES.score.range({ data: [[], values] });
  assert.deepEqual(range([-0.5, 0.9, null]), [0, 1.03]);
  assert.equal(range([0.5, LEAST, null])[0], LEAST - 0.03);
  assert.deepEqual(SCALES.linear.range(null, 0, 0), [0, 1]);
});

test("columns of a table are taken apart, and what was not measured is null", () => {
  const [epochs, values] = columnsOf(Float64Array.of(1, 2, 0.5, NaN), 2);
  assert.deepEqual([[...epochs], values], [[1, 2], [0.5, null]]);
});

test("the curve nearest to the pointer is found, if one is near", () => {
  const lines = [[[0, 0], [100, 0]], [[0, 20], [50, 20], [100, 80]], [[5, 5]]];
  assert.equal(closestLine(lines, 50, 4), 0);
  assert.equal(closestLine(lines, 75, 48), 1);
  assert.equal(closestLine(lines, 20, 60), null);
  assert.equal(closestLine([], 0, 0), null);
});

test("a plane keeps two axes whatever is learned", () => {
  const numbers = ["m", "n", "o"];
  let inputs = ["m", "n"];
  for (const target of ["m", "n", "o", "m"]) {
    inputs = inputsBeside(target, inputs, numbers);
    assert.deepEqual([target, ...inputs].sort(), numbers);
  }
  assert.deepEqual(inputsBeside("m", ["m", "n"], ["m", "n"]), ["n"]);
  assert.deepEqual(inputsWithAxis(0, "n", ["m", "n", "o"]), ["n", "m", "o"]);
  assert.deepEqual(inputsWithAxis(1, "p", ["m", "n"]), ["m", "p"]);
});

test("a prediction is a class with its share, or a value with its error", () => {
  const scene = { sizes: [2, 3], n_classes: 3, classes: ["a", "b", "c"], labels: [1, 2] };
  const frame = { decided: [1, 0], outputs: [0.1, 0.8, 0.1, 0.5, 0.25, 0.25] };
  assert.deepEqual(predictionOf(scene, null, frame, 0),
    { exact: "0.8", answer: "b: 0.8000", isRight: true, mark: "yes" });
  assert.equal(predictionOf(scene, null, frame, 1).mark, "no");
  const values = { sizes: [2, 1], n_classes: 0, labels: [11], target: { mean: 10, scale: 2 } };
  const format = { value: (v) => v.toFixed(1) };
  assert.deepEqual(predictionOf(values, format, { outputs: [1] }, 0),
    { exact: "12", answer: "12.0", isRight: true, mark: "1.0" });
});
