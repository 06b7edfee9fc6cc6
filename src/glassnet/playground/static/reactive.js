// State that components read: what they have read draws them again when it changes.

import { signal } from "./vendor/preact.js";

/**
 * An object whose properties are signals.
 * @template {object} T
 * @param {T} values the first values
 * @returns {T}
 */
export function reactive(values) {
  const properties = Object.entries(values).map(([name, value]) => {
    const field = signal(value);
    const set = (next) => { field.value = next; };
    return [name, { enumerable: true, get: () => field.value, set }];
  });
  const made = /** @type {any} */ ({});
  return Object.defineProperties(made, Object.fromEntries(properties));
}
