import assert from "node:assert/strict";
import test from "node:test";

const clock = { now: 1000, screen: [], press: null };
globalThis.requestAnimationFrame = (draw) => clock.screen.push(draw);
globalThis.addEventListener = (kind, listener) => {
  if (kind === "pointerdown") clock.press = listener;
};
performance.now = () => clock.now;
const { onFrame, show } = await import("../../../src/glassnet/playground/static/frames.js");

/** Let the screen ask for what is to be drawn, some milliseconds later. */
function refresh(milliseconds = 16) {
  clock.now += milliseconds;
  for (const draw of clock.screen.splice(0)) draw();
}

const frame = (epoch, asked = 1, playing = true) => ({ run: "a", epoch, asked, playing });

test("what plays waits for a hand that presses something; an answer does not", () => {
  const drawn = [];
  const stop = onFrame(({ epoch }) => drawn.push(epoch));
  const offer = (...of) => show(frame(...of), () => {});
  offer(0);
  refresh();
  clock.press();
  offer(1);
  for (let k = 0; k < 7; k++) refresh(); // 112 milliseconds
  assert.deepEqual(drawn, [0]);
  refresh(); // nothing was asked for: it plays on
  assert.deepEqual(drawn, [0, 1]);
  clock.press();
  offer(2);
  refresh();
  assert.deepEqual(drawn, [0, 1]);
  offer(7, 2, false); // what the press has asked for
  refresh();
  assert.deepEqual(drawn, [0, 1, 7]);
  stop();
});

test("frames that play are drawn in their order, and of many that wait the newest", () => {
  const drawn = [];
  const stop = onFrame(({ epoch }) => drawn.push(epoch));
  drawn.length = 0; // the newest came at once
  clock.now += 1000;
  for (const epoch of [10, 11]) show(frame(epoch, 3), () => {});
  refresh();
  refresh();
  assert.deepEqual(drawn, [10, 11]);
  for (const epoch of [12, 13, 14]) show(frame(epoch, 3), () => {});
  refresh();
  assert.deepEqual(drawn, [10, 11, 14]);
  show(frame(15, 3), () => {}, () => false); // nobody wants it any more
  refresh();
  assert.deepEqual(drawn, [10, 11, 14]);
  stop();
});
