// The network: features, layers and output in columns; every neuron's picture; links and biases.

import { html, useLayoutEffect, useMemo, useRef, useState } from "./vendor/htm-preact.js";
import { ask } from "./connection.js";
import { Chosen } from "./SelectionSummary.js";
import { Pixels } from "./heatmapRaster.js";
import { isHidden } from "./controlVisibility.js";
import { onFrame, store, update, useRun, withFrame } from "./store.js";
import { risen } from "./layerRaster.js";
import { Choice } from "./FormFields.js";
import { exact, short } from "./numberFormat.js";
import { wire } from "./networkCanvas.js";

export const ACTIVATIONS =
  ["sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "softplus", "identity"];
export const OUTPUTS = { binary_cross_entropy: "sigmoid", categorical_cross_entropy: "softmax", mean_squared_error: "identity" };
const MOST_LAYERS = 8;
const MOST_NEURONS = 128; // of all hidden layers together
const TALLEST = 16; // neurons above one another; of more there are several columns
const FINGERS = matchMedia("(pointer: coarse)").matches; // then all that is touched is 44 pixels large
const HEAD = FINGERS ? 122 : 86; // above the neurons
const FAINT = 0.25; // of the picture of a feature that the network does not see
const FEATURE = FINGERS ? 44 : 38;
const COLUMN = FINGERS ? 164 : 112; // at least, from one layer to the next
const NARROW = FINGERS ? 164 : 82; // the same where all fit in by that
const MANY = 6; // columns

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

/** Where each layer's W and b begin in the vector of parameters. */
export function places(sizes) {
  let at = 0;
  return sizes.slice(1).map((n_out, l) => {
    const n_in = sizes[l];
    const layer = { n_in, n_out, W: at, b: at + n_out * n_in };
    at += n_out * (n_in + 1);
    return layer;
  });
}

export function layerName(layer, n_layers) {
  return layer === n_layers ? "output" : `hidden layer ${layer}`;
}

/** Where everything is, in a box so wide; what there is of height beyond the least is used. */
function layout(scene, spec, width, room) {
  const hidden = scene.sizes.slice(1);
  const abreast = hidden.map((n) => Math.ceil(n / TALLEST));
  const most = Math.max(...hidden.map((n, l) => Math.ceil(n / abreast[l])));
  const roomy = width > 760 && hidden.length <= 5;
  const small = most <= 4 ? (roomy ? 76 : 58) : most <= 6 ? (roomy ? 58 : 48) : most <= 9 ? (FINGERS ? 44 : 40) : FINGERS ? 44 : 28;
  const gap = most <= 6 ? 22 : most <= 9 ? 14 : 8;
  const columns = hidden.length + 1;
  const share = (width - 62) / columns;
  const least = 62 + columns * (share < NARROW ? COLUMN : Math.min(share, COLUMN)) + sum(abreast.map((n) => (n - 1) * (small + gap)));
  const full = Math.max(width, least);
  const leastHeight = HEAD + Math.max(scene.features.length * (FEATURE + 10), most * (small + gap)) + 14;
  const height = Math.max(leastHeight, room);
  const middle = HEAD + (height - HEAD) / 2 - 4;
  const wide = sum(abreast) > abreast.length;
  const narrow = (full - 62 - 74 - (wide ? sum(abreast.map((n) => (n - 1) * (small + gap))) : 0)) / (columns - 1);
  const largest = Math.min((height - HEAD - 14) / most - gap, 0.55 * narrow, 1.4 * small);
  const tile = wide ? small : Math.floor(Math.max(Math.min(small, 0.58 * narrow), largest));
  const whole = (centre, size) => Math.round(centre - size / 2) + size / 2; // edges between pixels
  const column = (n, size, space, at) => Array.from({ length: n }, (_, k) => {
    const x = whole(at, size);
    const y = whole(middle + (k - (n - 1) / 2) * (size + space), size);
    return { x, y, size, left: x - size / 2, right: x + size / 2, port: y };
  });
  // A layer in several columns is one block, at whose edges each neuron's links end at a height of their own.
  const block = (n, beside, centre) => {
    const rows = column(Math.ceil(n / beside), tile, gap, centre);
    const half = ((beside - 1) * (tile + gap) + tile) / 2;
    const x = whole(centre, 2 * half);
    return Array.from({ length: n }, (_, k) => {
      const { y } = rows[Math.floor(k / beside)];
      const off = (k % beside) - (beside - 1) / 2;
      return { x: x + off * (tile + gap), y, size: tile, left: x - half, right: x + half, port: y + off * (tile / beside) };
    });
  };
  const features = column(scene.features.length, FEATURE, 10, 62);
  const chosen = spec.features.map((name) => (
    features[scene.features.findIndex((feature) => feature.name === name)]));
  const biases = places(scene.sizes).map(({ b }) => b);
  let before = 62;
  const centres = abreast.map((n, l) => {
    const own = (n - 1) * (tile + gap) / 2;
    const centre = before + narrow + own;
    before = centre + own;
    return centre;
  });
  const layers = hidden.map((n, l) => block(n, abreast[l], centres[l]).map((node, i) => ({ ...node, bias: biases[l] + i })));
  return { many: columns > MANY, tight: narrow < COLUMN, width: full, height, leastHeight, features, layers, centres, nodes: [chosen, ...layers], scrolls: full > width,
    dense: wide || scene.sizes.length * most > 40 };
}

function linksOf(scene, plan) {
  const found = [];
  places(scene.sizes).forEach((layer, l) => {
    plan.nodes[l + 1].forEach((to, i) => plan.nodes[l].forEach((from, j) => {
      found.push({
        layer: l + 1, neuron: i, place: layer.W + i * layer.n_in + j,
        xa: from.right, ya: from.port, xb: to.left, yb: to.port,
      });
    }));
  });
  return found;
}

/** The link that passes nearest to a place, within some pixels. */
function nearest(links, x, y, reach = 9) {
  let best = null;
  for (const link of links) {
    if (x < link.xa || x > link.xb) continue;
    const away = Math.abs(link.ya + (link.yb - link.ya) * risen((x - link.xa) / (link.xb - link.xa)) - y);
    if (away < reach) { reach = away; best = link; }
  }
  return best;
}

export function Network({ run = "a" }) {
  const known = useRun(run);
  const { scene, spec, gradient } = known;
  const selected = known.selected?.run === run ? known.selected : null;
  const set = (changes) => ask("set", { spec: changes, of: run });
  const frameBox = useRef();
  const [{ width, room }, measure] = useState({ width: 700, room: 0 });
  useLayoutEffect(() => {
    const watch = new ResizeObserver(([{ contentRect }]) => (
      measure({ width: Math.floor(contentRect.width), room: Math.floor(contentRect.height) })));
    watch.observe(frameBox.current);
    return () => watch.disconnect();
  }, []);
  const plan = useMemo(() => layout(scene, spec, width, room), [scene, String(spec.features), width, room]);
  const links = useMemo(() => linksOf(scene, plan), [scene, plan]);
  const n_layers = scene.sizes.length - 1;
  const letters = scene.letters ?? scene.inputs.map(({ name }) => name); // what x1, x2, ... stand for
  // Made anew only when it is another: to play or to pause must not cost the drawing of all of it.
  return useMemo(() => html`<section class="card network" aria-labelledby=${`network-title-${run}`} data-control="network">
    <div class="card-head"><h2 id=${`network-title-${run}`}>Network</h2>
      <span class="soft">${scene.sizes.join(" - ")} · ${scene.names.length} numbers to learn</span>
      <div class="seg" role="group" aria-label="What links show" data-control="links">
        <button aria-pressed=${!gradient} onClick=${() => shows(false)}>weights</button>
        <button aria-pressed=${gradient} onClick=${() => shows(true)}>gradients</button>
      </div>
    </div>
    <div class="net-scroll" ref=${frameBox} style=${{ minHeight: `${plan.leastHeight}px` }} tabindex=${plan.scrolls ? 0 : undefined}
      role="group" aria-label="The network from features to output">
      <div class=${`net ${plan.dense ? "dense" : ""} ${plan.many ? "many" : ""} ${plan.tight ? "tight" : ""}`} style=${{ width: `${plan.width}px`, height: `${plan.height}px` }}>
        <${Wiring} run=${run} plan=${plan} links=${links} scene=${scene} selected=${selected} />
        <div class="column-head features-head" style=${{ left: "4px" }}>
          <b>Features</b><span class="soft">what it sees</span></div>
        ${spec.hidden.map((n, l) => html`<${LayerHead} key=${l} l=${l} x=${plan.centres[l]} spec=${spec} set=${set} />`)}
        <${OutputHead} x=${plan.centres.at(-1)} spec=${spec} loss=${scene.loss} set=${set} />
        ${scene.features.map((feature, k) => html`<${Feature} key=${feature.name} feature=${feature}
          cells=${scene.cells} at=${plan.features[k]} spec=${spec} scene=${scene} set=${set} />`)}
        <${Neurons} run=${run} plan=${plan} selected=${selected} n_layers=${n_layers} />
      </div>
    </div>
    ${letters.some((name, k) => name !== `x${k + 1}`) && html`<p class="hint">${letters.map((name, k) => `${pretty(`x${k + 1}`)} is ${name}`).join(", ")}.</p>`}
    <${Chosen} run=${run} />
  </section>`, [scene, spec, selected, gradient, plan, links, known.hides, known.lesson]);
}

function shows(gradient) {
  update({ gradient });
  ask("gradient", { gradient });
}

function LayerHead({ l, x, spec, set }) {
  const n = spec.hidden[l];
  const name = `hidden layer ${l + 1}`;
  if (store.recorded) return html`<${Told} x=${x} name=${`${n} neurons`} function_=${spec.activation[l]} />`;
  const sized = (size) => set({ hidden: spec.hidden.with(l, size) });
  return html`<div class="column-head" style=${{ left: `${x}px` }} role="group" aria-label=${name}>
    <div class="stepper">
      <button data-control="neurons" aria-label=${`One neuron less in ${name}`} disabled=${n <= 1} onClick=${() => sized(n - 1)}>−</button>
      <b title="neurons">${n}</b>
      <button data-control="neurons" aria-label=${`One neuron more in ${name}`} disabled=${sum(spec.hidden) >= MOST_NEURONS} onClick=${() => sized(n + 1)}>+</button>
      <button class="quiet" data-control="layers" aria-label=${`Remove ${name}`} title="Remove this layer" onClick=${() => set({
        hidden: spec.hidden.toSpliced(l, 1), activation: spec.activation.toSpliced(l, 1) })}>×</button>
    </div>
    <${Choice} label=${`Activation of ${name}`} control="activation" hideLabel value=${spec.activation[l]} choices=${ACTIVATIONS}
      onChange=${(name) => set({ activation: spec.activation.with(l, name) })} />
  </div>`;
}

function OutputHead({ x, spec, loss, set }) {
  if (store.recorded) return html`<${Told} x=${x} name="Output" function_=${OUTPUTS[loss]} />`;
  const activation = spec.activation.at(-1) ?? "tanh";
  const room = MOST_NEURONS - sum(spec.hidden);
  return html`<div class="column-head" style=${{ left: `${x}px` }}>
    <button class="add" data-control="layers" disabled=${spec.hidden.length >= MOST_LAYERS || room < 1}
      onClick=${() => set({ hidden: [...spec.hidden, Math.min(spec.hidden.at(-1) ?? 3, room)], activation: [...spec.activation, activation] })}>
      + layer</button>
    <span class="soft">${OUTPUTS[loss]}</span>
  </div>`;
}

/** What a layer is, where it cannot be changed. */
function Told({ x, name, function_ }) {
  return html`<div class="column-head" style=${{ left: `${x}px` }}><b>${name}</b><span class="soft">${function_.replaceAll("_", " ")}</span></div>`;
}

function Feature({ feature, cells, at, spec, scene, set }) {
  const { theme } = useRun();
  const on = spec.features.includes(feature.name);
  const picture = useMemo(() => {
    // Faint where it is not seen; as shades, because a filter would be computed with every frame.
    const shades = on ? feature.picture : feature.picture.map((shade) => 128 + FAINT * (shade - 128));
    const pixels = new Pixels();
    pixels.column(Uint8Array.from(shades), cells, 2 * FEATURE);
    return pixels.address();
  }, [feature.picture, cells, on, theme]);
  const last = on && spec.features.length === 1;
  const toggled = () => scene.features.map(({ name }) => name)
    .filter((name) => (name === feature.name ? !on : spec.features.includes(name)));
  return html`<button class=${`feature ${on ? "on" : ""}`} data-control=${on ? undefined : "features"} aria-pressed=${on} disabled=${last || store.recorded || isHidden("features")}
    title=${store.recorded ? feature.name : last ? "A network needs one feature at least" : on ? "Take this feature away" : "Let it see this, too"}
    style=${{ left: "4px", top: `${at.y - FEATURE / 2}px`, height: `${FEATURE}px`, width: `${at.x + FEATURE / 2 - 4}px` }}
    onClick=${() => set({ features: toggled() })}>
    <span>${pretty(feature.name)}</span><img src=${picture} alt="" decoding="sync" />
  </button>`;
}

export function pretty(name) {
  return name.replace("^2", "²").replace("*", "").replace(/(?<![a-z])x(\d+)/g, (_, digits) => (
    `x${[...digits].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]).join("")}`));
}

function Neurons({ run, plan, selected, n_layers }) {
  const box = useRef();
  useLayoutEffect(() => {
    const chips = [...box.current.querySelectorAll(".chip")];
    let shown = true; // perhaps by the plan before: the same places are used again
    return onFrame((frame) => {
      if (frame.phase || shown) chips.forEach((chip, k) => write(chip, frame, k));
      shown = Boolean(frame.phase);
    }, 0, run);
  }, [plan, run]);
  return html`<div ref=${box}>${plan.layers.flatMap((layer, l) => layer.map((at, i) => {
    const isSelected = selected?.layer === l + 1 && selected.neuron === i;
    const name = `${layerName(l + 1, n_layers)}, neuron ${i + 1}`;
    return html`<button key=${`${l}.${i}`} class=${`node ${isSelected ? "selected" : ""}`}
      aria-pressed=${isSelected} aria-label=${`${name}: look at its numbers`}
      style=${{ left: `${at.x - at.size / 2}px`, top: `${at.y - at.size / 2}px`, width: `${at.size}px`, height: `${at.size}px` }}
      onClick=${() => update({ selected: { run, layer: l + 1, neuron: i, place: null } })}>
      <small class="chip" hidden></small></button>`;
  }))}</div>`;
}

/** The number that a phase is about, below its neuron. */
function write(chip, { phase, activity, deltas }, k) {
  const text = phase === "forward" || phase === "loss" ? `a ${short(activity[k])}`
    : phase === "backward" ? `dz ${short(deltas[k])}` : "";
  chip.hidden = !text;
  chip.textContent = text;
}

function Wiring({ run, plan, links, scene, selected }) {
  const canvas = useRef();
  const wired = useRef();
  const tip = useRef();
  const hovered = useRef(null);
  useLayoutEffect(() => {
    wired.current = wire(canvas.current, plan, links, scene.cells, run, wired.current?.images());
    const stop = onFrame((frame) => {
      if (hovered.current) tip.current.textContent = told(scene, hovered.current, frame);
    }, 0, run);
    return () => { wired.current.stop(); stop(); };
  }, [plan, links, scene, run]);
  useLayoutEffect(() => wired.current.draw(), [selected]);
  const under = (event) => {
    const { left, top } = canvas.current.getBoundingClientRect();
    return nearest(links, event.clientX - left, event.clientY - top);
  };
  const move = (event) => {
    const link = under(event);
    if (link === hovered.current && !link) return;
    hovered.current = link;
    canvas.current.style.cursor = link ? "pointer" : "";
    tip.current.hidden = !link;
    if (!link) return;
    withFrame((frame) => { tip.current.textContent = told(scene, link, frame); }, run);
    const { left, top } = canvas.current.getBoundingClientRect();
    const { scrollLeft, clientWidth } = canvas.current.closest(".net-scroll");
    const { offsetWidth, offsetHeight } = tip.current;
    tip.current.style.left = `${Math.max(Math.min(event.clientX - left + 14, scrollLeft + clientWidth - offsetWidth), scrollLeft)}px`;
    tip.current.style.top = `${Math.min(event.clientY - top + 14, plan.height - offsetHeight)}px`;
  };
  const leave = () => { hovered.current = null; tip.current.hidden = true; };
  const choose = (event) => {
    const link = under(event);
    if (link) update({ selected: { run, layer: link.layer, neuron: link.neuron, place: link.place } });
  };
  return html`<canvas ref=${canvas} class="wires" style=${{ width: `${plan.width}px`, height: `${plan.height}px` }}
      aria-hidden="true" onPointerMove=${move} onPointerLeave=${leave} onClick=${choose}></canvas>
    <div class="tip" ref=${tip} hidden></div>`;
}

function told(scene, { place }, frame) {
  const gradient = frame.gradient ? `\ngradient ${exact(frame.gradient[place])}` : "";
  return `${scene.names[place]} = ${exact(frame.parameters[place])}${gradient}`;
}
