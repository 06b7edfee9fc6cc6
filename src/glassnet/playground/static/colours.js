// One scale for everything: vermilion below, pale between, blue above; and the classes' colours.
// Those are colours.py's, of Okabe and Ito; on dark paper they run over dark to brighter ends.
// Classes of one shape are four apart, and those differ for every kind of sight.

const OKABE_ITO =
  ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442", "#555555"];
const PALE = [247, 247, 247];
const DARK = { negative: "#f08a3c", positive: "#4aa8e0", paper: [22, 27, 35] };
const CLASSES_IN_THE_DARK =
  [DARK.negative, DARK.positive, "#009e73", "#cc79a7", "#f0e442", "#0078bd", "#e69f00", "#c3c9d2"];
const EDGES = { light: ["#ffffff", "#171b22"], dark: ["#10151c", "#e9edf3"] }; // the usual one first
const LEAST_CONTRAST = 3; // of what is drawn, by the guidelines for accessible content
const darkly = matchMedia("(prefers-color-scheme: dark)");

export let theme = made();
darkly.addEventListener("change", () => { theme = made(); });

/** Call back when the theme has changed. */
export function onTheme(callback) {
  darkly.addEventListener("change", callback);
  return () => darkly.removeEventListener("change", callback);
}

export function classColour(k) {
  const colours = darkly.matches ? CLASSES_IN_THE_DARK : OKABE_ITO;
  return colours[k % colours.length];
}

/** The style of a mark of this colour: with an edge that it stands out from, on any ground. */
export function markStyle(colour) {
  if (colour.startsWith("var")) return { fill: colour }; // of the page, not of a class
  const [usual, other] = darkly.matches ? EDGES.dark : EDGES.light;
  return { fill: colour, "--edge": contrast(colour, usual) < LEAST_CONTRAST ? other : usual };
}

function contrast(a, b) {
  const [dim, bright] = [a, b].map(luminance).sort((x, y) => x - y);
  return (bright + 0.05) / (dim + 0.05);
}

/** The relative luminance of "#rrggbb" or "rgb(r g b)". */
function luminance(colour) {
  const channels = colour.startsWith("#") ? rgb(colour) : colour.match(/\d+/g).map(Number);
  const [r, g, b] = channels.map((c) => (c <= 10.31 ? c / 3294.6 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The colour of the scale at a share from 0 to 1; stronger than pictures have it, for points. */
export function scaleColour(share) {
  const distance = Math.abs(2 * share - 1);
  const middle = darkly.matches ? DARK.paper : PALE;
  const end = rgb(share < 0.5 ? theme.negative : theme.positive);
  return `rgb(${middle.map((c, i) => Math.round(c + distance * (end[i] - c))).join(" ")})`;
}

function made() {
  const dark = darkly.matches;
  const negative = dark ? DARK.negative : OKABE_ITO[0];
  const positive = dark ? DARK.positive : OKABE_ITO[1];
  const whole = scale(rgb(negative), rgb(positive), dark);
  // What is on one side of the middle, and on the other.
  const ends = whole.map((_, shade) => whole[shade < 128 ? 0 : 255]);
  return { dark, negative, positive, scale: whole, ends };
}

function rgb(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

/** 256 colours as the words that ImageData holds. */
function scale(negative, positive, dark) {
  const middle = dark ? DARK.paper : PALE;
  const words = new Uint32Array(256);
  for (let k = 0; k < 256; k++) {
    const distance = Math.abs((2 * k) / 255 - 1) * (dark ? 0.85 : 0.8);
    const end = k < 127.5 ? negative : positive;
    words[k] = word(middle.map((c, i) => c + distance * (end[i] - c)));
  }
  return words;
}

function word([r, g, b]) {
  return (255 << 24 | byte(b) << 16 | byte(g) << 8 | byte(r)) >>> 0;
}

function byte(c) {
  return Math.min(Math.round(c), 255);
}

/** Draw shades 0..255, the first row the lowest, onto a canvas: square pictures below one another. */
export function drawShades(canvas, shades, cells, scale = theme.scale) {
  const words = wordsOf(canvas, cells, shades.length / cells);
  const n = cells * cells;
  for (let first = 0; first < shades.length; first += n) {
    for (let row = 0; row < cells; row++) {
      const from = first + (cells - 1 - row) * cells; // up is +x2
      const to = first + row * cells;
      for (let column = 0; column < cells; column++) words[to + column] = scale[shades[from + column]];
    }
  }
  canvas.pen.putImageData(canvas.image, 0, 0);
}

/** Draw the boundary: one output by the scale, several by mixing the classes' colours. */
export function drawPlane(canvas, plane, cells, hard) {
  if (plane.length === cells * cells) drawShades(canvas, plane, cells, hard ? theme.ends : theme.scale);
  else drawMixed(canvas, plane, cells, hard);
}

function drawMixed(canvas, plane, cells, hard) {
  const n = cells * cells;
  const colours = Array.from({ length: plane.length / n }, (_, k) => rgb(classColour(k)));
  const [ground, share] = theme.dark ? [8, 0.75] : [255 * 0.45, 0.55];
  const words = wordsOf(canvas, cells, cells);
  const mix = [0, 0, 0];
  for (let at = 0; at < n; at++) {
    let best = 0;
    for (let k = 1; k < colours.length; k++) if (plane[k * n + at] > plane[best * n + at]) best = k;
    mix.fill(ground);
    for (let k = 0; k < colours.length; k++) {
      const a = hard ? Number(k === best) : plane[k * n + at] / 255;
      for (let i = 0; i < 3; i++) mix[i] += share * a * colours[k][i];
    }
    const row = cells - 1 - Math.floor(at / cells);
    words[row * cells + (at % cells)] = word(mix);
  }
  canvas.pen.putImageData(canvas.image, 0, 0);
}

/** The pixels of a canvas, as words to be set; they are kept from frame to frame. */
function wordsOf(canvas, width, height) {
  if (canvas.image?.width !== width || canvas.image.height !== height) {
    Object.assign(canvas, { width, height });
    canvas.pen = canvas.getContext("2d", { willReadFrequently: true }); // kept where they are made
    canvas.image = canvas.pen.createImageData(width, height);
    canvas.words = new Uint32Array(canvas.image.data.buffer);
  }
  return canvas.words;
}

/** A canvas of this size in the page's units, sharp on its screen; the pen to draw on it. */
export function sharp(canvas, width, height, options) {
  const fine = Math.min(devicePixelRatio, 2);
  Object.assign(canvas, { width: Math.round(width * fine), height: Math.round(height * fine) });
  const pen = canvas.getContext("2d", options);
  pen.scale(fine, fine);
  return pen;
}
