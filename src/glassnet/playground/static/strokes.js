// Links between two columns of neurons, drawn on the pixels of the screen.
//
// They are drawn here and not by a canvas, whose strokes take four times as long where no graphics
// processor helps. For all links of a gap are one curve, stretched to their heights: at a share u
// of the way from the left they have risen by s(u) of theirs, s(u) = 3u² - 2u³. How much of a pixel
// a stroke covers is told by how far its centre is from the curve, which to first order is the
// vertical distance divided by sqrt(1 + slope²).

/** How much of its height a link has risen at a share of the way, and how steeply. */
export const risen = (u) => u * u * (3 - 2 * u);
const steepness = (u) => 6 * u * (1 - u);

/** The pixels of one gap, from column `left` of the screen on; links go from xa to xb. */
export class Strokes {
  constructor(left, width, height, xa, xb) {
    this.left = left;
    this.image = new ImageData(width, height);
    this.words = new Int32Array(this.image.data.buffer);
    const shares = Float64Array.from({ length: width }, (_, c) => Math.min(Math.max((left + c + 0.5 - xa) / (xb - xa), 0), 1));
    this.risen = shares.map(risen);
    this.slope = shares.map((u) => steepness(u) / (xb - xa));
  }

  clear(paper) {
    this.words.fill(paper);
  }

  /** A link from height ya to yb: a word of colour, an opacity up to 1, a width; perhaps in dashes. */
  draw(ya, yb, { colour, opacity, width }, dashes = null) {
    const { words, risen, slope } = this;
    const columns = this.image.width;
    const last = this.image.height - 1;
    const rise = yb - ya;
    const reach = width / 2 + 0.5; // from where on no pixel is covered
    const whole = 65536 * opacity; // 65536ths of cover, which are quickly added up
    const most = Math.floor(whole * Math.min(width, 1));
    let walked = 0; // along the link, to this column
    for (let c = 0; c < columns; c++) {
      const steep = rise * slope[c];
      const stretch = Math.sqrt(1 + steep * steep);
      const y = ya + rise * risen[c] - 0.5; // where centres of pixels are whole numbers
      const first = Math.max(Math.ceil(y - reach * stretch), 0);
      const end = Math.min(Math.floor(y + reach * stretch), last);
      const step = Math.floor(whole / stretch);
      let nearing = Math.floor(whole * reach + step * (first - y));
      let leaving = Math.floor(whole * reach - step * (first - y));
      for (let row = first, at = first * columns + c; row <= end; row++, at += columns) {
        let cover = nearing < leaving ? nearing : leaving;
        if (cover > most) cover = most;
        if (dashes) cover *= dashed(walked + ((row - y) * steep) / stretch, dashes);
        words[at] = mixed(words[at], colour, cover >> 8);
        nearing += step;
        leaving -= step;
      }
      walked += stretch;
    }
  }
}

/** How much of a dash is so far along a link: 1 within one, 0 between two. */
function dashed(along, { dash, period, offset }) {
  const into = (((along - offset) % period) + period) % period;
  const inside = into < (dash + period) / 2 ? Math.min(into, dash - into) : into - period;
  return Math.min(Math.max(inside + 0.5, 0), 1);
}

/** What is seen through a colour of so many 256ths. */
function mixed(below, colour, part) {
  const rest = 256 - part;
  const redAndBlue = (Math.imul(below & 0xff00ff, rest) + Math.imul(colour & 0xff00ff, part)) >>> 8;
  const green = (Math.imul(below & 0xff00, rest) + Math.imul(colour & 0xff00, part)) >>> 8;
  return 0xff000000 | (redAndBlue & 0xff00ff) | (green & 0xff00);
}
