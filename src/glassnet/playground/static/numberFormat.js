// Numbers as text, and text as numbers.

const signed = (text) => text.replaceAll("-", "−").replace("e+", "e");

/** Every digit of a number, as Python and JavaScript both write it. */
export const exact = (value) => String(value).replace("-", "−");

/** A number in a few digits. */
export function short(value) {
  if (!Number.isFinite(value)) return "—";
  const size = Math.abs(value);
  const isFar = size !== 0 && (size < 1e-3 || size >= 1e5);
  return signed(isFar ? value.toExponential(1) : value.toPrecision(3));
}

/** A number of the data in few digits, as on an axis. */
export function written(value) {
  const size = Math.abs(value);
  const isFar = size !== 0 && (size < 1e-3 || size >= 1e6);
  return signed(isFar ? value.toExponential(2) : String(Number(value.toPrecision(4))));
}

/** How the numbers of a column are written: with equal decimals, of the largest four digits. */
export function columnFormat(values, shortest = true) {
  const most = Math.max(...values.map(Math.abs));
  if (!(most >= 1e-3 && most < 1e6)) return written;
  const limit = Math.max(3 - Math.floor(Math.log10(most)), 0);
  const isEnough = (digits) => (
    values.every((v) => Number(v.toFixed(digits)) === Number(v.toFixed(limit))));
  const fewer = Array.from({ length: limit }, (_, k) => k);
  const digits = shortest ? fewer.find(isEnough) ?? limit : limit;
  return (v) => {
    if (Math.abs(v) >= 1e6) return written(v);
    return v.toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", "−"); // no minus zero
  };
}

/** A loss in six decimals, or in five digits where these would be too many to read. */
export function formatLoss(loss) {
  if (loss === null) return "not finite";
  return loss < 1e6 ? loss.toFixed(6) : loss.toExponential(4).replace("+", "");
}

const grouped = new Intl.NumberFormat("en"); // kept: to make it takes longer than to use it
export const count = (n) => grouped.format(n);

export const epochs = (n) => `${count(n)} ${n === 1 ? "epoch" : "epochs"}`;

/** The number a reader typed, or null. */
export function typed(text) {
  const value = Number(text.trim().replaceAll("−", "-"));
  return text.trim() === "" || !Number.isFinite(value) ? null : value;
}
