// Runs a Python script on a folder, both given as arguments, by the Pyodide in that folder.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [script, folder] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`));
const python = await loadPyodide({ indexURL: `${folder}/` });
python.mountNodeFS("/work", folder);
python.runPython("import sys; sys.argv[:] = ['', '/work']");
python.runPython(readFileSync(script, "utf8"));
