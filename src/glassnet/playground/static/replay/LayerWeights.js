// A network too large to be drawn: the weights of each layer as one picture.

import { onTheme, theme } from "../colours.js";
import { onFrame, withFrame } from "../frames.js";
import { layerName } from "../networkLayout.js";
import { count } from "../numberFormat.js";
import { runs } from "../state.js";
import { html, useLayoutEffect, useRef } from "../vendor/preact.js";

const LARGEST = 64; // cells along an edge, as in recorder.py

export function LayerWeights() {
  const { sizes, n_parameters } = runs.a.scene;
  return html`<section class="card network" aria-labelledby="network-title">
    <div class="card-head"><h2 id="network-title">Weights, layer by layer</h2>
      <span class="soft">
        ${sizes.map(count).join(" - ")} · ${count(n_parameters)} numbers to learn</span></div>
    <p class="hint">This network is too large to be drawn neuron by neuron. Each row is a neuron,
      each column one of its inputs.</p>
    <div class="layers">${sizes.slice(1).map((n_out, l) => html`<${Layer} key=${l} l=${l + 1}
      n_out=${n_out} n_in=${sizes[l]} name=${layerName(l + 1, sizes.length - 1)} />`)}</div>
    <div class="legend"><div class="scale" aria-hidden="true"></div>
      <div class="scale-ends" aria-hidden="true">
        <span>negative</span><span>weight</span><span>positive</span></div></div>
  </section>`;
}

function Layer({ l, n_out, n_in, name }) {
  const canvas = useRef();
  const rows = Math.min(n_out, LARGEST);
  const columns = Math.min(n_in, LARGEST);
  useLayoutEffect(() => {
    const pen = canvas.current.getContext("2d");
    const image = pen.createImageData(columns, rows);
    const words = new Int32Array(image.data.buffer);
    const draw = (frame) => {
      frame[`weights${l}`].forEach((shade, k) => { words[k] = theme.scale[shade]; });
      pen.putImageData(image, 0, 0);
    };
    const stops = [onFrame(draw), onTheme(() => withFrame(draw))];
    return () => stops.forEach((stop) => stop());
  }, [l, rows, columns]);
  const isCoarse = rows < n_out || columns < n_in;
  return html`<figure class="layer"><canvas ref=${canvas} width=${columns} height=${rows} role="img"
      aria-label=${`The weights of ${name}`}
      style=${{ aspectRatio: `${Math.max(columns, 4)} / ${Math.max(rows, 4)}` }}></canvas>
    <figcaption><b>${name}</b>${" "}<span class="soft">${count(n_out)} x ${count(n_in)}
      ${isCoarse ? "; each cell shows the largest weight within" : ""}</span></figcaption>
  </figure>`;
}
