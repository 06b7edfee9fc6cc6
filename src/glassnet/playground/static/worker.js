// Python in a worker: it is started, and then a session takes one turn after another.

const arrived = {}; // by the name of a part, what resolves with it
let session = null;
let timer = null;
const atOnce = new MessageChannel(); // setTimeout would wait 4 milliseconds
atOnce.port1.onmessage = () => turn();

/** What is to come of a part. */
function arrival(name) {
  if (!arrived[name]) {
    let resolve;
    const promise = new Promise((done) => { resolve = done; });
    arrived[name] = { promise, resolve };
  }
  return arrived[name];
}

/** A part unpacked, as what asks for a file of this name gets it. */
async function response(name) {
  const packed = new Blob([await arrival(name).promise]);
  const unpacked = packed.stream().pipeThrough(new DecompressionStream("gzip"));
  const type = name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
  return new Response(unpacked, { headers: { "content-type": type } });
}

// The runtime asks for its files by their names, wherever it believes to be; there are no others.
self.fetch = (address) => response(String(address).split("/").at(-1));

async function start({ modules, options }) {
  const [{ loadPyodide }, assembly] = await Promise.all(
    modules.map((address) => import(address)));
  const files = response("packages").then((answer) => answer.arrayBuffer());
  const python = await loadPyodide({
    indexURL: "https://runtime.invalid/", createPyodideModule: assembly.default,
    // It was compiled without docstrings, which numpy does not look for then.
    env: { PYTHONOPTIMIZE: "2", OMP_NUM_THREADS: String(navigator.hardwareConcurrency) },
  });
  const site = python.runPython("import site; site.getsitepackages()[0]");
  unpack(await files, (name, content) => write(python.FS, `${site}/${name}`, content));
  const { open_session: open } = python.pyimport("glassnet.playground.hosts.worker");
  const opening = new Uint8Array(await (await response("opening")).arrayBuffer());
  session = open(post, python.toPy(opening), python.toPy(options));
}

/** Write a file, in a folder that may be new. */
function write(FS, path, content) {
  const folder = path.slice(0, path.lastIndexOf("/"));
  if (!FS.analyzePath(folder).exists) FS.mkdirTree(folder);
  FS.writeFile(path, content, { canOwn: true });
}

/** Hand out the files of a pack: their names and lengths as JSON in a line, and their bytes. */
function unpack(buffer, take) {
  const bytes = new Uint8Array(buffer);
  let at = bytes.indexOf(10);
  for (const [name, length] of JSON.parse(new TextDecoder().decode(bytes.subarray(0, at++)))) {
    take(name, bytes.subarray(at, at + length));
    at += length;
  }
}

/** Send a message of the session's to the page. */
function post(message) {
  if (typeof message === "string") {
    self.postMessage(message);
    return;
  }
  const { buffer } = message.toJs().slice();
  message.destroy();
  self.postMessage(buffer, { transfer: [buffer] });
}

/** Let the session take a turn, and another when that is due. */
function turn() {
  clearTimeout(timer);
  const seconds = session.turn();
  if (seconds === undefined) return;
  if (seconds <= 0) atOnce.port2.postMessage(null);
  else timer = setTimeout(turn, 1000 * seconds);
}

self.onmessage = async ({ data }) => {
  if (typeof data === "string") {
    session.hear(data);
    turn();
  } else if (data.part) {
    arrival(data.part).resolve(data.content);
  } else {
    try { await start(data); } catch (error) {
      console.error(error);
      self.postMessage({ failed: "load" });
      return;
    }
    self.postMessage({ ready: true });
    turn();
  }
};
