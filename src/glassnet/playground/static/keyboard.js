// Keys that work all over the page, unless they mean something else where the focus is.

import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";
import { ask } from "./connection.js";
import { isTyping } from "./FormFields.js";
import { isHidden } from "./controlVisibility.js";
import { store } from "./store.js";

const REMEMBERED = "glassnet-single-keys";
const TYPED = "input:not([type=range], [type=checkbox], [type=radio]), select, textarea, [contenteditable]";
const PRESSED = "a[href], button, summary, input, select, [role=application]"; // where space does something
const MOVED = "input, select, [role=application], [tabindex='0']"; // and where arrows do
let single = localStorage.getItem(REMEMBERED) !== "off";

export function toggle() {
  if (store.frame) ask(store.frame.playing ? "pause" : "play");
}

function inTime(by) {
  const { frame } = store;
  if (!frame) return;
  if (by > 0) ask("epoch");
  else ask("go", { epoch: Math.max(frame.epoch - 1, 0) });
}

const ELSEWHERE = { " ": PRESSED, ArrowLeft: MOVED, ArrowRight: MOVED };
/** Key, how it is written, what it does, and the control without which it does nothing. */
const KEYS = [
  { key: " ", name: "Space", does: "play or pause", control: "play", act: toggle },
  { key: "e", name: "E", does: "one epoch", control: "epoch", act: () => ask("epoch") },
  { key: "p", name: "P", does: "one phase: forward, loss, backward or update", control: "phase", act: () => ask("phase") },
  { key: "ArrowLeft", name: "←", does: "one epoch back in time", control: "time", act: () => inTime(-1) },
  { key: "ArrowRight", name: "→", does: "one epoch on", control: "time", act: () => inTime(1) },
  { key: "b", name: "B", does: "back to the same start", control: "back", act: () => ask("start") },
  { key: "n", name: "N", does: "a new start: other weights", control: "new_start", act: () => ask("fresh") },
  { key: "l", name: "L", does: "to the text of the lesson", act: () => document.getElementById("lesson-step")?.focus() },
];

function onKey(event, help) {
  if (event.defaultPrevented || event.target.closest("dialog")) return;
  if (event.ctrlKey || event.metaKey) {
    // While something is typed it is the field's own.
    if (event.key === "z" && !isTyping(event.target) && !isHidden("undo")) { ask("undo"); event.preventDefault(); }
    return;
  }
  if (event.altKey || !single || event.target.closest(ELSEWHERE[event.key] ?? TYPED)) return;
  if (event.key === "?") { help(); event.preventDefault(); return; }
  const found = KEYS.find(({ key }) => key === event.key);
  if (!found || (found.control && isHidden(found.control))) return;
  found.act();
  event.preventDefault();
}

/** Listens to the keys; `help` is called for the list of them. */
export function useKeys(help) {
  useEffect(() => {
    const listen = (event) => onKey(event, help);
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);
}

/** The list of the keys, and a way to turn them off. */
export function Help({ onClose }) {
  const dialog = useRef();
  const [on, setOn] = useState(single);
  useEffect(() => dialog.current.showModal(), []);
  const turn = (wanted) => {
    single = wanted;
    setOn(wanted);
    localStorage.setItem(REMEMBERED, wanted ? "on" : "off");
  };
  return html`<dialog ref=${dialog} class="sheet help" aria-labelledby="help-title" onClose=${onClose}
      onClick=${(event) => { if (event.target === dialog.current) dialog.current.close(); }}>
    <header><h2 id="help-title">Keys</h2><button aria-label="Close" onClick=${() => dialog.current.close()}>×</button></header>
    <div class="sheet-body">
      <dl class="keys">${KEYS.map(({ key, name, does }) => html`<div key=${key}><dt><kbd>${name}</kbd></dt><dd>${does}</dd></div>`)}
        <div><dt><kbd>Ctrl</kbd> <kbd>Z</kbd></dt><dd>undo the last change</dd></div>
        <div><dt><kbd>?</kbd></dt><dd>this list</dd></div></dl>
      <p>Tab goes through everything. In the plane of points arrows move the cross, with Shift in small steps, and Enter shows the
        calculation there. In a weight's field arrows up and down change it by 0.1.</p>
      <label class="check"><input type="checkbox" checked=${on} onChange=${(event) => turn(event.target.checked)} />
        <span>Single keys do this; turn it off if they get in the way of your own.</span></label>
    </div></dialog>`;
}
