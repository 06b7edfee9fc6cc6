import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";

import { knownLesson, targetOf } from "../../../src/glassnet/playground/static/lessons.js";
import { page, runs } from "../../../src/glassnet/playground/static/state.js";
import { hashOf, link, readAddress, refreshAddress, writeAddress }
  from "../../../src/glassnet/playground/static/urlState.js";

const POINTS = { rows: [[1, 2, 0]] };
const SCENARIO = { spec: { learning_rate: 0.1, hidden: [3, 2], stop_below: null, data: "moons" },
  changes: [{ epoch: 4, values: [[0, 0.5]] }] };

beforeEach(() => {
  const steps = [{ spec: { seed: 1 } }, { epoch: 7 },
    { spec: { seed: 2 }, compare: { learning_rate: 1 } }];
  Object.assign(page, { hides: [], lesson: null, lessons: [{ name: "one", steps }] });
  Object.assign(runs.a, { scenario: { spec: {}, changes: [] } });
  runs.b.scenario = null;
  Object.assign(location, { hash: "" });
  Object.assign(history, { state: null, steps: 0 });
});

function open(hash) {
  location.hash = hash;
  return readAddress();
}

test("what is written is read again", () => {
  const compare = { spec: { learning_rate: 1 }, changes: [] };
  page.hides = ["run", "data"];
  const read = open(hashOf(SCENARIO, 12, compare));
  assert.deepEqual(read, { scenario: SCENARIO, epoch: 12, compare, lesson: null,
    hides: ["run", "data"], damage: null });
  assert.deepEqual(open("#hidden=").scenario.spec, { hidden: [] });
});

test("what is no number stays as it was written, so that the server can refuse it", () => {
  assert.deepEqual(open("#learning_rate=abc&hidden=3,x&epoch=no").scenario.spec,
    { learning_rate: "abc", hidden: [3, "x"] });
  assert.equal(open("#seed=none").scenario.spec.seed, null);
});

test("of a damaged link there is what can be read, and a sentence", () => {
  const read = open("#learning_rate=0.1&changes=[{&compare=&lesson=magic");
  assert.deepEqual(read.scenario, { spec: { learning_rate: 0.1 }, changes: [] });
  assert.match(read.damage,
    /without the changes on the way and the second run and the lesson “magic”/);
  const own = open("#data=own&features=x1,x3&seed=3&points={");
  assert.deepEqual(own.scenario.spec, { seed: 3 });
  assert.match(own.damage, /its points/);
});

test("an answer that names the settings in another order is no step of the history", () => {
  open("#seed=2&data=moons");
  writeAddress({ spec: { data: "moons", seed: 2 }, changes: [] }, 0, true);
  assert.equal(history.steps, 0);
  writeAddress({ spec: { data: "moons", seed: 3 }, changes: [] }, 0, true);
  assert.equal(history.steps, 1);
});

test("own points stay with the tab, or are in a link that is asked for", () => {
  const scenario = { spec: { data: "own" }, changes: [], points: POINTS };
  writeAddress(scenario, 3, true);
  assert.equal(location.hash, "#data=own&epoch=3");
  assert.deepEqual(readAddress().scenario, scenario);
  runs.a.scenario = scenario;
  const address = new URL(link({ epoch: 3, points: true }));
  history.state = null;
  assert.deepEqual(open(address.hash).scenario.points, POINTS);
  const compare = { spec: { data: "own" }, changes: [] };
  assert.deepEqual(open(hashOf(scenario, 0, compare, { points: JSON.stringify(POINTS) })).compare,
    { ...compare, points: POINTS });
});

test("a link with weights begins with them and keeps the settings that led to them", () => {
  runs.a.scenario = { spec: { seed: 1, initialiser: "opened" },
    changes: [{ epoch: 2, spec: { learning_rate: 3 } }] };
  const { scenario, epoch } = open(new URL(link({ epoch: 9, weights: [0.25, -1] })).hash);
  assert.deepEqual(scenario, { spec: { seed: 1, learning_rate: 3 },
    changes: [{ epoch: 0, values: [[0, 0.25], [1, -1]] }] });
  assert.equal(epoch, 0);
});

test("the browser's history has one step for each change", () => {
  open("");
  writeAddress(SCENARIO, 0, true);
  writeAddress(SCENARIO, 0, true); // nothing new
  writeAddress(SCENARIO, 5, false);
  refreshAddress();
  assert.equal(history.steps, 1);
  assert.match(location.hash, /epoch=5/);
  writeAddress({ spec: {}, changes: [] }, 0, true);
  assert.deepEqual([history.steps, location.hash], [2, ""]);
});

test("a lesson's step begins with what it or an earlier one sets", () => {
  assert.deepEqual(knownLesson("one", 99), { name: "one", step: 2 });
  assert.deepEqual(knownLesson("one", NaN), { name: "one", step: 0 });
  assert.equal(knownLesson("magic", 0), null);
  assert.deepEqual(targetOf({ name: "one", step: 1 }),
    { scenario: { spec: { seed: 1 }, changes: [] }, epoch: 7, compare: null });
  assert.deepEqual(targetOf({ name: "one", step: 2 }).compare,
    { spec: { seed: 2, learning_rate: 1 }, changes: [] });
  assert.deepEqual(open("#lesson=one&step=2&hide=run").lesson, { name: "one", step: 1 });
  assert.deepEqual(targetOf(null), { scenario: null, epoch: 0 });
});
