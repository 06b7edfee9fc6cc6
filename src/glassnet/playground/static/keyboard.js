// Keys that work all over the page, unless they mean something else where the focus is.

import { ask } from "./connection.js";
import { isHidden } from "./controlVisibility.js";
import { isTyping } from "./FormFields.js";
import { frameOf } from "./frames.js";
import { preference, setPreference } from "./persistence.js";
import { Sheet } from "./Sheet.js";
import { page } from "./state.js";
import { html, useEffect, useState } from "./vendor/preact.js";
import { say, wordsOf } from "./words.js";

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
/** By key, its action and the control without which it has none; words.json says what it does. */
const KEYS = {
  " ": [togglePlay, "play"], e: [() => ask("epoch"), "epoch"], p: [() => ask("phase"), "phase"],
  ArrowLeft: [stepBack, "time"], ArrowRight: [stepOn, "time"], b: [() => ask("start"), "back"],
  n: [() => ask("fresh"), "new_start"], l: [goToLesson],
};

/** The action of a key where the focus is; null if it is none of the page's. */
function actionOf({ key, altKey, ctrlKey, metaKey, target }, showHelp) {
  if (ctrlKey || metaKey) { // while something is typed it is the field's own
    const isUndo = key === "z" && !isTyping(target) && !isHidden("undo");
    return isUndo ? () => ask("undo") : null;
  }
  if (altKey || !isOn || target.closest(ELSEWHERE[key] ?? TYPED)) return null;
  if (key === "?") return showHelp;
  const [act, control] = KEYS[key] ?? [];
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

/** What this is, what can be done with it, and the keys. */
export function HelpDialog({ onClose }) {
  const [isChecked, setChecked] = useState(isOn);
  const turn = ({ target: { checked } }) => {
    isOn = checked;
    setChecked(checked);
    setPreference(SINGLE_KEYS, checked ? "on" : "off");
  };
  const keys = Object.entries(wordsOf("help.keys"));
  const callOut = () => {
    onClose();
    setTimeout(() => { page.hasCallouts = true; }); // after this click, which would end them
  };
  return html`<${Sheet} name="help" title=${say("help.title")} onClose=${onClose}>
    <div class="sheet-body">
      ${wordsOf("help.text").map((text) => html`<p key=${text}>${text}</p>`)}
      <div class="row-of-buttons">
        <button class="primary" onClick=${callOut}>${say("help.callouts")}</button></div>
      <h3>${say("help.keys_title")}</h3>
      <dl class="keys">${keys.map(([name, does]) => html`<div key=${name}>
        <dt>${name.split(" ").map((part) => html`<kbd>${part}</kbd> `)}</dt><dd>${does}</dd>
        </div>`)}</dl>
      <p>${say("help.moving")}</p>
      <label class="check"><input type="checkbox" checked=${isChecked} onChange=${turn} />
        <span>${say("help.single")}</span></label>
    </div><//>`;
}
