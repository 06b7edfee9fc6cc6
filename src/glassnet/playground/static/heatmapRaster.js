// Pictures of shades 0 to 255 on a grid of cells, enlarged smoothly to the pixels of the screen.
//
// They are made here and not by drawImage, which takes as long where no graphics processor helps:
// so only the rows that are others than before are made, and what lies between two cells has the
// colour of a value between theirs, not a mixture of two colours.

import { classColour, rgb, theme, word } from "./colours.js";

const LEAST_FACTOR = 1.5; // of enlargement, from which it is seen whether it is smooth

/** Pictures below one another, kept from frame to frame. */
export class Heatmaps {
  image = null;
  #shades = []; // that the pictures show
  #looks = []; // what else they were made with
  #fill = null; // how they are made

  /** Pictures of one grid each by the scale. Returns which of them are others than before. */
  column(shades, cells, size) {
    const grids = gridsOf(shades, cells);
    this.#prepare([size, grids.length, cells, theme.scale], () => (
      size < LEAST_FACTOR * cells ? repeated(theme.scale, cells, size)
        : enlarged(byScale(theme.scale), cells, size)));
    return grids.map((grid, k) => this.#make([grid], cells, k));
  }

  /**
   * One picture of an answer: one output by the scale, several by mixing the classes' colours.
   * Returns whether it is another.
   */
  plane(shades, cells, size, hard) {
    const grids = gridsOf(shades, cells);
    const scale = hard ? theme.ends : theme.scale;
    const n = grids.length;
    const way = () => (
      n === 1 ? byScale(scale) : hard ? byLargest(classMixtures(n)) : byChannels);
    this.#prepare([size, 1, cells, scale, n], () => enlarged(way(), cells, size));
    return this.#make(n === 1 || hard ? grids : mixed(grids), cells, 0);
  }

  /** The pictures as an address, for what seldom changes. */
  address() {
    const { width, height } = this.image;
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d").putImageData(this.image, 0, 0);
    return canvas.toDataURL();
  }

  #prepare(looks, way) {
    if (!differs(looks, this.#looks)) return;
    const [size, n] = this.#looks = looks;
    this.#shades = [];
    this.#fill = way();
    this.image = new ImageData(size, n * size);
    this.words = new Int32Array(this.image.data.buffer);
  }

  #make(grids, cells, k) {
    const before = this.#shades[k];
    const changed = new Uint8Array(cells); // rows
    for (let row = 0; row < cells; row++) {
      const isOther = (grid, i) => hasOtherRow(grid, before[i], row * cells, cells);
      changed[row] = Number(!before || grids.some(isOther));
    }
    if (!changed.includes(1)) return false;
    this.#fill(grids, changed, this.words, k * this.image.width ** 2);
    if (before) grids.forEach((grid, i) => before[i].set(grid));
    else this.#shades[k] = grids.map((grid) => grid.slice());
    return true;
  }
}

/** Whether some values differ. */
function differs(a, b) {
  for (let k = 0; k < a.length; k++) if (a[k] !== b[k]) return true;
  return false;
}

/** Whether a list of values is another than before, if there was one. */
export const isOther = (values, before) => (
  values.length !== before?.length || differs(values, before));

/** Whether some of the n shades of a row differ: called for bytes only, it is ten times as fast. */
function hasOtherRow(grid, before, from, n) {
  for (let k = from; k < from + n; k++) if (grid[k] !== before[k]) return true;
  return false;
}

function gridsOf(shades, cells) {
  const n = cells ** 2;
  return Array.from({ length: shades.length / n }, (_, k) => shades.subarray(k * n, (k + 1) * n));
}

// --- ways to fill size x size words, from `start` on, where rows of a grid have changed

/** Every pixel has the shade of the cell it lies in. */
function repeated(scale, cells, size) {
  const cellAt = (p) => Math.floor(((p + 0.5) * cells) / size);
  const cellOf = Int32Array.from({ length: size }, (_, p) => cellAt(p));
  return ([grid], changed, words, start) => {
    for (let y = 0, at = start; y < size; y++, at += size) {
      const row = cells - 1 - cellOf[y]; // up is +x2
      if (!changed[row]) continue;
      const from = row * cells;
      for (let x = 0; x < size; x++) words[at + x] = scale[grid[from + cellOf[x]]];
    }
  };
}

/**
 * Every row of pixels lies between two rows of the grids: what they come to there is given to
 * `draw`, with their ends twice.
 */
