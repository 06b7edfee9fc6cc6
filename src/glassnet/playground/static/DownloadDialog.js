// Take it with you: a link, and files of the moment that is shown, which the server makes.

import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";
import { link } from "./urlState.js";
import { ask } from "./connection.js";
import { theme } from "./colours.js";
import { count, epochs } from "./numberFormat.js";
import { store, update, useFrame, useStore } from "./store.js";

const LONG = 8000; // characters, beyond which mail and chat programs cut links
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
const LABELS = Object.fromEntries(FILES.flatMap(([, kinds]) => kinds.map(([what, label]) => [what, label])));

/** Hand a file that the server has made to the browser, to be saved. */
export function deliver({ name, type, contents }) {
  const address = URL.createObjectURL(new Blob([contents], { type }));
  const anchor = Object.assign(document.createElement("a"), { href: address, download: name });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), 60000); // large files are saved slowly
}

const save = (what) => ask("save", { what, dark: theme.dark });

/** There is a new server: what was being made is made there. */
export function makeAgain() {
  if (store.taking?.state === "making") save(store.taking.what);
}

export function TakeAway({ onClose }) {
  const { taking, problem, b, link: line } = useStore();
  const frame = useFrame(500);
  const epoch = Math.max(frame?.epoch ?? 0, b?.frame?.epoch ?? 0); // of two, one may have ended before the other
  const dialog = useRef();
  useEffect(() => {
    dialog.current.showModal();
    if (store.taking?.state !== "making") update({ taking: null });
  }, []);
  const making = taking?.state === "making";
  const said = line === "lost" ? problem : making ? `Making: ${LABELS[taking.what]}…` : taking?.state === "made" ? `${LABELS[taking.what]} is saved by your browser.`
    : taking?.state === "failed" ? problem ?? "" : "";
  return html`<dialog ref=${dialog} class="sheet take" aria-labelledby="take-title" onClose=${onClose}
      onClick=${(event) => { if (event.target === dialog.current) dialog.current.close(); }}>
    <header><h2 id="take-title">Take it with you</h2><button aria-label="Close" onClick=${() => dialog.current.close()}>×</button></header>
    <div class="sheet-body"><${Link} epoch=${epoch} weights=${frame?.parameters} />
      <p>All files are of this training as it is shown: after <b>${epochs(frame?.epoch ?? 0)}</b>.</p>
      ${FILES.map(([title, kinds]) => html`<section key=${title} aria-label=${title}><h3>${title}</h3><div class="files">
        ${kinds.map(([what, label, does]) => html`<button key=${what} aria-disabled=${making} onClick=${() => { if (!making) save(what); }}>
          <b>${label}</b><span class="soft">${does}</span></button>`)}</div></section>`)}
      <p role="status" class="taking">${said}</p></div></dialog>`;
}

function Link({ epoch, weights }) {
  const [withData, setWithData] = useState(false);
  const [withWeights, setWithWeights] = useState(false);
  const { story } = useStore();
  const said = useRef();
  const hasOwn = Boolean(story.points);
  const address = link({ epoch, points: withData, weights: withWeights ? weights : null });
  const copy = async () => {
    try { await navigator.clipboard.writeText(address); } catch { return; }
    said.current.textContent = "Copied.";
  };
  return html`<section aria-label="Link"><label class="field"><span>Link to all of it: settings, seed, changes by hand and the epoch. It trains again to the same digits.</span>
      <input class="mono" readonly value=${address} onFocus=${(event) => event.target.select()} /></label>
    ${hasOwn && html`<label class="check"><input type="checkbox" checked=${withData} onChange=${() => setWithData(!withData)} />
      <span>with your own data; without, it opens only where they are</span></label>`}
    <label class="check"><input type="checkbox" checked=${withWeights} onChange=${() => setWithWeights(!withWeights)} />
      <span>with these weights as the start, instead of the training that led to them</span></label>
    <div class="row-of-buttons"><button class="primary" onClick=${copy}>Copy the link</button><span role="status" ref=${said}></span></div>
    ${address.length > LONG && html`<p class="hint">This link has ${count(address.length)} characters: mail and chat may cut it. A file is safer.</p>`}
  </section>`;
}
