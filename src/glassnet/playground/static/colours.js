// One scale for everything: vermilion below, pale between, blue above; and the classes' colours.
// Those are colours.py's, of Okabe and Ito; on dark paper they run over dark to brighter ends.
// Classes of one shape are four apart, and those differ for every kind of sight.

import { reactive } from "./reactive.js";

const OKABE_ITO =
  ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442", "#555555"];
const PALE = [247, 247, 247];
const DARK = { negative: "#f08a3c", positive: "#4aa8e0", paper: [22, 27, 35] };
const CLASSES_IN_THE_DARK = [DARK.negative, DARK.positive, "#009e73", "#cc79a7", "#f0e442",
  "#0078bd", "#e69f00", "#c3c9d2"];
const EDGES = { light: ["#ffffff", "#171b22"], dark: ["#10151c", "#e9edf3"] }; // the usual first
const LEAST_CONTRAST = 3; // of what is drawn, by the guidelines for accessible content
const darkly = matchMedia("(prefers-color-scheme: dark)");

/** Whether it is dark, the ends of the scale, and the scale as words of colour. */
export const theme = reactive(themeOf(darkly.matches));
const named = new Map(); // what the page's style calls each colour
darkly.addEventListener("change", () => {
  Object.assign(theme, themeOf(darkly.matches));
  named.clear();
});

/** The colour of a name such as "--ink". It is asked once: each time costs all styles. */
export function styled(name) {
  if (!named.has(name)) {
    const style = getComputedStyle(document.documentElement);
    named.set(name, style.getPropertyValue(name).trim());
  }
  return named.get(name);
}

/** Call back when the theme has changed. */
export function onTheme(callback) {
  darkly.addEventListener("change", callback);
  return () => darkly.removeEventListener("change", callback);
}

export function classColour(k) {
  const colours = theme.dark ? CLASSES_IN_THE_DARK : OKABE_ITO;
  return colours[k % colours.length];
}

/** The style of a mark of this colour: with an edge that it stands out from, on any ground. */
export function markStyle(colour) {
  if (colour.startsWith("var")) return { fill: colour }; // of the page, not of a class
  const [usual, other] = theme.dark ? EDGES.dark : EDGES.light;
  return { fill: colour, "--edge": contrast(colour, usual) < LEAST_CONTRAST ? other : usual };
}

function contrast(a, b) {
  const [dim, bright] = [a, b].map(luminance).sort((x, y) => x - y);
  return (bright + 0.05) / (dim + 0.05);
}

/** The relative luminance of "#rrggbb" or "rgb(r g b)". */
function luminance(colour) {
  const channels = colour.startsWith("#") ? rgb(colour) : colour.match(/\d+/g).map(Number);
  const linear = (c) => (c <= 10.31 ? c / 3294.6 : ((c / 255 + 0.055) / 1.055) ** 2.4);
  const [r, g, b] = channels.map(linear);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The colour of the scale at a share from 0 to 1; stronger than pictures have it, for points. */
export function scaleColour(share) {
  const distance = Math.abs(2 * share - 1);
  const middle = theme.dark ? DARK.paper : PALE;
  const end = rgb(share < 0.5 ? theme.negative : theme.positive);
  return `rgb(${middle.map((c, i) => Math.round(c + distance * (end[i] - c))).join(" ")})`;
}

function themeOf(dark) {
  const negative = dark ? DARK.negative : OKABE_ITO[0];
  const positive = dark ? DARK.positive : OKABE_ITO[1];
  const scale = scaleOf(rgb(negative), rgb(positive), dark);
  // What is on one side of the middle, and on the other.
  const ends = scale.map((_, shade) => scale[shade < 128 ? 0 : 255]);
  return { dark, negative, positive, scale, ends };
}

/** @returns {number[]} */
export function rgb(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

/** 256 colours as the words that ImageData holds. */
function scaleOf(negative, positive, dark) {
  const middle = dark ? DARK.paper : PALE;
  return Int32Array.from({ length: 256 }, (_, k) => {
    const distance = Math.abs((2 * k) / 255 - 1) * (dark ? 0.85 : 0.8);
    const end = k < 127.5 ? negative : positive;
    return word(middle.map((c, i) => c + distance * (end[i] - c)));
  });
}

/** A colour as ImageData holds it, with a sign: integers of this kind are the fastest. */
export function word(/** @type {number[]} */ [r, g, b]) {
  return 255 << 24 | byte(b) << 16 | byte(g) << 8 | byte(r);
}

function byte(c) {
  return Math.min(Math.round(c), 255);
}

/** The pen of a canvas that is made this large in the page's units, sharp on its screen. */
export function sharp(canvas, width, height, options) {
  const fine = Math.min(devicePixelRatio, 2);
  const size = { width: Math.round(width * fine), height: Math.round(height * fine) };
  const isOther = Object.keys(size).some((side) => canvas[side] !== size[side]);
  if (isOther) Object.assign(canvas, size);
  const pen = canvas.getContext("2d", options);
  pen.setTransform(fine, 0, 0, fine, 0, 0);
  return pen;
}
