// A network too large to be drawn: the weights of each layer as one picture.

import { html, useLayoutEffect, useRef } from "../vendor/htm-preact.js";
import { onTheme, theme } from "../colours.js";
import { onFrame, useStore, withFrame } from "../store.js";
import { count } from "../numberFormat.js";
import { layerName } from "../NetworkDiagram.js";

const LARGEST = 64; // cells along an edge, as in recording.py

export function Layers() {
  const { scene } = useStore();
  const n_layers = scene.sizes.length - 1;
  return html`<section class="card network" aria-labelledby="network-title">
    <div class="card-head"><h2 id="network-title">Weights, layer by layer</h2>
      <span class="soft">${scene.sizes.map(count).join(" - ")} · ${count(scene.n_parameters)} numbers to learn</span></div>
    <p class="hint">This network is too large to be drawn neuron by neuron. Each row is a neuron, each column one of its inputs.</p>
    <div class="layers">${scene.sizes.slice(1).map((n_out, l) => html`<${Layer} key=${l} l=${l + 1} n_out=${n_out} n_in=${scene.sizes[l]}
      name=${layerName(l + 1, n_layers)} />`)}</div>
    <div class="legend"><div class="scale" aria-hidden="true"></div><div class="scale-ends" aria-hidden="true"><span>negative</span><span>weight</span><span>positive</span></div></div>
  </section>`;
}

function Layer({ l, n_out, n_in, name }) {
  const canvas = useRef();
  const rows = Math.min(n_out, LARGEST);
  const columns = Math.min(n_in, LARGEST);
  useLayoutEffect(() => {
    const pen = canvas.current.getContext("2d");
    const image = pen.createImageData(columns, rows);
    const words = new Uint32Array(image.data.buffer);
    const draw = (frame) => {
      frame[`weights${l}`].forEach((shade, k) => { words[k] = theme.scale[shade]; });
      pen.putImageData(image, 0, 0);
    };
    const stop = onFrame(draw);
    const stopTheme = onTheme(() => withFrame(draw));
    return () => { stop(); stopTheme(); };
  }, [l, rows, columns]);
  const coarse = rows < n_out || columns < n_in ? "; each cell shows the largest weight within" : "";
  return html`<figure class="layer"><canvas ref=${canvas} width=${columns} height=${rows} role="img"
      aria-label=${`The weights of ${name}`} style=${{ aspectRatio: `${Math.max(columns, 4)} / ${Math.max(rows, 4)}` }}></canvas>
    <figcaption><b>${name}</b> <span class="soft">${count(n_out)} x ${count(n_in)}${coarse}</span></figcaption></figure>`;
}
