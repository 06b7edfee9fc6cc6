// A layer's stripe of the network, as pixels of the screen: its links, and to the right of them its
// neurons' pictures and biases.
//
// It is drawn here and not by a canvas, whose strokes take four times as long where no graphics
// processor helps. For all links of a layer are one curve, stretched to their heights: at a share u
// of the way from the left they have risen by s(u) of theirs, s(u) = 3u² - 2u³. How much of a
// pixel a stroke covers follows from how far its centre is from the curve, which to first order is
// the vertical distance divided by sqrt(1 + slope²).

import { risen } from "./networkLayout.js";

/** How steeply a link rises at a share of the way. */
const steepness = (u) => 6 * u * (1 - u);

/** An image from column `left` of the screen on; links go from xa to xb of the screen. */
export class LayerRaster {
  constructor(image, { left, xa, xb }, paper) {
    this.left = left;
    this.paper = paper; // as a word, like all colours here
    this.image = image;
    this.words = new Int32Array(image.data.buffer).fill(paper);
    this.linked = Math.ceil(xb) - left; // columns
    const share = (c) => Math.min(Math.max((left + c + 0.5 - xa) / (xb - xa), 0), 1);
    const shares = Float64Array.from({ length: this.linked }, (_, c) => share(c));
    this.rises = shares.map(risen);
    this.slope = shares.map((u) => steepness(u) / (xb - xa));
  }

  /** Put all of it on the screen, or only what is to the right of a column of its own. */
  put(pen, from = 0) {
    const { width, height } = this.image;
    pen.putImageData(this.image, this.left, 0, from, 0, width - from, height);
  }

  clearLinks() {
    const { words, paper, linked } = this;
    for (let at = 0; at < words.length; at += this.image.width) words.fill(paper, at, at + linked);
  }

  clear(left, top, size) {
    const { words, paper, image: { width, height } } = this;
    const from = Math.max(left - this.left, 0);
    const end = Math.min(left - this.left + size, width);
    for (let row = Math.max(top, 0); row < Math.min(top + size, height); row++) {
      words.fill(paper, row * width + from, row * width + end);
    }
  }

  /** A link from height ya to yb: a colour, an opacity up to 1, a width; perhaps in dashes. */
  link(ya, yb, { colour, opacity, width }, dashes = null) {
    const { words, rises, slope, linked } = this;
    const columns = this.image.width;
    const last = this.image.height - 1;
    const rise = yb - ya;
    const reach = width / 2 + 0.5; // from where on no pixel is covered
    const whole = 65536 * opacity; // 65536ths of cover, which are quickly added up
    const most = Math.floor(whole * Math.min(width, 1)) | 0;
    let walked = 0; // along the link, to this column
    for (let c = 0; c < linked; c++) {
      const steep = rise * slope[c];
      const stretch = Math.sqrt(1 + steep * steep);
      const y = ya + rise * rises[c] - 0.5; // where centres of pixels are whole numbers
      const first = Math.max(Math.ceil(y - reach * stretch), 0) | 0;
      const end = Math.min(Math.floor(y + reach * stretch), last) | 0;
      const step = (whole / stretch) | 0;
      let nearing = (whole * reach + step * (first - y)) | 0;
      let leaving = (whole * reach - step * (first - y)) | 0;
      for (let row = first, at = (first * columns + c) | 0; row <= end; row++, at += columns) {
        let cover = nearing < leaving ? nearing : leaving;
        if (cover > most) cover = most;
        if (dashes) cover = (cover * dashed(walked + ((row - y) * steep) / stretch, dashes)) | 0;
        words[at] = mixed(words[at], colour, cover >> 8);
        nearing += step;
        leaving -= step;
      }
      walked += stretch;
    }
  }

  /** A square of words of colour, as far as it is covered: `covers` of its pixels, in 256ths. */
  picture(left, top, colours, covers) {
    const { words, paper, image: { width } } = this;
    const size = Math.sqrt(covers.length);
    for (let y = 0, k = 0; y < size; y++) {
      for (let x = 0, at = (top + y) * width + left - this.left; x < size; x++, at++, k++) {
        words[at] = covers[k] === 256 ? colours[k] : mixed(paper, colours[k], covers[k]);
      }
    }
  }

  disc(x, y, radius, colour) {
    const { words, left, image: { width, height } } = this;
    const [from, top] = [x - left, y].map((middle) => Math.max(Math.floor(middle - radius), 0));
    const end = Math.min(Math.ceil(x - left + radius), width);
    for (let row = top; row < Math.min(Math.ceil(y + radius), height); row++) {
      for (let c = from; c < end; c++) {
        const cover = covered(radius - Math.hypot(left + c + 0.5 - x, row + 0.5 - y));
        words[row * width + c] = mixed(words[row * width + c], colour, Math.round(256 * cover));
      }
    }
  }
}

/** How much each pixel of a square with round corners is covered, in 256ths. */
export function rounded(size, radius) {
  const inner = size / 2 - radius; // from the middle to the corners' centres
  const beyond = (p) => Math.max(Math.abs(p + 0.5 - size / 2) - inner, 0);
  const cover = (x, y) => Math.round(256 * covered(radius - Math.hypot(beyond(x), beyond(y))));
  return Int32Array.from({ length: size ** 2 }, (_, k) => cover(k % size, Math.floor(k / size)));
}

/** How much of a pixel is covered whose centre is so far within an edge. */
const covered = (inside) => Math.min(Math.max(inside + 0.5, 0), 1);

/** How much of a dash is so far along a link: 1 within one, 0 between two. */
function dashed(along, { dash, period, offset }) {
  const into = (((along - offset) % period) + period) % period;
  const inside = into < (dash + period) / 2 ? Math.min(into, dash - into) : into - period;
  return covered(inside);
}

/** What is seen through a colour of so many 256ths. */
function mixed(below, colour, part) {
  const rest = 256 - part;
  const redAndBlue = (Math.imul(below & 0xff00ff, rest) + Math.imul(colour & 0xff00ff, part)) >>> 8;
  const green = (Math.imul(below & 0xff00, rest) + Math.imul(colour & 0xff00, part)) >>> 8;
  return 0xff000000 | (redAndBlue & 0xff00ff) | (green & 0xff00);
}
