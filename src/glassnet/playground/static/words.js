// The page's own words, which words.json holds side by side.

import words from "./words.json" with { type: "json" };

const forms = new Intl.PluralRules("en");

/** What stands at a path such as "run.play": a text, a list of texts, or all beneath it. */
export function wordsOf(path) {
  const found = path.split(".").reduce((part, name) => part?.[name], /** @type {any} */ (words));
  if (found === undefined) throw new Error(`words.json has nothing at ${path}`);
  return found;
}

/** The text at a path with values for its {names}; of two forms the one for the number `n`. */
export function say(path, values = /** @type {any} */ ({})) {
  const found = wordsOf(path);
  const text = typeof found === "string" ? found
    : found[forms.select(Number(String(values.n).replaceAll(",", "")))] ?? found.other;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
