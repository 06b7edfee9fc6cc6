// Numbers in words.

/** Every digit of a number, as Python and JavaScript both write it. */
export const exact = (value) => String(value).replace("-", "−");

/** A number in a few digits. */
export function short(value) {
  if (!Number.isFinite(value)) return "—";
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(1) : value.toPrecision(3);
  return text.replace("-", "−").replace("e+", "e");
}

/** A loss in six decimals, or in five digits where these would be too many to read. */
export function lossOf(frame) {
  const { loss } = frame;
  if (loss === null) return "not finite";
  return loss < 1e6 ? loss.toFixed(6) : loss.toExponential(4).replace("+", "");
}

const grouped = new Intl.NumberFormat("en"); // kept: to make it takes longer than to use it
export const count = (n) => grouped.format(n);

export const epochs = (n) => `${count(n)} ${n === 1 ? "epoch" : "epochs"}`;

/** The number a reader typed, or null. */
export function typed(text) {
  const value = Number(text.trim().replace("−", "-"));
  return text.trim() === "" || !Number.isFinite(value) ? null : value;
}
