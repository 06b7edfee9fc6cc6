// What undo leads back to, as the server told it: a server that is started again is told it by the page.

const ROOM = 240 * 1024; // bytes of a command, of which the server takes 256 KiB

let past = []; // { run, story, epoch, step }, the oldest first
let newest = { text: undefined, points: undefined }; // the own points that came last

const bytes = (value) => new TextEncoder().encode(JSON.stringify(value)).length;

/** Own points; those that came before, if they are the same. */
function shared(points) {
  const text = JSON.stringify(points);
  if (text !== newest.text) newest = { text, points };
  return newest.points;
}

const sharing = (story) => (story.points ? { ...story, points: shared(story.points) } : story);

/** A story as the server told it, with how many moments `undo` leads back to, and the one `before` it if that is new. */
export function heard(run, { story, undo, before }) {
  if (before) past.push({ run, ...before, story: sharing(before.story) });
  const mine = past.filter((moment) => moment.run === run);
  const gone = before ? mine.slice(0, Math.max(mine.length - undo, 0)) : mine.slice(undo);
  past = past.filter((moment) => !gone.includes(moment));
  return sharing(story);
}

/** There is one run only. */
export function forgetSecond() {
  past = past.filter(({ run }) => run === "a");
}

/** A state with as many of the latest moments as there is room for, the newest first; points that were there already are left out. */
export function withUndo(state) {
  let { points } = state.story;
  let room = ROOM - bytes(state);
  const undo = [];
  for (const { story, ...at } of [...past].reverse()) {
    const { points: own, ...rest } = story;
    const moment = { ...at, story: own === points ? rest : story };
    room -= bytes(moment) + 1;
    if (room < 0) break;
    points = own ?? points;
    undo.push(moment);
  }
  return { ...state, undo };
}

/** Take over the moments of such a state. */
export function takeOver({ story, undo = [] }) {
  let points = story.points && shared(story.points);
  past = undo.map((moment) => {
    if (moment.story.spec.data !== "own") return moment;
    points = moment.story.points ?? points;
    return { ...moment, story: { ...moment.story, points } };
  }).reverse();
}
