// What is drawn on the buttons of the data sets: a few points of each, with their class or value.

const turn = (k, n, from = 0) => from + (2 * Math.PI * k) / n;
const times = (n, make) => Array.from({ length: n }, (_, k) => make(k)).flat();
const around = (angle, r) => [r * Math.cos(angle), r * Math.sin(angle)];
const BLOB = [[0, 0], [0.2, 0.12], [-0.18, 0.14], [0.1, -0.2], [-0.13, -0.14]];
const GRID = [-0.75, -0.25, 0.25, 0.75];
const grid = (height) => GRID.flatMap((y) => GRID.map((x) => [x, y, height(x, y)]));
const bump = (x, y) => Math.exp(-4 * (x ** 2 + y ** 2));

/** Of each set of classes [x, y, class]. */
export const CLASSES = {
  rings: times(10, (k) => [[...around(turn(k, 6), 0.35), 0], [...around(turn(k, 10), 0.85), 1]]),
  moons: times(8, (k) => {
    const [x, y] = [0.6 * Math.cos(turn(k, 14)), 0.75 * Math.sin(turn(k, 14))];
    return [[x - 0.28, y - 0.25, 0], [0.28 - x, 0.25 - y, 1]];
  }),
  xor: times(4, (k) => {
    const [x, y] = [0.3 + 0.5 * (k % 2), 0.3 + 0.5 * (k >> 1)];
    return [[x, y, 0], [-x, -y, 0], [x, -y, 1], [-x, y, 1]];
  }),
  spirals: times(11, (k) => [0, 1].map((c) => (
    [...around(turn(k, 12, Math.PI * c), 0.14 + 0.075 * k), c]))),
  blobs: times(3, (c) => {
    const [dx, dy] = around(turn(c, 3, Math.PI / 2), 0.55);
    return BLOB.map(([x, y]) => [x + dx, y + dy, c]);
  }),
};
/** Of each regression [x, y, where the value stands on its scale]. */
export const VALUES = {
  hill: grid((x, y) => 0.5 + 0.5 * (bump(x - 0.4, y - 0.4) - bump(x + 0.4, y + 0.4))),
  saddle: grid((x, y) => 0.5 + 0.8 * x * y),
  slope: grid((x, y) => 0.5 + (x + y) / 3),
};
