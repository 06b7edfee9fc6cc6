// The teacher's panel: what is to be seen, and the link that shows just that.

import { PARTS } from "./controlVisibility.js";
import { LinkField, Sheet } from "./Sheet.js";
import { page } from "./state.js";
import { refreshAddress } from "./urlState.js";
import { html } from "./vendor/preact.js";

export function TeacherDialog({ onClose }) {
  const { hides } = page;
  const set = (names) => {
    page.hides = names;
    refreshAddress();
  };
  const isShown = (name) => !hides.includes(name);
  const without = (name) => hides.filter((other) => other !== name);
  const toggle = (name) => set(isShown(name) ? [...hides, name] : without(name));
  const box = (name, label, within) => html`<label class="check">
    <input type="checkbox" checked=${isShown(name)} onChange=${() => toggle(name)}
      disabled=${within !== undefined && !isShown(within)} /><span>${label}</span></label>`;
  return html`<${Sheet} name="teacher" title="For teachers" onClose=${onClose}>
    <div class="sheet-body">
      <p>Choose what your readers see. The link holds your choice, the lesson that is open and the
        training as it stands. What is hidden still works as the link says; it only cannot be
        changed here.</p>
      <div class="parts">${PARTS.map(({ name, label, controls }) => html`<fieldset key=${name}>
        <legend class="hidden">${label}</legend><b>${box(name, label)}</b>
        ${controls.map(([control, text]) => box(control, text, name))}</fieldset>`)}</div>
      <${LinkField} label="Link" link=${location.href} beside=${html`<button
        disabled=${hides.length === 0} onClick=${() => set([])}>Show everything</button>`} />
      <p class="hint">It opens where glassnet play runs: your readers replace the part before # by
        the address of their own page.</p>
    </div><//>`;
}
