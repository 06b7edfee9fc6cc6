// The weights and the bias of the neuron that is selected, to be read and edited.

import { OUTPUTS } from "./NetworkDiagram.js";
import { layerName, parameterPlaces } from "./networkLayout.js";
import { page, runs } from "./state.js";
import { featureName } from "./units.js";
import { html } from "./vendor/preact.js";
import { Weight } from "./Weight.js";
import { say } from "./words.js";

export function WeightInspector() {
  const { selected, recorded } = page;
  const { scene, spec } = runs[selected?.run ?? "a"];
  const name = selected && layerName(selected.layer, scene.sizes.length - 1);
  const key = selected && `${selected.run}.${selected.layer}.${selected.neuron}`;
  return html`<section class="inspector" aria-label=${say("dock.inspector")}
      data-control="inspector">
    ${selected ? html`<h3>${say("weights.neuron", { layer: name, i: selected.neuron + 1 })}</h3>
      <${Neuron} key=${key} scene=${scene} spec=${spec} selected=${selected} />`
    : html`<p class="hint">${say(recorded ? "weights.hint_replay" : "weights.hint")}</p>`}
  </section>`;
}

function Neuron({ scene, spec, selected: { run, layer, neuron, place } }) {
  const { W, b, n_in } = parameterPlaces(scene.sizes)[layer - 1];
  const from = (j) => (layer === 1 ? featureName(spec.features[j]) : `a${layer - 1}[${j + 1}]`);
  const isOutput = layer === scene.sizes.length - 1;
  const activation = isOutput ? OUTPUTS[scene.loss] : spec.activation[layer - 1];
  const rows = Array.from({ length: n_in }, (_, j) => [W + neuron * n_in + j, `· ${from(j)}`]);
  return html`<p class="hint">
      ${say("weights.sum", { activation: activation.replaceAll("_", " ") })}</p>
    <div class="weights">${[...rows, [b + neuron, say("weights.bias")]].map(
    ([at, factor]) => html`<${Weight} key=${at} place=${at} from=${factor} run=${run}
      name=${scene.names[at]} isWanted=${at === place} />`)}</div>`;
}
