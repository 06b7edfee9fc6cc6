// Many starts of what is on the page: how many learn, how fast, where the others rest.

import { ask, onMessage } from "./connection.js";
import { NumberField } from "./FormFields.js";
import { fill, useLineChart } from "./lineChart.js";
import { count, short } from "./numberFormat.js";
import { page, runs } from "./state.js";
import { html, useMemo, useRef, useState } from "./vendor/preact.js";

const HIGHEST = 1e4; // loss that is drawn
const STATES = { reached: "reached the goal", stuck: "got stuck", falling: "still falling",
  diverged: "diverged" };
const STROKES = { reached: ["--accent", []], stuck: ["--second", []], falling: ["--soft", [5, 3]],
  diverged: ["--bad", [1, 3]] };
const EDGE = { stroke: "--accent", width: 0 };
// Half of all curves run in the dark band, nine tenths in the pale one.
const BANDS = [EDGE, EDGE, { stroke: "--ink", width: 2 },
  { ...EDGE, band: "--accent-faint", to: 2 }, { ...EDGE, band: "--accent-faint", to: 1 }];

/** What the starts are of: a server that was started again does not know. */
function startsScenario() {
  const { seeds: { spec }, startedOn } = page;
  return { spec, changes: [], ...(startedOn && { points: JSON.parse(startedOn) }) };
}

onMessage("seeds", (seeds) => { page.seeds = seeds; });
onMessage("connected", () => {
  if (page.seeds?.running) ask("seeds", { n: page.seeds.n, scenario: startsScenario() });
});

export function ManyStarts() {
  const { seeds } = page;
  return html`<section class="seeds" aria-labelledby="seeds-title" data-control="seeds">
    <div class="card-head"><h2 id="seeds-title">Many starts</h2>
      <span class="soft">one run shows luck, many show how often it works</span></div>
    <${Request} seeds=${seeds} />
    ${seeds?.done > 0 && html`<${Outcome} seeds=${seeds} />`}
  </section>`;
}

function Request({ seeds }) {
  const { spec, scenario } = runs.a;
  const [n, setN] = useState(1000);
  const hasGoal = spec.stop_below !== null;
  const begin = () => {
    page.startedOn = JSON.stringify(scenario.points);
    ask("seeds", { n });
  };
  const left = seeds?.running && seeds.seconds_left !== null
    ? `, about ${Math.ceil(seeds.seconds_left)} s left` : "";
  return html`<div class="pair ask-seeds">
    <${NumberField} label="number of starts (seeds 0, 1, 2 …)" width=${6} value=${n}
      onCommit=${setN} />
    ${seeds?.running ? html`<button onClick=${() => ask("seeds", { n: null })}>Stop</button>`
    : html`<button class="primary" disabled=${!hasGoal} onClick=${begin}>
      Train ${count(n)} starts</button>`}
    ${!hasGoal
    && html`<span class="hint">Only a goal tells who gets stuck: set a loss to stop below.</span>`}
    ${seeds && html`<progress max=${seeds.n} value=${seeds.done}
        aria-label="Starts that have been trained"></progress>
      <span class="soft" data-test="seeds-done">
        ${count(seeds.done)} of ${count(seeds.n)}${left}</span>`}</div>`;
}

const percent = (share) => `${(100 * share).toFixed(1)}%`;

function Outcome({ seeds }) {
  const { states, share: [share, low, high], done } = seeds;
  const { spec, scenario } = runs.a;
  const points = useMemo(() => JSON.stringify(scenario.points), [scenario.points]);
  const isOther = (name) => name !== "seed" && String(spec[name]) !== String(seeds.spec[name]);
  const hasOther = page.startedOn !== points || Object.keys(spec).some(isOther);
  return html`<p class="outcome" data-test="seeds-share">
      ${count(states.reached)} of ${count(done)} reached the goal: ${percent(share)}
      ${" "}(95% interval: ${percent(low)} to ${percent(high)}).</p>
    <ul class="seed-states">${Object.entries(STATES).map(([state, label]) => html`<li key=${state}>
      <i class=${`line line-${state}`}></i> ${count(states[state])} ${label}</li>`)}</ul>
    ${hasOther && html`<p class="hint">These were trained with other settings than those on the page
      now; a seed opens with theirs.</p>`}
    <div class="seeds-body"><${StartCurves} seeds=${seeds} />
      <div class="seeds-side"><${Histogram} ...${seeds.histogram} />
        <${Groups} groups=${seeds.groups} /></div></div>`;
}

function openSeed(seed) {
  ask("seed", { seed, scenario: startsScenario() });
  document.querySelector(".network")?.scrollIntoView({ block: "center" });
}

function SeedButton({ seed, children }) {
  return html`<button class="row" aria-label=${`Open seed ${seed} on the page`}
    onClick=${() => openSeed(seed)}>${children ?? seed}</button>`;
}

