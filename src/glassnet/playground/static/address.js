// The address: its part after # tells the whole story, so that a link brings another here.

const LISTS = { features: String, hidden: Number, activation: String };
const TEXTS = new Set(["data", "initialiser", "optimizer"]);
let shown = null; // the story that the address tells

/** The story and the epoch in the address, or null if there is none. */
export function read() {
  const given = new URLSearchParams(location.hash.slice(1));
  if ([...given].length === 0) return null;
  const spec = {};
  let changes = [];
  let epoch = 0;
  for (const [name, text] of given) {
    if (name === "epoch") epoch = Number(text);
    else if (name === "changes") changes = parsed(text);
    else if (name in LISTS) spec[name] = text === "" ? [] : text.split(",").map(LISTS[name]);
    else if (TEXTS.has(name)) spec[name] = text;
    else spec[name] = text === "none" ? null : Number(text);
  }
  shown = JSON.stringify({ spec, changes });
  return { story: { spec, changes }, epoch };
}

/** Put a story and an epoch into the address, as a new step of the browser's history or not. */
export function write(story, epoch, isStep) {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(story.spec)) {
    given.set(name, value === null ? "none" : String(value));
  }
  if (story.changes.length) given.set("changes", JSON.stringify(story.changes));
  if (epoch) given.set("epoch", epoch);
  const hash = String(given);
  const target = hash ? `#${hash}` : location.pathname;
  const told = JSON.stringify(story);
  if (isStep && told !== shown) history.pushState(null, "", target);
  else history.replaceState(null, "", target);
  shown = told;
}

function parsed(text) {
  try { return JSON.parse(text); } catch { return []; }
}
