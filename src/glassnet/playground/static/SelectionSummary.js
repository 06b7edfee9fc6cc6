// The numbers of the neuron or the link that is chosen, where it was chosen, and the way to edit them.

import { html } from "./vendor/htm-preact.js";
import { goTo } from "./controlVisibility.js";
import { exact, short } from "./numberFormat.js";
import { layerName, places } from "./NetworkDiagram.js";
import { useFrame, useRun } from "./store.js";

const MOST = 4; // weights in a line; of more, the link that was meant

export function Chosen({ run }) {
  const { scene, selected, gradient } = useRun(run);
  if (selected?.run !== run) {
    return html`<p class="chosen-numbers soft">A link's width and colour show ${gradient ? "the gradient of its weight" : "its weight"}, the dot at a neuron its bias:
      blue is above 0, orange below. Choose one for its numbers.</p>`;
  }
  return html`<${Numbers} run=${run} scene=${scene} ...${selected} />`;
}

function Numbers({ run, scene, layer, neuron, place }) {
  const frame = useFrame(150, run);
  const { W, b, n_in } = places(scene.sizes)[layer - 1];
  const weights = Array.from({ length: n_in }, (_, j) => W + neuron * n_in + j);
  const shown = place !== null ? [place] : [...(n_in <= MOST ? weights : []), b + neuron];
  const write = place !== null ? exact : short;
  return html`<div class="chosen-numbers"><p><b>${layerName(layer, scene.sizes.length - 1)}, neuron ${neuron + 1}:</b>
    ${" "}<span class="mono">${frame && shown.map((at) => `${scene.names[at]} = ${write(frame.parameters[at])}`).join(", ")}</span></p>
    <button class="to" onClick=${() => goTo("inspector")}>Weights and bias</button></div>`;
}
