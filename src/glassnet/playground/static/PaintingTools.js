// What a touch of the plane does, and with which class or value.

import { ask } from "./connection.js";
import { NumberField, Segments } from "./FormFields.js";
import { brushOf } from "./pointEditing.js";
import { PointMarker } from "./PointMarker.js";
import { page } from "./state.js";
import { labelColour } from "./units.js";
import { html } from "./vendor/preact.js";
import { say, wordsOf } from "./words.js";

const MOST_CLASSES = 8;

export function PaintingTools({ scene, run }) {
  const { mode, startsEmpty } = page;
  const choose = (other) => Object.assign(page, { mode: other, startsEmpty: false });
  return html`<div class="painting" data-control="painting">
    <${Segments} label=${say("painting.mode")} value=${mode} onChange=${choose}
      choices=${Object.entries(wordsOf("painting.modes"))} />
    ${mode === "paint" && html`<div class="brushes" role="group"
        aria-label=${say("painting.brush")}>
      ${scene.n_classes ? html`<${ClassBrushes} scene=${scene} run=${run} />`
    : html`<${NumberField} label=${scene.target.name} width=${5} value=${brushOf(scene)}
        onCommit=${(value) => { page.brushValue = value; }} />`}
      <button aria-pressed=${startsEmpty} title=${say("painting.empty_hint")}
        onClick=${() => { page.startsEmpty = !startsEmpty; }}>${say("painting.empty")}</button>
    </div>`}
  </div>`;
}

function ClassBrushes({ scene: { classes, n_classes: n }, scene, run }) {
  const brush = brushOf(scene);
  const add = () => {
    const names = [...Array(MOST_CLASSES + 1).keys()].map(String);
    const free = names.find((name) => !classes.includes(name));
    ask("paint", { classes: [...classes, free], of: run });
    page.brush = n;
  };
  return html`${classes.map((name, k) => html`<button key=${k} class="brush"
      aria-label=${say("painting.class", { name })} aria-pressed=${k === brush}
      onClick=${() => { page.brush = k; }}>
      <${PointMarker} label=${k} colour=${labelColour(scene, k)} />${name}</button>`)}
    <button disabled=${n >= MOST_CLASSES} onClick=${add}>${say("painting.add")}</button>`;
}
