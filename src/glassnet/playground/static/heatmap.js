// Pictures of shades 0 to 255 on a grid of cells, which the browser enlarges smoothly.

import { classColour, rgb, theme, word } from "./colours.js";

/** A small canvas of pictures of cells x cells pixels below one another. */
export class Heatmaps {
  constructor(cells, n = 1) {
    this.cells = cells;
    this.canvas = Object.assign(document.createElement("canvas"),
      { width: cells, height: n * cells });
    this.pen = this.canvas.getContext("2d");
    this.image = new ImageData(cells, n * cells);
    this.words = new Int32Array(this.image.data.buffer);
  }

  /** Show a grid each by the scale. */
  column(shades, scale = theme.scale) {
    upright(this.words, this.cells, (at) => scale[shades[at]]);
    this.pen.putImageData(this.image, 0, 0);
  }

  /** Show an answer: one output by the scale, several by mixing the classes' colours. */
  plane(shades, isHard) {
    const { words, cells } = this;
    const n = shades.length / cells ** 2;
    if (n === 1) {
      this.column(shades, isHard ? theme.ends : theme.scale);
      return;
    }
    upright(words, cells, (isHard ? byLargest : byShare)(shades, n, cells ** 2));
    this.pen.putImageData(this.image, 0, 0);
  }
}

/** Fill words with the colours of cells, which are ordered from below: up is +x2. */
export function upright(words, cells, colourAt) {
  for (let row = 0, at = 0; at < words.length; row++) {
    let from = cells * (2 * cells * Math.floor(row / cells) + cells - 1 - row);
    for (const end = at + cells; at < end; at++, from++) words[at] = colourAt(from);
  }
}

/** The ground, and how strong a class is that is certain. */
const strength = () => (theme.dark ? [8, 0.75] : [255 * 0.45, 0.55]);

/** The colour of the class with the largest share of each cell. */
export function byLargest(shades, n, size) {
  const [ground, part] = strength();
  const colours = Array.from({ length: n },
    (_, k) => word(rgb(classColour(k)).map((c) => ground + part * c)));
  return (at) => {
    let best = 0;
    for (let k = 1; k < n; k++) if (shades[k * size + at] > shades[best * size + at]) best = k;
    return colours[best];
  };
}

/** The mixture of the classes' colours, each by its share. */
export function byShare(shades, n, size) {
  const [ground, part] = strength();
  const colours = Array.from({ length: n },
    (_, k) => rgb(classColour(k)).map((c) => (part * c) / 255));
  return (at) => {
    let [r, g, b] = [ground, ground, ground];
    for (let k = 0; k < n; k++) {
      const share = shades[k * size + at];
      r += share * colours[k][0];
      g += share * colours[k][1];
      b += share * colours[k][2];
    }
    return word([r, g, b]);
  };
}
