// The data: which set, how many points, how much noise.

import { html } from "/vendor/htm-preact.js";
import { ask } from "/connection.js";
import { classColour } from "/colours.js";
import { useStore } from "/store.js";
import { NumberField } from "/fields.js";
import { shape } from "/marks.js";

const set = (spec) => ask("set", { spec });
const turn = (k, n, from = 0) => from + (2 * Math.PI * k) / n;
// What is drawn on the buttons: a few points of each shape, with their class.
const SKETCHES = {
  rings: [...Array(10)].flatMap((_, k) => [[0.35 * Math.cos(turn(k, 6)), 0.35 * Math.sin(turn(k, 6)), 0],
    [0.85 * Math.cos(turn(k, 10)), 0.85 * Math.sin(turn(k, 10)), 1]]),
  moons: [...Array(8)].flatMap((_, k) => [[0.6 * Math.cos(turn(k, 14)) - 0.28, 0.75 * Math.sin(turn(k, 14)) - 0.25, 0],
    [0.28 - 0.6 * Math.cos(turn(k, 14)), 0.25 - 0.75 * Math.sin(turn(k, 14)), 1]]),
  xor: [...Array(4)].flatMap((_, k) => [[0.3 + 0.5 * (k % 2), 0.3 + 0.5 * (k >> 1), 0], [-0.3 - 0.5 * (k % 2), -0.3 - 0.5 * (k >> 1), 0],
    [0.3 + 0.5 * (k % 2), -0.3 - 0.5 * (k >> 1), 1], [-0.3 - 0.5 * (k % 2), 0.3 + 0.5 * (k >> 1), 1]]),
  spirals: [...Array(11)].flatMap((_, k) => [0, 1].map((c) => {
    const angle = turn(k, 12, Math.PI * c);
    const r = 0.14 + 0.075 * k;
    return [r * Math.cos(angle), r * Math.sin(angle), c];
  })),
  blobs: [0, 1, 2].flatMap((c) => [[0, 0], [0.2, 0.12], [-0.18, 0.14], [0.1, -0.2], [-0.13, -0.14]].map(([x, y]) => (
    [x + 0.55 * Math.cos(turn(c, 3, Math.PI / 2)), y + 0.55 * Math.sin(turn(c, 3, Math.PI / 2)), c]))),
};
// Sizes and noise that show a set at its best, and whose networks learn it.
const GOOD = {
  rings: { n_samples: null, noise: 0 },
  moons: { n_samples: 120, noise: 0.1 },
  xor: { n_samples: 120, noise: 0 },
  spirals: { n_samples: 160, noise: 0.03 },
  blobs: { n_samples: 120, noise: 0.25 },
};

export function Data() {
  const { scene, spec } = useStore();
  const n = scene.points.length;
  return html`<section class="card data" aria-labelledby="data-title" data-control="data">
    <div class="card-head"><h2 id="data-title">Data</h2><span class="soft">${n} points</span></div>
    <div class="sets" role="group" aria-label="Data set" data-control="data_set">
      ${Object.entries(SKETCHES).map(([name, points]) => html`<button key=${name} class="set" aria-pressed=${spec.data === name}
        onClick=${() => set({ data: name, ...GOOD[name] })}>
        <svg viewBox="-1.05 -1.05 2.1 2.1" aria-hidden="true">${points.map(([x, y, c], k) => html`<path key=${k}
          d=${shape(c, 0.11)} transform=${`translate(${x} ${-y})`} style=${{ fill: classColour(c) }} />`)}</svg>
        <span>${name}</span></button>`)}
    </div>
    ${spec.data === "opened" ? html`<p class="hint">These are the points of the run that was opened.</p>` : html`
    <label class="field range" data-control="noise"><span>noise <b>${spec.noise.toFixed(2)}</b></span>
      <input type="range" min="0" max="0.6" step="0.01" value=${spec.noise}
        onChange=${(event) => set({ noise: Number(event.target.value) })} /></label>
    <div class="pair">
      <${NumberField} label="points" control="n_samples" width=${4} value=${spec.n_samples} none=${String(n)} title="4 to 1000; empty for the set's own"
        onCommit=${(n_samples) => set({ n_samples })} />
      <${NumberField} label="drawn with seed" control="data_seed" width=${4} value=${spec.data_seed} onCommit=${(data_seed) => set({ data_seed })} />
    </div>`}
  </section>`;
}