function enlarged(draw, cells, size) {
  const along = between(cells, size);
  return (grids, changed, words, start) => {
    const rows = grids.map(() => new Float64Array(cells + 2));
    for (let j = 0; j <= cells; j++) {
      const above = Math.min(cells - j, cells - 1); // up is +x2
      const below = Math.max(cells - 1 - j, 0);
      if (!changed[above] && !changed[below]) continue;
      let part = along.share[j];
      for (let y = along.begin[j]; y < along.begin[j + 1]; y++, part += along.step) {
        for (let k = 0; k < grids.length; k++) {
          mix(rows[k], grids[k], cells * above, cells * below, part, cells);
        }
        draw(rows, along, words, start + y * size);
      }
    }
  };
}

/**
 * How so many pixels lie between the centres of cells: those from begin[j] to begin[j + 1] come
 * after the cell before j, the first by share[j] of the way, each next one by `step` more.
 */
function between(cells, pixels) {
  const step = cells / pixels;
  const first = (j) => Math.max(Math.ceil((j - 0.5) / step - 0.5), 0);
  const begin = Int32Array.from({ length: cells + 2 }, (_, j) => first(j));
  begin[cells + 1] = pixels;
  const share = Float64Array.from(begin, (p, j) => (p + 0.5) * step + 0.5 - j);
  return { cells, begin, share, step };
}

function mix(row, grid, above, below, part, cells) {
  for (let c = 0; c < cells; c++) {
    row[c + 1] = grid[above + c] + part * (grid[below + c] - grid[above + c]);
  }
  row[0] = row[1];
  row[cells + 1] = row[cells];
}

// --- ways to put a row of pixels together

const byScale = (scale) => ([row], { begin, share, step, cells }, words, at) => {
  for (let j = 0, x = 0; j <= cells; j++) {
    const slope = row[j + 1] - row[j];
    const end = begin[j + 1];
    // In 65536ths: whole numbers are quickly added up, and looked up.
    let v = Math.floor(65536 * (row[j] + slope * share[j] + 0.5));
    const more = Math.round(65536 * slope * step);
    for (; x < end; x++, v += more) words[at + x] = scale[v >> 16];
  }
};

function byChannels([r, g, b], { begin, share, step, cells }, words, at) {
  for (let j = 0; j <= cells; j++) {
    for (let x = begin[j], part = share[j]; x < begin[j + 1]; x++, part += step) {
      const red = r[j] + part * (r[j + 1] - r[j]);
      const green = g[j] + part * (g[j + 1] - g[j]);
      const blue = b[j] + part * (b[j + 1] - b[j]);
      words[at + x] = word([red, green, blue]);
    }
  }
}

/** What is largest at both ends of a straight piece is so all along it: most need no look. */
const byLargest = (colours) => (rows, { begin, share, step, cells }, words, at) => {
  for (let j = 0, right = largest(rows, 0, 0); j <= cells; j++) {
    const left = right;
    right = largest(rows, j + 1, 0);
    if (left === right) {
      words.fill(colours[left], at + begin[j], at + begin[j + 1]);
      continue;
    }
    for (let x = begin[j], part = share[j]; x < begin[j + 1]; x++, part += step) {
      words[at + x] = colours[largest(rows, j, part)];
    }
  }
};

/** Which of several rows has the largest value, so far behind a cell. */
function largest(rows, j, part) {
  let best = 0;
  let most = -1;
  for (let k = 0; k < rows.length; k++) {
    const v = part ? rows[k][j] + part * (rows[k][j + 1] - rows[k][j]) : rows[k][j];
    if (v > most) {
      most = v;
      best = k;
    }
  }
  return best;
}

// --- colours of several classes

/** The ground, and how strong a class is that is certain. */
const strength = () => (theme.dark ? [8, 0.75] : [255 * 0.45, 0.55]);

function classMixtures(n) {
  const [ground, share] = strength();
  const mixture = (k) => rgb(classColour(k)).map((c) => ground + share * c);
  return Array.from({ length: n }, (_, k) => word(mixture(k)));
}

/** Red, green and blue of all cells: each class adds its colour by its share. */
function mixed(grids) {
  const [ground, share] = strength();
  const colours = grids.map((_, k) => rgb(classColour(k)));
  return [0, 1, 2].map((i) => {
    const parts = colours.map((colour) => (share * colour[i]) / 255);
    return grids[0].map((_, at) => {
      let sum = ground + 0.5;
      for (let k = 0; k < grids.length; k++) sum += parts[k] * grids[k][at];
      return Math.min(sum, 255);
    });
  });
}
