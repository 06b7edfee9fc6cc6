// What undo leads back to. The page keeps it too, for a server that is started again.

const ROOM = 240 * 1024; // bytes of a command, of which the server takes 256 KiB

let past = []; // { run, scenario, epoch, step }, the oldest first
let newest = { text: undefined, points: undefined }; // the own points that came last

const bytes = (value) => new TextEncoder().encode(JSON.stringify(value)).length;

/** Own points; those that came before, if they are the same. */
function shared(points) {
  const text = JSON.stringify(points);
  if (text !== newest.text) newest = { text, points };
  return newest.points;
}

const sharing = (scenario) => (
  scenario.points ? { ...scenario, points: shared(scenario.points) } : scenario);

/** Record how many steps can be undone, and the scenario before this one if that is new. */
export function record(run, { scenario, undo, before }) {
  if (before) past.push({ run, ...before, scenario: sharing(before.scenario) });
  const mine = past.filter((entry) => entry.run === run);
  const gone = before ? mine.slice(0, Math.max(mine.length - undo, 0)) : mine.slice(undo);
  past = past.filter((entry) => !gone.includes(entry));
  return sharing(scenario);
}

export function forgetSecondRun() {
  past = past.filter(({ run }) => run === "a");
}

/** A state with as many of the latest steps as there is room for; equal points are left out. */
export function withUndo(state) {
  let { points } = state.scenario;
  let room = ROOM - bytes(state);
  const undo = [];
  for (const { scenario, ...at } of past.toReversed()) {
    const { points: own, ...rest } = scenario;
    const entry = { ...at, scenario: own === points ? rest : scenario };
    room -= bytes(entry) + 1;
    if (room < 0) break;
    points = own ?? points;
    undo.push(entry);
  }
  return { ...state, undo };
}

/** Take over the steps of such a state. */
export function restore({ scenario, undo = [] }) {
  let points = scenario.points && shared(scenario.points);
  past = undo.map((entry) => {
    if (entry.scenario.spec.data !== "own") return entry;
    points = entry.scenario.points ?? points;
    return { ...entry, scenario: { ...entry.scenario, points } };
  }).reverse();
}
