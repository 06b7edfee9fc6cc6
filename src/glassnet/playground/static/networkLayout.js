// Where everything of the network is: features, layers and output in columns, and their links.

const TALLEST = 16; // neurons above one another; of more there are several columns
const LEFT = 62; // the middle of the features
const RIGHT = 74; // room beside the output
const MANY = 6; // columns
const SHARE = 0.58; // of the way to the next column that a neuron takes at most
const LARGEST = 84;
const FOOT = 16; // room beneath the neurons

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

/** Least sizes for a mouse, and for fingers: then all that is touched is 44 pixels large. */
export const sizesFor = (isTouched) => (isTouched
  ? { head: 122, feature: 44, column: 164, narrow: 164, least: 44, gap: 8, beside: 44 }
  : { head: 70, feature: 24, column: 112, narrow: 82, least: 12, gap: 2, beside: 24 });

const between = (least, value, most) => Math.max(least, Math.min(value, most));

/** Where each layer's W and b begin in the vector of parameters. */
export function parameterPlaces(sizes) {
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

/** Lay out a network in a box of a width and a height; it may be larger than the box. */
export function layoutOf({ sizes, features: all }, chosen, { width, room }, look) {
  const hidden = sizes.slice(1);
  const abreast = hidden.map((n) => Math.ceil(n / TALLEST));
  const most = Math.max(...hidden.map((n, l) => Math.ceil(n / abreast[l])));
  const columns = hidden.length + 1;
  const part = (width - LEFT) / columns;
  const extra = sum(abreast.map((n) => (n - 1) * (look.beside + look.gap))); // of wide layers
  const least = LEFT + columns * (part < look.narrow ? look.column : Math.min(part, look.column));
  const full = Math.max(width, least + extra);
  const rows = Math.max(all.length * (look.feature + look.gap), most * (look.least + look.gap));
  const leastHeight = look.head + rows + FOOT;
  const height = Math.max(leastHeight, room);
  const step = (full - LEFT - RIGHT - extra) / (columns - 1); // from one layer to the next
  const squares = (n, smallest, largest) => { // n of them above one another
    const pitch = (height - look.head - FOOT) / n;
    const tile = Math.floor(between(smallest, Math.min(0.8 * pitch, pitch - look.gap), largest));
    return { tile, gap: between(look.gap, pitch - tile, 0.35 * tile) };
  };
  const widest = extra ? look.beside : Math.max(Math.min(SHARE * step, LARGEST), look.least);
  const { tile, gap } = squares(most, look.least, widest);
  const feature = squares(all.length, look.feature, Math.max(look.feature, 38));
  const middle = look.head + (height - look.head - FOOT) / 2;
  const features = column(all.length, feature.tile, feature.gap, LEFT, middle);
  const centres = centresOf(abreast, (tile + gap) / 2, step);
  const places = parameterPlaces(sizes);
  const layers = hidden.map((n, l) => block(n, abreast[l], { tile, gap }, centres[l], middle)
    .map((node, i) => ({ ...node, bias: places[l].b + i })));
  const seen = chosen.map((name) => features[all.findIndex((one) => one.name === name)]);
  return {
    width: full, height, leastHeight, features, layers, centres, nodes: [seen, ...layers],
    isMany: columns > MANY, isTight: step < look.column, isScrolled: full > width || height > room,
    isDense: extra > 0 || sizes.length * most > 40,
  };
}

const snapped = (centre, size) => Math.round(centre - size / 2) + size / 2; // between pixels

/** Squares above one another. */
function column(n, size, gap, centre, middle) {
  const x = snapped(centre, size);
  return Array.from({ length: n }, (_, k) => {
    const y = snapped(middle + (k - (n - 1) / 2) * (size + gap), size);
    return { x, y, size, left: x - size / 2, right: x + size / 2, port: y };
  });
}

/** A layer in columns abreast, at whose edges each neuron's links end at a height of their own. */
function block(n, beside, { tile, gap }, centre, middle) {
  const rows = column(Math.ceil(n / beside), tile, gap, centre, middle);
  const half = ((beside - 1) * (tile + gap) + tile) / 2;
  const x = snapped(centre, 2 * half);
  return Array.from({ length: n }, (_, k) => {
    const { y } = rows[Math.floor(k / beside)];
    const off = (k % beside) - (beside - 1) / 2;
    const port = y + off * (tile / beside);
    return { x: x + off * (tile + gap), y, size: tile, left: x - half, right: x + half, port };
  });
}

function centresOf(abreast, half, step) {
  let end = LEFT;
  return abreast.map((n) => {
    const centre = end + step + (n - 1) * half;
    end = centre + (n - 1) * half;
    return centre;
  });
}

/** Every link: its layer, its neuron, the place of its weight, and its ends. */
export function linksOf({ sizes }, { nodes }) {
  return parameterPlaces(sizes).flatMap((layer, l) => (
    nodes[l + 1].flatMap((to, i) => nodes[l].map((from, j) => ({
      layer: l + 1, neuron: i, place: layer.W + i * layer.n_in + j,
      xa: from.right, ya: from.port, xb: to.left, yb: to.port,
    })))));
}

/** How much of its height a link has risen at a share of the way. */
export const risen = (u) => u * u * (3 - 2 * u);

/** The link that passes nearest to a place, within some pixels. */
export function nearestLink(links, x, y, reach = 9) {
  let best = null;
  for (const link of links) {
    if (x < link.xa || x > link.xb) continue;
    const height = risen((x - link.xa) / (link.xb - link.xa));
    const away = Math.abs(link.ya + (link.yb - link.ya) * height - y);
    if (away < reach) {
      reach = away;
      best = link;
    }
  }
  return best;
}
