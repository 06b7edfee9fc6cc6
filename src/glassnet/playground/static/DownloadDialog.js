// A link to what is shown, and files of it, which the server makes.

import { theme } from "./colours.js";
import { ask, onMessage } from "./connection.js";
import { useFrame } from "./frames.js";
import { count, epochs } from "./numberFormat.js";
import { LinkField, Sheet } from "./Sheet.js";
import { page, runs } from "./state.js";
import { link } from "./urlState.js";
import { html, useEffect, useState } from "./vendor/preact.js";

const LONG = 8000; // characters, beyond which mail and chat programs cut links
/** Of each group its title and its kinds: [name, label, what it is for]. @type {any[][]} */
const FILES = [
  ["To go on with", [
    ["script", "Python script", "repeats this training, to the same digits"],
    ["run", "Run folder (.zip)", "for gn.load and every glassnet command"],
    ["model", "Model (.safetensors)", "the network and its weights, to predict with"],
    ["onnx", "ONNX model", "for other programs"],
    ["data", "Data (.csv)", "every point, in its own units"],
    ["history", "History (.csv)", "the loss of every epoch"]]],
  ["To show", [
    ["replay", "Replay (.html)", "all of it in one file that needs no server"],
    ["png", "Picture (.png)", "network, boundary and loss"],
    ["svg", "Picture (.svg)", "the same, sharp at any size"],
    ["mp4", "Film (.mp4)", "how the boundary came about"],
    ["gif", "Film (.gif)", "the same, for slides"]]],
];
const KINDS = /** @type {string[][]} */ (FILES.flatMap(([, kinds]) => kinds));
/** The groups, of the kinds that can be made here. */
const offered = () => FILES
  .map(([title, kinds]) => [title, kinds.filter(([what]) => page.files.includes(what))])
  .filter(([, kinds]) => kinds.length);
const LABELS = Object.fromEntries(KINDS.map(([what, label]) => [what, label]));

const save = (what) => ask("save", { what, dark: theme.dark });

/** Hand a file that the server has made to the browser, to be saved. */
onMessage("file", ({ name, type, contents }) => {
  const address = URL.createObjectURL(new Blob([contents], { type }));
  const anchor = Object.assign(document.createElement("a"), { href: address, download: name });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), 60000); // large files are saved slowly
});
onMessage("offers", ({ files, address }) => {
  Object.assign(page, { files, publicAddress: address });
});
onMessage("taking", (taking) => { page.taking = taking; });
onMessage("connected", () => { // what was being made is made by the new server
  if (page.taking?.state === "making") save(page.taking.what);
});

function statusOf({ taking, problem, link: line }) {
  if (line === "lost") return problem;
  switch (taking?.state) {
    case "making": return `Making: ${LABELS[taking.what]}…`;
    case "made": return `${LABELS[taking.what]} is saved by your browser.`;
    case "failed": return problem ?? "";
    default: return "";
  }
}

export function DownloadDialog({ onClose }) {
  const frame = useFrame(500);
  const other = useFrame(500, "b");
  const epoch = Math.max(frame?.epoch ?? 0, other?.epoch ?? 0); // one may have ended first
  useEffect(() => { if (page.taking?.state !== "making") page.taking = null; }, []);
  const isMaking = page.taking?.state === "making";
  return html`<${Sheet} name="take" title="Save and share" onClose=${onClose}>
    <div class="sheet-body"><${Link} epoch=${epoch} weights=${frame?.parameters} />
      <p>All files are of this training as it is shown:
        after <b>${epochs(frame?.epoch ?? 0)}</b>.</p>
      ${offered().map(([title, kinds]) => html`<section key=${title} aria-label=${title}>
        <h3>${title}</h3><div class="files">
        ${kinds.map(([what, label, does]) => html`<button key=${what} aria-disabled=${isMaking}
          onClick=${() => { if (!isMaking) save(what); }}>
          <b>${label}</b><span class="soft">${does}</span></button>`)}</div></section>`)}
      <p role="status" class="taking">${statusOf(page)}</p></div><//>`;
}

function Link({ epoch, weights }) {
  const [withData, setWithData] = useState(false);
  const [withWeights, setWithWeights] = useState(false);
  const { scenario } = runs.a;
  const address = link({ epoch, points: withData, weights: withWeights ? weights : null });
  const box = (checked, set, text) => html`<label class="check"><input type="checkbox"
    checked=${checked} onChange=${() => set(!checked)} /><span>${text}</span></label>`;
  return html`<section aria-label="Link"><${LinkField} link=${address}
    label="Link to all of it: settings, seed, changes by hand and the epoch. It trains again to the
      same digits."
    beneath=${html`${scenario.points && box(withData, setWithData,
    "with your own data; without, it opens only where they are")}
      ${box(withWeights, setWithWeights,
    "with these weights as the start, instead of the training that led to them")}`} />
    ${address.length > LONG && html`<p class="hint">This link has ${count(address.length)}
      ${" "}characters: mail and chat may cut it. A file is safer.</p>`}
  </section>`;
}
