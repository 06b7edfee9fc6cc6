// The network: features, layers and output; every neuron's picture; links and biases.

import { Callout } from "./Callouts.js";
import { theme } from "./colours.js";
import { ask } from "./connection.js";
import { isHidden } from "./controlVisibility.js";
import { Choice, Segments } from "./FormFields.js";
import { onFrame } from "./frames.js";
import { Heatmaps } from "./heatmap.js";
import { drawNetwork } from "./networkCanvas.js";
import { layerName, layoutOf, linksOf, nearestLink, sizesFor } from "./networkLayout.js";
import { count, exact, short } from "./numberFormat.js";
import { PhaseButton } from "./PhaseButton.js";
import { page, runs } from "./state.js";
import { featureName } from "./units.js";
import { html, signal, useLayoutEffect, useMemo, useRef, useState } from "./vendor/preact.js";
import { WeightCard } from "./WeightCard.js";
import { say } from "./words.js";

export const ACTIVATIONS =
  ["sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "softplus", "identity"];
export const OUTPUTS = { binary_cross_entropy: "sigmoid", categorical_cross_entropy: "softmax",
  mean_squared_error: "identity" };
const MOST_LAYERS = 8;
const MOST_NEURONS = 128; // of all hidden layers together
const CORNER = 16; // of a neuron's picture, where its bias is; a third of a small picture
const FAINT = 0.25; // of the picture of a feature that the network does not see
const LOOK = sizesFor(matchMedia("(pointer: coarse)").matches);

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const classes = (names) => Object.keys(names).filter((name) => names[name]).join(" ");

/** The size of an element's contents, as it changes. */
function useSize(element, first) {
  const [size, setSize] = useState(first);
  useLayoutEffect(() => {
    const watch = new ResizeObserver(([{ contentRect: { width, height } }]) => (
      setSize({ width: Math.floor(width), room: Math.floor(height) })));
    watch.observe(element.current);
    return () => watch.disconnect();
  }, []);
  return size;
}

export function NetworkDiagram({ run = "a" }) {
  const { scene, spec } = runs[run];
  const { gradient } = page;
  const selected = page.selected?.run === run ? page.selected : null;
  const set = (changes) => ask("set", { spec: changes, of: run });
  const scroll = useRef();
  const size = useSize(scroll, { width: 700, room: 0 });
  const plan = useMemo(() => layoutOf(scene, spec.features, size, LOOK),
    [scene, String(spec.features), size.width, size.room]);
  const links = useMemo(() => linksOf(scene, plan), [scene, plan]);
  const names = scene.letters ?? scene.inputs.map(({ name }) => name); // of x1, x2, ...
  const kind = classes(
    { net: true, dense: plan.isDense, many: plan.isMany, tight: plan.isTight });
  return html`<section class="card network" aria-labelledby=${`network-title-${run}`}
      data-control="network" data-part="network">
    <div class="card-head"><h2 id=${`network-title-${run}`}>${say("network.title")}</h2>
      <span class="soft">${say("network.sizes",
    { sizes: scene.sizes.join(" - "), n: count(scene.names.length) })}</span>
      ${!page.recorded && html`<${PhaseButton} />`}
      <${Segments} label=${say("network.links")} control="links" value=${gradient}
        choices=${[[false, say("network.weights")], [true, say("network.gradients")]]}
        onChange=${showLinks} /></div>
    <div class="net-scroll" ref=${scroll} style=${{ "--least": `${plan.leastHeight}px` }}
      tabindex=${plan.isScrolled ? 0 : undefined} role="group"
      aria-label=${say("network.label")}>
      <div class=${kind} style=${{ width: `${plan.width}px`, height: `${plan.height}px` }}>
        <${Links} run=${run} plan=${plan} links=${links} scene=${scene} selected=${selected} />
        <${Head} x=${4} name=${say("network.inputs")} kind="features-head" />
        ${spec.hidden.map((n, l) => html`<${LayerHead} key=${l} l=${l} x=${plan.centres[l]}
          spec=${spec} set=${set} />`)}
        <${OutputHead} x=${plan.centres.at(-1)} spec=${spec} loss=${scene.loss} set=${set} />
        ${scene.features.map((feature, k) => html`<${Feature} key=${feature.name}
          feature=${feature} at=${plan.features[k]} spec=${spec} scene=${scene} set=${set} />`)}
        <${Neurons} run=${run} plan=${plan} selected=${selected} />
        <${Callout} part="network" /><${Callout} part="links" />
      </div>
    </div>
    <p class="hint legend-line">${say(gradient ? "network.gradients_hint" : "network.weights_hint")}
      ${names.some((name, k) => name !== `x${k + 1}`)
    && ` ${names.map((name, k) => `${featureName(`x${k + 1}`)} = ${name}`).join(", ")}.`}</p>
  </section>`;
}

function showLinks(gradient) {
  page.gradient = gradient;
  ask("gradient", { gradient });
}

/** What stands above a column that cannot be changed. */
function Head({ x, name, detail = "", kind = "" }) {
  return html`<div class=${`column-head ${kind}`} style=${{ left: `${x}px` }}>
    <b>${name}</b><span class="soft">${detail.replaceAll("_", " ")}</span></div>`;
}

function LayerHead({ l, x, spec, set }) {
  const n = spec.hidden[l];
  const activation = spec.activation[l];
  if (page.recorded) {
    return html`<${Head} x=${x} name=${say("network.neurons", { n })} detail=${activation} />`;
  }
  const name = say("network.hidden", { l: l + 1 });
  const resize = (size) => set({ hidden: spec.hidden.with(l, size) });
  const remove = () => set({
    hidden: spec.hidden.toSpliced(l, 1), activation: spec.activation.toSpliced(l, 1) });
  return html`<div class="column-head" style=${{ left: `${x}px` }} role="group" aria-label=${name}>
    <div class="stepper">
      <button data-control="neurons" aria-label=${say("network.less", { name })} disabled=${n <= 1}
        onClick=${() => resize(n - 1)}>−</button>
      <b title=${say("network.neurons", { n })}>${n}</b>
      <button data-control="neurons" aria-label=${say("network.more", { name })}
        disabled=${sum(spec.hidden) >= MOST_NEURONS} onClick=${() => resize(n + 1)}>+</button>
      <button class="quiet" data-control="layers" aria-label=${say("network.remove", { name })}
        title=${say("network.remove", { name })} onClick=${remove}>×</button>
    </div>
    <${Choice} label=${say("network.activation", { name })} control="activation" hideLabel
      value=${activation} choices=${ACTIVATIONS}
      onChange=${(other) => set({ activation: spec.activation.with(l, other) })} />
  </div>`;
}

function OutputHead({ x, spec: { hidden, activation }, loss, set }) {
  if (page.recorded) {
    return html`<${Head} x=${x} name=${say("network.output")} detail=${OUTPUTS[loss]} />`;
  }
  const room = MOST_NEURONS - sum(hidden);
  const add = () => set({
    hidden: [...hidden, Math.min(hidden.at(-1) ?? 3, room)],
    activation: [...activation, activation.at(-1) ?? "tanh"] });
  return html`<div class="column-head" style=${{ left: `${x}px` }}>
    <button class="add" data-control="layers" onClick=${add}
      disabled=${hidden.length >= MOST_LAYERS || room < 1}>${say("network.add")}</button>
    <span class="soft">${OUTPUTS[loss]}</span></div>`;
}

function Feature({ feature, at, spec, scene, set }) {
  const { name, picture } = feature;
  const isOn = spec.features.includes(name);
  const image = useMemo(() => {
    // Faint where it is not seen; as shades, because a filter would be computed with every frame.
    const shades = isOn ? picture : picture.map((shade) => 128 + FAINT * (shade - 128));
    const heatmaps = new Heatmaps(scene.cells);
    heatmaps.column(Uint8Array.from(shades));
    return heatmaps.canvas.toDataURL();
  }, [picture, scene.cells, isOn, theme.scale]);
  const isLast = isOn && spec.features.length === 1;
  const isSeen = (other) => (other === name ? !isOn : spec.features.includes(other));
  const toggle = () => set({
    features: scene.features.map((other) => other.name).filter(isSeen) });
  const title = page.recorded ? name : isLast ? say("network.last_input")
    : say(isOn ? "network.remove_input" : "network.add_input");
  const { size } = at;
  const box = { left: "4px", top: `${at.y - size / 2}px`, height: `${size}px`,
    width: `${at.x + size / 2 - 4}px` };
  return html`<button class=${`feature ${isOn ? "on" : ""}`} aria-pressed=${isOn}
    data-control=${isOn ? undefined : "features"} title=${title} style=${box}
    disabled=${isLast || page.recorded || isHidden("features")} onClick=${toggle}>
    <span>${featureName(name)}</span><img src=${image} alt="" decoding="sync" /></button>`;
}

function Neurons({ run, plan, selected }) {
  const n_layers = plan.layers.length;
  const badges = useMemo(() => plan.layers.flat().map(() => signal("")), [plan]);
  useLayoutEffect(() => onFrame((frame) => (
    badges.forEach((badge, k) => { badge.value = badgeText(frame, k); })), 0, run), [badges, run]);
  let k = 0;
  return html`<div>${plan.layers.flatMap((layer, l) => layer.map(({ x, y, size, bias }, i) => {
    const isSelected = selected?.layer === l + 1 && selected.neuron === i;
    const select = ({ offsetX, offsetY, detail }) => { // detail: by a pointer, not by a key
      const corner = Math.min(CORNER, size / 3);
      const isBias = detail && offsetX < corner && offsetY > size - corner;
      page.selected = { run, layer: l + 1, neuron: i, place: isBias ? bias : null };
    };
    const enlarge = () => { page.enlarged = { run, layer: l + 1, neuron: i, at }; };
    const at = k++;
    const box = { left: `${x - size / 2}px`, top: `${y - size / 2}px`, width: `${size}px`,
      height: `${size}px` };
    return html`<button key=${bias} class=${`node ${isSelected ? "selected" : ""}`}
      aria-label=${say("network.neuron", { layer: layerName(l + 1, n_layers), i: i + 1 })}
      aria-pressed=${isSelected} style=${box} onClick=${select} onPointerEnter=${enlarge}
      onPointerLeave=${shrink} onFocus=${enlarge} onBlur=${shrink}>
      <small class="chip">${badges[at]}</small></button>`;
  }))}</div>`;
}

const shrink = () => { page.enlarged = null; };

/** The number that a phase is about, below its neuron. */
function badgeText({ phase, activity, deltas }, k) {
  if (phase === "forward" || phase === "loss") return `a ${short(activity[k])}`;
  return phase === "backward" ? `dz ${short(deltas[k])}` : "";
}

function Links({ run, plan, links, scene, selected }) {
  const canvas = useRef();
  const drawing = useRef();
  const tip = useRef();
  const [hovered, setHovered] = useState(null); // { link, x, y }
  const [text, setText] = useState("");
  useLayoutEffect(() => {
    drawing.current = drawNetwork(canvas.current, plan, links, scene.cells, run);
    return () => drawing.current.stop();
  }, [plan, links, scene, run]);
  useLayoutEffect(() => drawing.current.draw(), [selected]);
  useLayoutEffect(() => hovered && onFrame((frame) => {
    setText(linkText(scene, hovered.link, frame));
  }, 0, run), [hovered?.link, scene, run]);
  useLayoutEffect(() => { if (hovered) placeTip(tip.current, canvas.current, hovered, plan); });
  const place = (event) => {
    const { left, top } = canvas.current.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    return { link: nearestLink(links, x, y), x, y };
  };
  const move = (event) => {
    const found = place(event);
    if (found.link || hovered) setHovered(found.link && found);
  };
  const choose = (event) => {
    const { link } = place(event);
    if (!link) return;
    page.selected = { run, layer: link.layer, neuron: link.neuron, place: link.place };
  };
  const style = { width: `${plan.width}px`, height: `${plan.height}px`,
    cursor: hovered ? "pointer" : "" };
  return html`<canvas ref=${canvas} class="wires" style=${style} aria-hidden="true"
      onPointerMove=${move} onPointerLeave=${() => setHovered(null)} onClick=${choose}></canvas>
    ${hovered && html`<div class="tip" ref=${tip}>${text}</div>`}
    ${selected && selected.place !== null && html`<${WeightCard} run=${run} plan=${plan}
      at=${placeOf(selected.place, plan, links)} />`}`;
}

/** The middle of a link, or the dot of a bias. */
function placeOf(place, { layers }, links) {
  const link = links.find((one) => one.place === place);
  if (link) return [(link.xa + link.xb) / 2, (link.ya + link.yb) / 2];
  const { x, y, size } = layers.flat().find(({ bias }) => bias === place);
  return [x - size / 2, y + size / 2];
}

/** Put a tip beside the pointer, within what is seen of the network. */
function placeTip(tip, canvas, { x, y }, plan) {
  const { scrollLeft, clientWidth } = canvas.closest(".net-scroll");
  const most = scrollLeft + clientWidth - tip.offsetWidth;
  tip.style.left = `${Math.max(Math.min(x + 14, most), scrollLeft)}px`;
  tip.style.top = `${Math.min(y + 14, plan.height - tip.offsetHeight)}px`;
}

function linkText(scene, { place }, frame) {
  const gradient = frame.gradient ? `\ngradient ${exact(frame.gradient[place])}` : "";
  return `${scene.names[place]} = ${exact(frame.parameters[place])}${gradient}`;
}
