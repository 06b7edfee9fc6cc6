// What the page knows: of itself, and of each of the two runs that may stand side by side.

import { reactive } from "./reactive.js";

export const page = reactive({
  // connecting, returning, open, lost, asleep, waking, ended, outdated, stopped (a kernel)
  link: "connecting",
  problem: null, // the sentence on what went wrong
  loading: null, // the share of Python that has come, until a worker of this browser can train
  refused: 0, // commands so far: fields that read it show again what is so
  recorded: false, // the page is a file that replays a run
  speed: 1000, // epochs a second; null for no limit
  gradient: false, // links show gradients
  hard: false, // the boundary is sharp
  selected: null, // { run, layer, neuron, place }: a neuron, and of its weights the one meant
  enlarged: null, // the neuron that is pointed at: { run, layer, neuron, at }
  editing: "a", // the run whose settings, predictions and diagnosis are shown
  mode: "explore", // what a touch of the plane does: explore, paint, move or erase
  brush: 0, // the class that is painted
  brushValue: null, // or the value
  startsEmpty: false, // the next stroke takes the place of all points
  explanation: null,
  explaining: null, // the number of the command that asks for it
  reading: null, // the name of the file that is being read
  unread: null, // the name of the table of which is being chosen how to read it
  table: null, // what an uploaded table holds, while its columns are being chosen
  notes: [], // on what was taken from it
  comparison: null, // what differs between the runs, and the outcome
  seeds: null, // the outcome of many starts
  startedOn: undefined, // the own points that they are trained on, as text
  files: [], // the kinds that can be made here
  publicAddress: null, // where links lead, if not to this page
  taking: null, // the file that is being made
  hides: [], // names of controls that a teacher has hidden
  strip: "history", // what is beneath the network: history or seeds
  dock: "diagnosis", // what is beneath the plane
  hasSettings: false, // whether their drawer is open
  hasCallouts: false, // labels on the figure
  lessons: [],
  lesson: null, // { name, step }: the lesson that is open
});

const NOTHING = {
  scene: null, // data, network and features; changes when another network is begun
  scenario: null, // what decides all digits, as the address holds it
  spec: {}, // every setting of the training
  canUndo: false,
  hasOwn: false, // own points were here, and can be had again
  hasOpened: false, // so can the run that the server was given
  status: null, // the frame at which playing, phase or end changed last
  diagnosis: null,
};

/** The run on the page; and run b, which is empty while nothing is compared. */
export const runs = { a: reactive(NOTHING), b: reactive(NOTHING) };

export const isComparing = () => Boolean(runs.b.scene && runs.b.scenario);

/** The runs that are shown. */
export const shownRuns = () => (isComparing() ? [runs.a, runs.b] : [runs.a]);

/** Forget run b. */
export function closeSecondRun() {
  Object.assign(runs.b, NOTHING);
  Object.assign(page, { comparison: null, editing: "a" });
  if (page.selected?.run === "b") page.selected = null;
}
