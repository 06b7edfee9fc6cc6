// What is selected, in numbers that can be edited; the diagnosis; an explanation.

import { html, useEffect, useLayoutEffect, useRef } from "./vendor/htm-preact.js";
import { ask } from "./connection.js";
import { isTyping, put } from "./FormFields.js";
import { onFrame, store, update, useRun, useStore, withFrame } from "./store.js";
import { epochs, short, typed } from "./numberFormat.js";
import { layerName, OUTPUTS, places, pretty } from "./NetworkDiagram.js";
import { Badge } from "./RunSwitcher.js";

export function Inspector() {
  const { selected } = useStore();
  const { scene, spec } = useRun(selected?.run);
  return html`<section class="card inspector" aria-labelledby="inspector-title" data-control="inspector">
    <div class="card-head"><h2 id="inspector-title">Weights and bias</h2>
      ${selected && html`<span class="soft">${layerName(selected.layer, scene.sizes.length - 1)}, neuron ${selected.neuron + 1}</span>`}</div>
    ${selected ? html`<${Neuron} key=${`${selected.run}.${selected.layer}.${selected.neuron}`} scene=${scene} spec=${spec} selected=${selected} />`
    : html`<p class="hint">Choose a neuron or a link: here are its numbers, every digit of them. ${store.recorded ? "" : "Type another and see what follows; undo takes it back."}</p>`}
  </section>`;
}

function Neuron({ scene, spec, selected }) {
  const { run, layer, neuron, place } = selected;
  const { W, b, n_in } = places(scene.sizes)[layer - 1];
  const from = (j) => (layer === 1 ? pretty(spec.features[j]) : `a${layer - 1}[${j + 1}]`);
  const rows = Array.from({ length: n_in }, (_, j) => ({ place: W + neuron * n_in + j, from: `· ${from(j)}` }));
  rows.push({ place: b + neuron, from: "bias" });
  const function_ = layer === scene.sizes.length - 1 ? OUTPUTS[scene.loss] : spec.activation[layer - 1];
  return html`<p class="hint">z is the sum of these products, and a = ${function_.replaceAll("_", " ")}(z).</p>
    <div class="weights">${rows.map((row) => html`<${Weight} key=${row.place} ...${row} run=${run} name=${scene.names[row.place]} wanted=${row.place === place} />`)}</div>`;
}

function Weight({ run, place, name, from, wanted }) {
  const input = useRef();
  const bar = useRef();
  const slope = useRef();
  const current = useRef(0);
  const { theme, refused } = useStore();
  const show = () => put(input.current, String(current.current));
  useLayoutEffect(() => onFrame((frame) => {
    current.current = frame.parameters[place];
    if (!isTyping(input.current) || frame.playing) show();
    const share = Math.tanh(Math.abs(current.current) / 6);
    bar.current.style.cssText = `width:${50 * share}%;background:${current.current < 0 ? theme.negative : theme.positive};`
      + `${current.current < 0 ? "right" : "left"}:50%`;
    slope.current.textContent = frame.before ? `was ${short(frame.before[place])}`
      : frame.gradient ? `gradient ${short(frame.gradient[place])}` : "";
  }, 0, run), [place, run, theme]);
  useLayoutEffect(() => withFrame(({ parameters }) => { current.current = parameters[place]; show(); }, run), [refused]);
  useEffect(() => { if (wanted) input.current.scrollIntoView({ block: "nearest" }); }, [wanted]);
  const commit = () => {
    if (store.recorded) return;
    const value = typed(input.current.value);
    if (value === null || value === current.current) show();
    else { put(input.current, input.current.value); ask("edit", { values: [[place, value]], of: run }); }
  };
  const keyed = (event) => {
    if (event.key === "Enter") commit();
    if (event.key === "Escape") { show(); input.current.blur(); }
    const by = { ArrowUp: 0.1, ArrowDown: -0.1 }[event.key];
    if (by && !store.recorded) {
      ask("edit", { values: [[place, Number((current.current + by).toFixed(10))]], of: run });
      current.current += by;
      event.preventDefault();
      requestAnimationFrame(show);
    }
  };
  return html`<label class=${`weight ${wanted ? "wanted" : ""}`}><span class="mono">${name}</span><span class="soft">${from}</span>
    <input ref=${input} class="mono" inputmode="decimal" autocomplete="off" spellcheck="false" readonly=${Boolean(store.recorded)}
      aria-label=${`${name}, ${from.replace("·", "times")}`} onFocus=${() => ask("pause")} onBlur=${commit} onKeyDown=${keyed} />
    <span class="bar" aria-hidden="true"><i ref=${bar}></i></span><small class="soft mono" ref=${slope}></small></label>`;
}

