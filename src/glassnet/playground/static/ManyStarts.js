// Many starts of what is on the page: how many learn, how fast, where the others rest.

import { html, useLayoutEffect, useMemo, useRef, useState } from "./vendor/htm-preact.js";
import { ask } from "./connection.js";
import { onTheme, styled } from "./colours.js";
import { store, update, useStore } from "./store.js";
import { NumberField } from "./FormFields.js";
import { count, short } from "./numberFormat.js";

const HEIGHT = 260;
const MARGIN = { left: 52, right: 12, top: 10, bottom: 26 };
const STATES = { reached: "reached the goal", stuck: "got stuck", falling: "still falling", diverged: "diverged" };
const STROKES = { reached: ["--accent", []], stuck: ["--second", []], falling: ["--soft", [5, 3]], diverged: ["--bad", [1, 3]] };

export function Seeds() {
  const { seeds, spec, story, startedOn } = useStore();
  const [n, setN] = useState(1000);
  const points = useMemo(() => JSON.stringify(story.points), [story.points]);
  const begin = () => { update({ startedOn: points }); ask("seeds", { n }); };
  const other = seeds && (startedOn !== points || Object.keys(spec).some((name) => name !== "seed" && String(spec[name]) !== String(seeds.spec[name])));
  return html`<section class="card seeds" aria-labelledby="seeds-title" data-control="seeds">
    <div class="card-head"><h2 id="seeds-title">Many starts</h2><span class="soft">one run shows luck, many show how often it works</span></div>
    <div class="pair ask-seeds"><${NumberField} label="number of starts (seeds 0, 1, 2 …)" width=${6} value=${n} onCommit=${setN} />
      ${seeds?.running ? html`<button onClick=${() => ask("seeds", { n: null })}>Stop</button>`
    : html`<button class="primary" disabled=${spec.stop_below === null} onClick=${begin}>Train ${count(n)} starts</button>`}
      ${spec.stop_below === null && html`<span class="hint">Only a goal tells who gets stuck: set a loss to stop below.</span>`}
      ${seeds && html`<progress max=${seeds.n} value=${seeds.done} aria-label="Starts that have been trained"></progress>
        <span class="soft" data-test="seeds-done">${count(seeds.done)} of ${count(seeds.n)}${seeds.running && seeds.seconds_left !== null ? `, about ${Math.ceil(seeds.seconds_left)} s left` : ""}</span>`}</div>
    ${seeds && seeds.done > 0 && html`<${Counts} told=${seeds} />
      ${other && html`<p class="hint">These were trained with other settings than those on the page now; a seed opens with theirs.</p>`}
      <div class="seeds-body"><${SeedCurves} told=${seeds} /><div class="seeds-side"><${Histogram} told=${seeds} /><${Groups} told=${seeds} /></div></div>`}
  </section>`;
}

const percent = (share) => `${(100 * share).toFixed(1)}%`;

function Counts({ told: { states, share, done } }) {
  return html`<p class="outcome" data-test="seeds-share">${count(states.reached)} of ${count(done)} reached the goal: ${percent(share[0])}${" "}
      (95% interval: ${percent(share[1])} to ${percent(share[2])}).</p>
    <ul class="seed-states">${Object.entries(STATES).map(([state, label]) => html`<li key=${state}><i class=${`line line-${state}`}></i> ${count(states[state])} ${label}</li>`)}</ul>`;
}

/** What the starts were of: a server that was started again does not know. */
export function startsStory() {
  const { seeds: { spec }, startedOn } = store;
  return { spec, changes: [], ...(startedOn && { points: JSON.parse(startedOn) }) };
}

function show(seed) {
  ask("seed", { seed, story: startsStory() });
  document.querySelector(".network")?.scrollIntoView({ block: "center" });
}

function SeedButton({ seed, children }) {
  return html`<button class="row" aria-label=${`Open seed ${seed} on the page`} onClick=${() => show(seed)}>${children ?? seed}</button>`;
}