/** When those that learned came to the goal. */
function Histogram({ counts, edges, named }) {
  if (!named.length) return null;
  const most = Math.max(...counts, 1);
  const ends = edges.map((edge) => count(Math.round(edge)));
  const text = named.map(({ name, epochs }) => `${name} ${epochs}`).join(", ");
  const bar = (n, k) => html`<rect key=${k} x=${k * 10 + 0.5} width="9" y=${70 - (68 * n) / most}
    height=${(68 * n) / most}><title>${n} between ${ends[k]} and ${ends[k + 1]}</title></rect>`;
  return html`<figure class="histogram"><figcaption>Epochs to the goal</figcaption>
    <svg viewBox="0 0 240 70" preserveAspectRatio="none" role="img"
      aria-label=${`Epochs to the goal: ${text}`}>${counts.map(bar)}</svg>
    <div class="scale-ends soft"><span>0</span><span>${ends.at(-1)}</span></div>
    <p class="soft row-of-buttons">${named.map(({ name, seed, epochs }) => html`<span key=${name}>
      ${name} ${count(epochs)}: <${SeedButton} seed=${seed}>seed ${seed}<//></span>`)}</p>
  </figure>`;
}

/** Those that did not learn, by the loss at which they rest. */
function Groups({ groups }) {
  if (!groups.length) return null;
  const lossText = ({ state, loss }) => (
    loss === null || state === "diverged" ? "–" : short(loss));
  return html`<div class="table-scroll"><table><thead><tr><th scope="col">did not learn</th>
      <th scope="col">rest at loss</th><th scope="col">starts</th><th scope="col">seeds</th></tr>
    </thead><tbody>${groups.map((group) => html`<tr key=${`${group.state}${group.seeds[0]}`}>
      <th scope="row">${STATES[group.state]}</th><td>${lossText(group)}</td>
      <td>${count(group.n)}</td><td class="seed-list">
        ${group.seeds.map((seed) => html`<${SeedButton} key=${seed} seed=${seed} />`)}</td>
    </tr>`)}</tbody></table></div>`;
}

const drawn = (loss) => (loss > 0 ? Math.min(loss, HIGHEST) : null);

/** Epochs and losses of one start, with its end. */
function curveOf({ at, epochs, loss }, shared) {
  return [[...shared.slice(0, at.length), epochs], [...at, loss].map(drawn)];
}

/** How a start is drawn while one is pointed at, or none. */
function seriesOf({ state }, isPointed, isOtherPointed) {
  const [stroke, dash] = STROKES[state];
  const alpha = isPointed ? 1 : isOtherPointed ? 0.2 : 0.55;
  return { stroke, dash, width: isPointed ? 3 : 1, alpha };
}

/** Single curves over the bands of all. */
function StartCurves({ seeds }) {
  const { curves, bands, epochs } = seeds;
  const [at, setAt] = useState(null); // the place in curves that is pointed at
  const lines = useRef([]); // of pixels
  const tables = useMemo(() => curves.map((one) => curveOf(one, epochs)), [seeds]);
  const shown = bands[0] ? [[epochs.slice(0, bands[0].length), ...bands]] : [];
  const series = [...(shown.length ? BANDS : []),
    ...curves.map((one, k) => seriesOf(one, k === at, at !== null))];
  const box = useLineChart({ scale: "log", series }, (plot) => {
    fill(plot, [...shown, ...tables], { last: Math.max(...curves.map((one) => one.epochs)) });
    const spot = ([times, losses]) => times.flatMap((time, k) => (losses[k] === null ? []
      : [[plot.valToPos(time, "x") + plot.over.offsetLeft, plot.valToPos(losses[k], "y")]]));
    plot.hooks.draw.push(() => { lines.current = tables.map(spot); });
  }, [seeds, at]);
  const under = ({ clientX, clientY }) => {
    const { left, top } = box.current.getBoundingClientRect();
    return closestLine(lines.current, clientX - left, clientY - top);
  };
  const one = curves[at];
  const onKeyDown = (event) => {
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    const opens = (event.key === "Enter" || event.key === " ") && one;
    if (by) setAt(((at ?? -by) + by + curves.length) % curves.length);
    if (opens) openSeed(one.seed);
    if (by || opens) event.preventDefault();
  };
  const onClick = (event) => {
    const k = under(event);
    if (k !== null) openSeed(curves[k].seed);
  };
  const text = one && `seed ${one.seed}: ${STATES[one.state]}, loss `
    + `${one.loss === null ? "not finite" : short(one.loss)} after ${count(one.epochs)} epochs`;
  return html`<div class="seed-curves"><div ref=${box} class="curves-canvas" tabindex="0"
      role="application" aria-roledescription="chart of losses"
      aria-label=${`The loss by epoch of ${curves.length} starts. Arrow keys choose one, Enter `
        + `opens it. ${text ?? ""}`} onKeyDown=${onKeyDown} onClick=${onClick}
      onPointerMove=${(event) => setAt(under(event))} onPointerLeave=${() => setAt(null)}></div>
    <p class="soft">
      ${text ?? "Point at a curve to see its seed; click it to open it on the page."}</p>
  </div>`;
}

/** How far a place is from a piece of a line. */
function distance([ax, ay], [bx, by], x, y) {
  const length = (bx - ax) ** 2 + (by - ay) ** 2 || 1;
  const along = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length;
  const share = Math.min(1, Math.max(0, along));
  return Math.hypot(ax + share * (bx - ax) - x, ay + share * (by - ay) - y);
}

/** The line that passes nearest to a place, if any is near. */
export function closestLine(lines, x, y, reach = 14) {
  const away = lines.map((line) => (
    Math.min(...line.slice(1).map((end, i) => distance(line[i], end, x, y)))));
  const least = Math.min(...away);
  return least < reach ? away.indexOf(least) : null;
}
