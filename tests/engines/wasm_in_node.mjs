// Python for browsers in Node: node wasm_in_node.mjs RUNTIME SOURCE TESTS. Each line of standard
// input is a request to engines/wasm_tasks.py, and each line of standard output an answer.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [runtime, source, tests] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${runtime}/pyodide.mjs`));
const python = await loadPyodide({
  indexURL: `${runtime}/`,
  packages: ["numpy"],
  stdout: (line) => console.error(line),
});
for (const [place, root] of [["/source", source], ["/tests", tests]]) {
  python.FS.mkdirTree(place);
  python.FS.mount(python.FS.filesystems.NODEFS, { root }, place);
}
python.runPython("import sys; sys.path[:0] = ['/source', '/tests']; sys.dont_write_bytecode = True");
const answer = python.pyimport("engines.wasm_tasks").answer;
for await (const line of createInterface({ input: process.stdin })) console.log(answer(line));
