// The line to a worker of this browser, in which Python runs. What is asked before that waits.

import { attach } from "./connection.js";
import { moduleAddress, part, published, unzipped } from "./parts.js";
import { unpack } from "./frameDecoder.js";
import { recall } from "./persistence.js";
import { receive, resume } from "./session.js";
import { page } from "./state.js";
import { readAddress } from "./urlState.js";

const DAMAGED = "A file of this page is missing or damaged, so that it cannot train: load it "
  + "again, or ask who published it to do so once more.";
const NO_SIMD = "This browser cannot train: it lacks WebAssembly with SIMD. Open the page in a "
  + "newer one.";
const STOPPED = "Python stopped in this browser, perhaps for want of memory.";
// The smallest module that has an instruction of SIMD in it.
const SIMD = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0,
  10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11);

let worker = null; // once it is ready
let waiting = []; // commands until then

attach((command) => {
  if (worker) worker.postMessage(JSON.stringify(command));
  else if (command.do !== "drawn") waiting.push(command); // what was recorded is drawn, too
});

/** Show what was recorded of the first scene, load Python, and go on where this page was. */
export async function connect() {
  if (!location.hash && published.fragment) history.replaceState(null, "", published.fragment);
  const { lesson, hides, ...arrival } = readAddress();
  Object.assign(page, { lesson, hides });
  const own = recall();
  const target = own ?? (arrival.scenario ? arrival : null);
  resume(target, arrival.damage);
  page.loading = 0;
  if (!own && location.hash === (published.fragment ?? "")) await showRecorded();
  if (!globalThis.WebAssembly?.validate(SIMD)) fail(NO_SIMD);
  else load({ returns: Boolean(own), resumes: Boolean(target) });
}

/** Show the first messages of a session like this, which were recorded when it was published. */
async function showRecorded() {
  const { messages, frame } = unpack(await unzipped(await part("recorded")));
  for (const message of messages) receive(message ?? frame.slice().buffer);
}

/** Start Python in a worker. */
async function load(options) {
  const [address, ...modules] = await Promise.all(
    ["worker.js", "pyodide.mjs", "pyodide.asm.js"].map(moduleAddress));
  const started = new Worker(address);
  started.onerror = () => fail(DAMAGED);
  started.onmessage = ({ data }) => {
    if (data.ready) open(started);
    else if (data.failed) fail(data.failed === "load" ? DAMAGED : STOPPED);
    else receive(data);
  };
  started.postMessage({ modules, options });
  try { await sendParts(started); } catch { fail(DAMAGED); }
}

/** Send the worker all that Python consists of, and show how far that is. */
async function sendParts(started) {
  const names = Object.keys(published.parts).filter((name) => published.parts[name].runtime);
  const all = names.reduce((sum, name) => sum + published.parts[name].bytes, 0);
  let come = 0;
  const onBytes = (count) => {
    come += count;
    page.loading = come / all;
  };
  await Promise.all(names.map(async (name) => {
    const content = await part(name, onBytes);
    started.postMessage({ part: name, content }, [content]);
  }));
}

function open(started) {
  worker = started;
  page.loading = null;
  waiting.forEach((command) => worker.postMessage(JSON.stringify(command)));
  waiting = [];
}

function fail(sentence) {
  worker = null;
  Object.assign(page, { loading: null, link: "ended", problem: sentence });
}
