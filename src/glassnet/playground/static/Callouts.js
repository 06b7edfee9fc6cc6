// Labels on the figure for a first visit: gone after the first use, and back through help.

import { preference, setPreference } from "./persistence.js";
import { page } from "./state.js";
import { html, useEffect } from "./vendor/preact.js";
import { say } from "./words.js";

/** Show the labels on a first visit. */
export function beginCallouts() {
  page.hasCallouts = preference("callouts") === null;
}

/** The label of a part of the figure; none within a lesson, which has its own words. */
export function Callout({ part }) {
  const isShown = page.hasCallouts && !page.lesson;
  return isShown && html`<p class=${`callout at-${part}`}>${say(`callouts.${part}`)}</p>`;
}

/** Takes the labels away when something is used. */
export function CalloutsEnd() {
  const { hasCallouts } = page;
  useEffect(() => {
    if (!hasCallouts) return undefined;
    const end = () => {
      page.hasCallouts = false;
      setPreference("callouts", "seen");
    };
    addEventListener("click", end);
    return () => removeEventListener("click", end);
  }, [hasCallouts]);
  return null;
}
