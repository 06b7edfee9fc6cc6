// A card at the link or the bias that was clicked: its value, its gradient, and ways to change it.

import { ask } from "./connection.js";
import { useFrame } from "./frames.js";
import { exact } from "./numberFormat.js";
import { page, runs } from "./state.js";
import { html, useEffect } from "./vendor/preact.js";
import { Weight } from "./Weight.js";
import { say } from "./words.js";

const WIDTH = 250; // of the card
const HEIGHT = 150;
const REACH = 10; // of the slider, unless the weight is larger

/** `at` is a place of the network, and `plan` says how large that is. */
export function WeightCard({ run, at: [x, y], plan }) {
  const { place, layer, neuron } = page.selected;
  const { scene } = runs[run];
  const frame = useFrame(100, run);
  useEffect(() => { // the gradient is shown here, whatever the links show
    ask("gradient", { gradient: true });
    return () => ask("gradient", { gradient: page.gradient });
  }, [place]);
  const close = () => { page.selected = { run, layer, neuron, place: null }; };
  const value = frame?.parameters[place] ?? 0;
  const most = Math.max(REACH, 2 * Math.abs(value));
  const edit = ({ target }) => ask("edit", { values: [[place, Number(target.value)]], of: run });
  const left = Math.max(4, Math.min(x + 12, plan.width - WIDTH - 4));
  const top = Math.max(4, Math.min(y + 12, plan.height - HEIGHT));
  const { [place]: name } = scene.names;
  return html`<div class="weight-card" role="group" aria-label=${say("weights.card", { name })}
      style=${{ left: `${left}px`, top: `${top}px`, width: `${WIDTH}px` }}
      onKeyDown=${({ key }) => { if (key === "Escape") close(); }}>
    <button class="quiet" aria-label=${say("weights.close")} onClick=${close}>×</button>
    <${Weight} key=${place} place=${place} from="" run=${run} name=${name} />
    ${!page.recorded && html`<input type="range" min=${-most} max=${most} step="0.01" value=${value}
      aria-label=${say("weights.slider", { name })} onChange=${edit} />`}
    <p class="soft">${say("weights.slope")}
      ${" "}<span class="mono">${frame?.gradient ? exact(frame.gradient[place]) : "–"}</span></p>
  </div>`;
}
