// Keys that work all over the page, unless they mean something else where the focus is.

import { ask } from "./connection.js";
import { isHidden } from "./controlVisibility.js";
import { isTyping } from "./FormFields.js";
import { frameOf } from "./frames.js";
import { preference, setPreference } from "./persistence.js";
import { Sheet } from "./Sheet.js";
import { html, useEffect, useState } from "./vendor/preact.js";

const SINGLE_KEYS = "single-keys";
const TYPED = "input:not([type=range], [type=checkbox], [type=radio]), select, textarea, "
  + "[contenteditable]";
const PRESSED = "a[href], button, summary, input, select, [role=application]"; // by space
const MOVED = "input, select, [role=application], [tabindex='0']"; // by arrows
let isOn = preference(SINGLE_KEYS) !== "off";

export function togglePlay() {
  if (frameOf()) ask(frameOf().playing ? "pause" : "play");
}

function stepBack() {
  if (frameOf()) ask("go", { epoch: Math.max(frameOf().epoch - 1, 0) });
}

const stepOn = () => frameOf() && ask("epoch");
const goToLesson = () => document.getElementById("lesson-step")?.focus();
const ELSEWHERE = { " ": PRESSED, ArrowLeft: MOVED, ArrowRight: MOVED };
/** Key, how it is written, what it does, its action, and the control without which it has none. */
const KEYS = [
  [" ", "Space", "play or pause", togglePlay, "play"],
  ["e", "E", "one epoch", () => ask("epoch"), "epoch"],
  ["p", "P", "one phase: forward, loss, backward or update", () => ask("phase"), "phase"],
  ["ArrowLeft", "←", "one epoch back in time", stepBack, "time"],
  ["ArrowRight", "→", "one epoch on", stepOn, "time"],
  ["b", "B", "back to the same start", () => ask("start"), "back"],
  ["n", "N", "a new start: other weights", () => ask("fresh"), "new_start"],
  ["l", "L", "to the text of the lesson", goToLesson],
];

/** The action of a key where the focus is; null if it is none of the page's. */
function actionOf({ key, altKey, ctrlKey, metaKey, target }, showHelp) {
  if (ctrlKey || metaKey) { // while something is typed it is the field's own
    const isUndo = key === "z" && !isTyping(target) && !isHidden("undo");
    return isUndo ? () => ask("undo") : null;
  }
  if (altKey || !isOn || target.closest(ELSEWHERE[key] ?? TYPED)) return null;
  if (key === "?") return showHelp;
  const [, , , act, control] = KEYS.find(([name]) => name === key) ?? [];
  return control && isHidden(control) ? null : act;
}

/** Listens to the keys; `showHelp` is called for the list of them. */
export function useKeys(showHelp) {
  useEffect(() => {
    const listen = (event) => {
      if (event.defaultPrevented || event.target.closest("dialog")) return;
      const act = actionOf(event, showHelp);
      if (!act) return;
      act();
      event.preventDefault();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);
}

/** The list of the keys, and a way to turn them off. */
export function KeysDialog({ onClose }) {
  const [isChecked, setChecked] = useState(isOn);
  const turn = ({ target: { checked } }) => {
    isOn = checked;
    setChecked(checked);
    setPreference(SINGLE_KEYS, checked ? "on" : "off");
  };
  return html`<${Sheet} name="help" title="Keys" onClose=${onClose}><div class="sheet-body">
      <dl class="keys">${KEYS.map(([key, name, does]) => html`<div key=${key}>
        <dt><kbd>${name}</kbd></dt><dd>${does}</dd></div>`)}
        <div><dt><kbd>Ctrl</kbd> <kbd>Z</kbd></dt><dd>undo the last change</dd></div>
        <div><dt><kbd>?</kbd></dt><dd>this list</dd></div></dl>
      <p>Tab goes through everything. In the plane of points arrows move the cross, with Shift in
        small steps, and Enter shows the calculation there. In a weight's field arrows up and down
        change it by 0.1.</p>
      <label class="check"><input type="checkbox" checked=${isChecked} onChange=${turn} />
        <span>Single keys do this; turn it off if they get in the way of your own.</span></label>
    </div><//>`;
}
