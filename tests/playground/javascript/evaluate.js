// Calls a function with an argument, both from standard input, and prints what it returns: so that
// oracles in Python are held against the page's own modules.

import "./browser.js";

const STATIC = new URL("../../../src/glassnet/playground/static/", import.meta.url);
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { source, argument } = JSON.parse(Buffer.concat(chunks).toString());
const { default: call } = await import(
  `data:text/javascript,${encodeURIComponent(`export default (load) => ${source}`)}`);
const result = await call((name) => import(new URL(name, STATIC)))(argument);
process.stdout.write(JSON.stringify(result));