/** When those that learned came to the goal. */
function Histogram({ told: { histogram: { counts, edges, named } } }) {
  const most = Math.max(...counts, 1);
  if (!named.length) return null;
  return html`<figure class="histogram"><figcaption>Epochs to the goal</figcaption>
    <svg viewBox="0 0 240 70" preserveAspectRatio="none" role="img" aria-label=${`Epochs to the goal: ${named.map(({ name, epochs }) => `${name} ${epochs}`).join(", ")}`}>
      ${counts.map((n, k) => html`<rect key=${k} x=${k * 10 + 0.5} width="9" y=${70 - (68 * n) / most} height=${(68 * n) / most}><title>${n} between ${count(Math.round(edges[k]))} and ${count(Math.round(edges[k + 1]))}</title></rect>`)}</svg>
    <div class="scale-ends soft"><span>0</span><span>${count(Math.round(edges.at(-1)))}</span></div>
    <p class="soft row-of-buttons">${named.map(({ name, seed, epochs }) => html`<span key=${name}>${name} ${count(epochs)}: <${SeedButton} seed=${seed}>seed ${seed}<//></span>`)}</p></figure>`;
}

/** Those that did not learn, by the loss at which they rest. */
function Groups({ told: { groups } }) {
  if (!groups.length) return null;
  return html`<div class="table-scroll"><table><thead><tr><th scope="col">did not learn</th><th scope="col">rest at loss</th><th scope="col">starts</th><th scope="col">seeds</th></tr></thead>
    <tbody>${groups.map(({ state, loss, n, seeds }) => html`<tr key=${`${state}${seeds[0]}`}><th scope="row">${STATES[state]}</th>
      <td>${loss === null || state === "diverged" ? "–" : short(loss)}</td><td>${count(n)}</td><td class="seed-list">${seeds.map((seed) => html`<${SeedButton} key=${seed} seed=${seed} />`)}</td></tr>`)}</tbody></table></div>`;
}

/** Single curves over the bands of all: half of them run in the dark one, nine tenths in the pale. */
function SeedCurves({ told }) {
  const canvas = useRef();
  const [at, setAt] = useState(null); // the place in told.curves that is pointed at
  const near = useRef(null);
  useLayoutEffect(() => {
    const draw = () => { near.current = drawCurves(canvas.current, told, at); };
    draw();
    const watch = new ResizeObserver(draw);
    watch.observe(canvas.current.parentElement);
    const stop = onTheme(draw);
    return () => { watch.disconnect(); stop(); };
  }, [told, at]);
  const under = (event) => {
    const box = canvas.current.getBoundingClientRect();
    return near.current(event.clientX - box.left, event.clientY - box.top);
  };
  const steer = (event) => {
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    const n = told.curves.length;
    if (by) { setAt(((at ?? -by) + by + n) % n); event.preventDefault(); }
    if ((event.key === "Enter" || event.key === " ") && told.curves[at]) { show(told.curves[at].seed); event.preventDefault(); }
  };
  const one = told.curves[at];
  const text = one ? `seed ${one.seed}: ${STATES[one.state]}, loss ${one.loss === null ? "not finite" : short(one.loss)} after ${count(one.epochs)} epochs` : "";
  return html`<div class="seed-curves"><div class="curves-canvas" tabindex="0" role="application" aria-roledescription="chart of losses"
      aria-label=${`The loss by epoch of ${told.curves.length} starts. Arrow keys choose one, Enter opens it. ${text}`}
      onKeyDown=${steer} onPointerMove=${(event) => setAt(under(event))} onPointerLeave=${() => setAt(null)}
      onClick=${(event) => { const k = under(event); if (k !== null) show(told.curves[k].seed); }}>
      <canvas ref=${canvas} aria-hidden="true"></canvas></div>
    <p class="soft">${text || "Point at a curve to see its seed; click it to open it on the page."}</p></div>`;
}

