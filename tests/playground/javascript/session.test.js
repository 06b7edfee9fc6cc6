import assert from "node:assert/strict";
import test from "node:test";

import { ask, attach, commands, dispatch, onMessage }
  from "../../../src/glassnet/playground/static/connection.js";
import { unpack } from "../../../src/glassnet/playground/static/frameDecoder.js";
import { closeSecondRun, isComparing, page, runs, shownRuns }
  from "../../../src/glassnet/playground/static/state.js";
import { base64 } from "../../../src/glassnet/playground/static/tableUpload.js";
import { forgetSecondRun, record, restore, withUndo }
  from "../../../src/glassnet/playground/static/undoHistory.js";

test("commands are numbered, and acknowledgements of frames are not", () => {
  const sent = [];
  attach((command) => sent.push(command));
  const first = ask("epoch");
  ask("drawn", { frame: 3 });
  assert.equal(ask("go", { epoch: 2 }), first + 1);
  assert.deepEqual(sent.map((command) => [command.do, command.asked]),
    [["epoch", first], ["drawn", first], ["go", first + 1]]);
  assert.equal(commands.unanswered, first);
});

test("messages reach every handler of their kind, but none about an earlier upload", () => {
  const heard = [];
  onMessage("said", ({ n }) => heard.push(n));
  onMessage("said", ({ n }) => heard.push(-n));
  dispatch({ kind: "said", n: 1 });
  dispatch({ kind: "unknown", n: 2 });
  const upload = ask("upload");
  dispatch({ kind: "said", n: 3, upload: upload - 1 });
  dispatch({ kind: "said", n: 4, upload });
  assert.deepEqual(heard, [1, -1, 4, -4]);
});

test("a frame is unpacked into its header and arrays", () => {
  const header = { kind: "frame", epoch: 7, arrays: [["a", "f8", [2]], ["b", "u1", [3, 1]],
    ["c", "f4", [1]]] };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = 8 * Math.ceil(text.length / 8);
  const buffer = new ArrayBuffer(8 + length + 16 + 8 + 8);
  const bytes = new Uint8Array(buffer).fill(32, 8, 8 + length);
  bytes.set(new TextEncoder().encode("GNF1"));
  new DataView(buffer).setUint32(4, length, true);
  bytes.set(text, 8);
  new Float64Array(buffer, 8 + length, 2).set([0.1, -2]);
  bytes.set([1, 2, 3], 8 + length + 16);
  new Float32Array(buffer, 8 + length + 24, 1).set([0.5]);
  const { epoch, a, b, c } = unpack(buffer);
  assert.deepEqual([epoch, [...a], [...b], [...c]], [7, [0.1, -2], [1, 2, 3], [0.5]]);
  bytes[3] = 50;
  assert.throws(() => unpack(buffer), /not a frame of this version/);
});

test("a file is sent as text without losing a byte", () => {
  const bytes = Uint8Array.from({ length: 20000 }, (_, k) => k % 256);
  assert.deepEqual(Uint8Array.from(atob(base64(bytes)), (c) => c.charCodeAt(0)), bytes);
});

test("run b comes and goes without a trace on run a", () => {
  Object.assign(runs.a, { scene: { scene: 1 }, scenario: { spec: {} } });
  assert.equal(isComparing(), false);
  Object.assign(runs.b, { scene: { scene: 2 }, scenario: { spec: {} } });
  Object.assign(page, { editing: "b", selected: { run: "b" }, comparison: {} });
  assert.deepEqual(shownRuns(), [runs.a, runs.b]);
  closeSecondRun();
  assert.deepEqual([isComparing(), page.editing, page.selected, page.comparison],
    [false, "a", null, null]);
  assert.equal(runs.a.scene.scene, 1);
});

const LARGEST = 256 * 1024; // bytes of a command, as in server.py
const copy = (value) => JSON.parse(JSON.stringify(value));
const row = (k) => (_, i) => [k, i / 7, i / 3, i / 9, 1];
const own = (k) => ({ spec: { data: "own" }, changes: [],
  points: { rows: Array.from({ length: 1000 }, row(k)) } });

test("of much that can be undone the latest is kept, and what is equal once", () => {
  let scenario = own(0);
  for (let k = 1; k <= 40; k += 1) {
    const before = { scenario, epoch: k };
    scenario = own(Math.trunc(k / 10)); // every tenth has other points
    record("a", { scenario, undo: k, before: copy(before) });
  }
  scenario = record("a", { scenario, undo: 40, before: null });
  const state = withUndo({ scenario });
  assert.ok(JSON.stringify(state).length < LARGEST);
  const epochs = Array.from({ length: 30 }, (_, k) => 40 - k);
  assert.deepEqual(state.undo.map(({ epoch }) => epoch), epochs);
  const withPoints = state.undo.filter((entry) => entry.scenario.points);
  assert.deepEqual(withPoints.map(({ epoch }) => epoch), [40, 30, 20]);
  restore(copy(state));
  const again = withUndo({ scenario: record("a", { scenario: copy(scenario), undo: 30 }) });
  assert.deepEqual(again, state);
});

test("what was undone, and what was of run b alone, is forgotten", () => {
  restore({ scenario: { spec: {} } });
  const scenario = { spec: {}, changes: [] };
  const before = { scenario, epoch: 1 };
  for (const run of ["a", "b", "a"]) record(run, { scenario, undo: 9, before });
  record("a", { scenario, undo: 1 });
  assert.deepEqual(withUndo({ scenario }).undo.map(({ run }) => run), ["b", "a"]);
  forgetSecondRun();
  assert.deepEqual(withUndo({ scenario }).undo.map(({ run }) => run), ["a"]);
});
