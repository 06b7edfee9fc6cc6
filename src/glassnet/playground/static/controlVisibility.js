// What a teacher hides: any control and any part of the page, by names that links hold.
//
// An element with data-control="name" is shown or not by a rule in a style sheet, so that what is
// hidden is reached by no key either. It is hidden only: a link may still set it.

import { stepOf } from "./lessons.js";
import { page } from "./state.js";
import { useEffect } from "./vendor/preact.js";
import { wordsOf } from "./words.js";

/** Every part of the page with its controls: [name, label]. */
export const PARTS = Object.entries(wordsOf("parts")).map(([name, { label, controls = {} }]) => (
  { name, label, controls: Object.entries(controls) }));
const LABELS = new Map(PARTS.flatMap(({ name, label, controls }) => [[name, label], ...controls]));
const sheet = new CSSStyleSheet();
document.adoptedStyleSheets.push(sheet);

/** What the page calls a control or a part. */
export const labelOf = (name) => LABELS.get(name);

/** The names that are not shown: what is hidden, but for what the open lesson's step needs. */
function hiddenNames(hides, needed) {
  const names = new Set(hides.filter((name) => LABELS.has(name))); // they come from a link
  for (const { name, controls } of PARTS) {
    if (!names.has(name)) continue;
    const wanted = controls.filter(([control]) => needed.includes(control));
    if (wanted.length === 0 && !needed.includes(name)) continue;
    names.delete(name);
    if (wanted.length) controls.forEach(([control]) => names.add(control));
  }
  needed.forEach((name) => names.delete(name));
  return names;
}

/** The controls that the open lesson's step asks to use. */
const needs = () => stepOf(page.lesson)?.uses ?? [];

/** Whether a control, or the part it stands in, is not shown. */
export function isHidden(name) {
  const names = hiddenNames(page.hides, needs());
  const isIn = ({ controls }) => controls.some(([control]) => control === name);
  return names.has(name) || PARTS.some((one) => names.has(one.name) && isIn(one));
}

/** Hides what is to be hidden and marks what a lesson needs; draws nothing of its own. */
export function ControlVisibility() {
  const { hides, lesson } = page;
  useEffect(() => {
    const needed = needs();
    const names = hiddenNames(hides, needed);
    const rules = (some, style) => [...some].map((name) => style(`[data-control="${name}"]`));
    sheet.replaceSync([
      ...rules(names, (place) => `${place} { display: none !important; }`),
      ...rules(needed, (place) => (
        `${place} { outline: 2px dashed var(--accent); outline-offset: 3px; }
         ${place}:focus-visible { outline: 3px solid var(--accent); }`)),
    ].join("\n"));
    document.documentElement.dataset.hidden = [...names].join(" "); // for the layout around it
  }, [hides, lesson]);
  return null;
}

// Where a part is, if it is not always in sight.
const PLACES = {
  seeds: { strip: "seeds" }, history: { strip: "history" }, time: { strip: "history" },
  ...Object.fromEntries(["diagnosis", "inspector", "predictions", "confusion"].map(
    (dock) => [dock, { dock }])),
};

/** Bring what is meant into sight. */
export function reveal(name) {
  Object.assign(page, PLACES[name]);
}

// What a part is for, before what stands around it.
const MAIN = "[role=application], .node, .weight input";
const FOCUSABLE = "button:not(:disabled), select, input:not(:disabled), [tabindex='0']";

/** Move to a control: its first place that takes the focus. */
export function goTo(name) {
  reveal(name);
  if (name in PLACES) requestAnimationFrame(() => moveTo(name)); // once it is drawn
  else moveTo(name);
}

function moveTo(name) {
  const places = [...document.querySelectorAll(`[data-control="${name}"]`)];
  const within = (place, selector) => (
    [...(place.matches(selector) ? [place] : []), ...place.querySelectorAll(selector)]);
  const inside = (selector) => places.flatMap((place) => within(place, selector))
    .find((element) => element.checkVisibility());
  const found = inside(MAIN) ?? inside(FOCUSABLE);
  const target = /** @type {HTMLElement} */ (found ?? places.find((one) => one.checkVisibility()));
  if (!target) return;
  if (!found) target.tabIndex = -1;
  target.scrollIntoView({ block: "center" });
  const how = { focusVisible: true, preventScroll: true };
  target.focus(how);
}