export function Diagnosis({ run = "a" }) {
  const { diagnosis, frame, b } = useRun(run);
  const old = diagnosis && frame && (frame.playing || diagnosis.epoch !== frame.last);
  return html`<section class="card diagnosis" aria-labelledby="diagnosis-title" data-control="diagnosis">
    <div class="card-head"><h2 id="diagnosis-title">What is going on</h2>${b && html`<${Badge} run=${run} />`}</div>
    ${!diagnosis || old ? html`<p class="hint">When the training rests, it is looked at here: units that saturate or die, steps too large or too small, and what to do.</p>`
    : diagnosis.found.length === 0 ? html`<p class="fine">${diagnosis.epoch === 0 ? "Nothing is trained yet. Press play." : `Nothing is amiss after ${epochs(diagnosis.epoch)}.`}</p>`
      : diagnosis.found.map((d) => html`<div class="finding" key=${d.name}><h3>${d.name}</h3><p>${d.sentence}</p><p class="advice">${d.advice}</p></div>`)}
  </section>`;
}

/** Ask for the whole calculation of a point or a place: its sheet opens at once, the numbers follow. */
export function explain(request) {
  if (store.link === "lost") return; // nobody is there to work it out, as the page says
  const explaining = ask("explain", request);
  update({ explanation: null, explaining });
}

/** The library's own explanation, in a shadow so that neither style touches the other. */
export function Explanation() {
  const { explanation, explaining } = useStore();
  const dialog = useRef();
  const body = useRef();
  useLayoutEffect(() => {
    const { open } = dialog.current;
    if ((explanation || explaining) && !open) dialog.current.showModal();
    if (!explanation && !explaining && open) dialog.current.close();
  }, [explanation, explaining]);
  useLayoutEffect(() => {
    const root = body.current.shadowRoot ?? body.current.attachShadow({ mode: "open" });
    root.replaceChildren();
    if (!explanation) return;
    let timer = null; // once the sheet is seen: so many numbers are laid out in several frames' time
    const request = requestAnimationFrame(() => { timer = setTimeout(() => fill(root, explanation.html)); });
    return () => { cancelAnimationFrame(request); clearTimeout(timer); };
  }, [explanation]);
  return html`<dialog ref=${dialog} class="explanation" aria-labelledby="explanation-title" onClose=${() => update({ explanation: null, explaining: null })}
      onClick=${(event) => { if (event.target === dialog.current) dialog.current.close(); }}>
    <header><h2 id="explanation-title">The whole calculation</h2><button aria-label="Close" onClick=${() => dialog.current.close()}>×</button></header>
    <div class="explanation-body" tabindex="0">${explaining && html`<p class="hint" role="status">Every number is worked out…</p>`}<div ref=${body}></div></div></dialog>`;
}

function fill(root, text) {
  root.innerHTML = text;
  // The page allows no style in attributes, not even its own.
  for (const tall of root.querySelectorAll("[data-rows]")) tall.style.setProperty("--rows", tall.dataset.rows);
  root.onclick = copyDigits;
  reachScrolled(root);
  root.addEventListener("toggle", () => reachScrolled(root), true);
  root.host.parentElement.scrollTop = 0;
}

/** What is wider or higher than its box can be scrolled by keys, too. */
function reachScrolled(root) {
  for (const box of root.querySelectorAll(".gn-eq > span, .gn-digits code")) {
    if (box.scrollWidth <= box.clientWidth && box.scrollHeight <= box.clientHeight + 1) continue;
    box.tabIndex = 0;
    box.role = "group";
    box.ariaLabel = box.dataset.name ?? "equation";
  }
}

/** A click on a number or a button copies every digit of it. */
async function copyDigits(event) {
  const number = event.target.closest("[data-value]");
  const button = event.target.closest("button[data-copy]");
  const text = button ? button.parentElement.nextElementSibling.textContent : number?.dataset.value;
  if (text === undefined) return;
  try { await navigator.clipboard.writeText(text); } catch { return; }
  if (!button) return;
  button.textContent = "copied";
  setTimeout(() => { button.textContent = "copy"; }, 1500);
}
