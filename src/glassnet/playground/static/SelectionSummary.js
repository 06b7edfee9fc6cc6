// The numbers of the neuron or the link that is chosen, where it was chosen.

import { goTo } from "./controlVisibility.js";
import { useFrame } from "./frames.js";
import { layerName, parameterPlaces } from "./networkLayout.js";
import { exact, short } from "./numberFormat.js";
import { page, runs } from "./state.js";
import { html } from "./vendor/preact.js";

const MOST = 4; // weights in a line; of more, the link that was meant

export function SelectionSummary({ run }) {
  const { selected, gradient } = page;
  if (selected?.run === run) return html`<${Numbers} run=${run} ...${selected} />`;
  return html`<p class="chosen-numbers soft">A link's width and colour
    show ${gradient ? "the gradient of its weight" : "its weight"}, the dot at a neuron its bias:
    blue is above 0, orange below. Choose one for its numbers.</p>`;
}

function Numbers({ run, layer, neuron, place }) {
  const { scene } = runs[run];
  const frame = useFrame(150, run);
  const { W, b, n_in } = parameterPlaces(scene.sizes)[layer - 1];
  const weights = Array.from({ length: n_in }, (_, j) => W + neuron * n_in + j);
  const shown = place !== null ? [place] : [...(n_in <= MOST ? weights : []), b + neuron];
  const format = place !== null ? exact : short;
  const text = (at) => `${scene.names[at]} = ${format(frame.parameters[at])}`;
  return html`<div class="chosen-numbers">
    <p><b>${layerName(layer, scene.sizes.length - 1)}, neuron ${neuron + 1}:</b>${" "}
      <span class="mono">${frame && shown.map(text).join(", ")}</span></p>
    <button class="to" onClick=${() => goTo("inspector")}>Weights and bias</button></div>`;
}