function drawCurves(canvas, told, at) {
  const width = canvas.parentElement.clientWidth;
  const ratio = devicePixelRatio;
  canvas.width = width * ratio;
  canvas.height = HEIGHT * ratio;
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  const last = Math.max(...told.curves.map(({ epochs }) => epochs), 10);
  const losses = told.curves.flatMap((one) => [...one.at, one.loss]).filter((loss) => loss > 0);
  const [low, high] = [Math.log10(Math.min(...losses, 0.1)), Math.log10(Math.min(Math.max(...losses, 1), 1e4))];
  const px = (epoch) => MARGIN.left + ((width - MARGIN.left - MARGIN.right) * epoch) / last;
  const py = (loss) => MARGIN.top + (HEIGHT - MARGIN.top - MARGIN.bottom) * (1 - (Math.log10(Math.max(loss, 10 ** low)) - low) / (high - low));
  axes(pen, { width, px, py, last, low, high });
  pen.save();
  pen.beginPath();
  pen.rect(MARGIN.left, 0, width - MARGIN.left, HEIGHT - MARGIN.bottom + 1);
  pen.clip();
  bands(pen, told, px, py);
  const lines = told.curves.map((one) => [...one.at.map((loss, k) => [px(told.epochs[k]), py(loss)]), ...(one.loss === null ? [] : [[px(one.epochs), py(one.loss)]])]);
  lines.forEach((line, k) => {
    const [stroke, dashes] = STROKES[told.curves[k].state];
    trace(pen, line, styled(stroke), k === at ? 3 : 1, dashes, at === null || k === at ? (k === at ? 1 : 0.55) : 0.2);
  });
  pen.restore();
  return (x, y) => closest(lines, x, y);
}

function bands(pen, told, px, py) {
  const [lowest, lower, middle, upper, highest] = told.bands;
  if (!lowest) return;
  for (const [under, over] of [[lowest, highest], [lower, upper]]) {
    pen.fillStyle = styled("--accent-faint");
    pen.beginPath();
    over.forEach((loss, k) => pen.lineTo(px(told.epochs[k]), py(loss)));
    under.toReversed().forEach((loss, k) => pen.lineTo(px(told.epochs[under.length - 1 - k]), py(loss)));
    pen.fill();
  }
  trace(pen, middle.map((loss, k) => [px(told.epochs[k]), py(loss)]), styled("--ink"), 2, [], 1);
}

function trace(pen, line, stroke, width, dashes, alpha) {
  pen.strokeStyle = stroke;
  pen.lineWidth = width;
  pen.globalAlpha = alpha;
  pen.setLineDash(dashes);
  pen.beginPath();
  for (const [x, y] of line) pen.lineTo(x, y);
  pen.stroke();
  pen.globalAlpha = 1;
  pen.setLineDash([]);
}

function axes(pen, { width, px, py, last, low, high }) {
  pen.font = "12px system-ui, sans-serif";
  pen.fillStyle = styled("--soft");
  pen.strokeStyle = styled("--line");
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (let power = Math.ceil(low); power <= high; power++) {
    pen.fillText(String(Number((10 ** power).toPrecision(1))), MARGIN.left - 6, py(10 ** power));
    pen.strokeRect(MARGIN.left, py(10 ** power), width - MARGIN.left - MARGIN.right, 0);
  }
  pen.textBaseline = "alphabetic";
  for (const share of [0, 0.5, 1]) {
    pen.textAlign = share === 0 ? "left" : share === 1 ? "right" : "center";
    pen.fillText(`${count(Math.round(share * last))}${share === 1 ? " epochs" : ""}`, px(share * last), HEIGHT - 8);
  }
}

/** The curve that passes nearest to a place, if any is near. */
function closest(lines, x, y, reach = 14) {
  let best = null;
  lines.forEach((line, k) => line.slice(1).forEach(([bx, by], i) => {
    const [ax, ay] = line[i];
    const length = (bx - ax) ** 2 + (by - ay) ** 2 || 1;
    const share = Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length));
    const away = Math.hypot(ax + share * (bx - ax) - x, ay + share * (by - ay) - y);
    if (away < reach) { reach = away; best = k; }
  }));
  return best;
}
