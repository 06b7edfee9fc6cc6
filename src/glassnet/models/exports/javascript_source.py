"""A model as one JavaScript module without dependencies, for browsers, Node, Deno and Bun.

Texts of the user stand in it as literals of `literal`, which can end neither a text nor a comment
nor the script element of a page.
"""

from __future__ import annotations

import json

from glassnet.core.activations import LEAK
from glassnet.data.preprocessing import (
    DAYS_A_WEEK,
    DAYS_A_YEAR,
    BooleanColumn,
    CategoryColumn,
    Class,
    Column,
)
from glassnet.models.exports.plan import Plan
from glassnet.models.exports.python_source import kind, kinds_used
from glassnet.models.exports.source_text import block, dashed, listed, matrix, number, vector

SAFE_INTEGER = 2**53

KNOWN = """
/** [v, 0], or [fill, 1] where v is missing. */
function known(v, fill) {
  if (isMissing(v)) return [fill, 1];
  if (!["number", "boolean"].includes(typeof v) || !Number.isFinite(Number(v))) {
    throw new RangeError("a value is no finite number");
  }
  return [Number(v), 0];
}
"""

KINDS = {
    "number": """
/** A number, standardised. */
function number(value, mean, scale, fill, tellMissing) {
  const [v, missing] = known(value, fill);
  return [(v - mean) / scale, ...(tellMissing ? [missing] : [])];
}
""",
    "boolean": """
/** -1 for false and 1 for true. */
function boolean(value, fill, tellMissing) {
  const [v, missing] = known(value, 0);
  if (v !== 0 && v !== 1) throw new RangeError("a boolean is neither true nor false");
  return [missing ? fill : 2 * v - 1, ...(tellMissing ? [missing] : [])];
}
""",
    "category": """
/** 1 for the category that it is and 0 for the others. */
function category(value, categories, tellMissing) {
  const missing = isMissing(value);
  const oneHot = categories.map((c) => (!missing && String(value) === c ? 1 : 0));
  return [...oneHot, ...(tellMissing ? [missing ? 1 : 0] : [])];
}
""",
    "date": f"""
/** Days since 1970-01-01, standardised, and where they are in the year and the week. */
function date(value, mean, scale, fill, tellMissing) {{
  const [v, missing] = known(value, fill);
  const year = (2 * Math.PI * v) / {DAYS_A_YEAR}, week = (2 * Math.PI * v) / {DAYS_A_WEEK};
  const waves = [Math.sin(year), Math.cos(year), Math.sin(week), Math.cos(week)];
  return [(v - mean) / scale, ...waves, ...(tellMissing ? [missing] : [])];
}}
""",
}

ACTIVATIONS = {
    "sigmoid": """
function sigmoid(z) {
  const e = Math.exp(-Math.abs(z)); // cannot overflow
  return (z >= 0 ? 1 : e) / (1 + e);
}
""",
    "tanh": """
const tanh = Math.tanh;
""",
    "relu": """
const relu = (z) => Math.max(z, 0);
""",
    "leaky_relu": f"""
const leaky_relu = (z) => (z > 0 ? z : {LEAK} * z);
""",
    "elu": """
const elu = (z) => (z > 0 ? z : Math.expm1(z));
""",
    "gelu": """
/** z times the normal distribution function: its series, and far out its continued fraction. */
function gelu(z) {
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  const x = Math.abs(z);
  let tail = 0; // of the distribution, beyond x
  if (x < 3) {
    let sum = 0;
    for (let term = x, n = 3; sum + term !== sum; term *= (x * x) / n, n += 2) sum += term;
    tail = 0.5 - density * sum;
  } else {
    let t = 0;
    for (let k = 80; k > 0; k -= 1) t = k / (x + t);
    tail = density / (x + t);
  }
  return z * (z < 0 ? tail : 1 - tail);
}
""",
    "softplus": """
const softplus = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
""",
    "identity": """
const identity = (z) => z;
""",
}

FORWARD = """
/** The last layer's z for the inputs x. */
function outputs(x) {
  for (const [W, b, g] of LAYERS) {
    const a = x;
    x = W.map((row, i) => g(row.reduce((sum, w, j) => sum + w * a[j], 0) + b[i]));
  }
  return x;
}
"""

PREDICT = {
    "binary_cross_entropy": """
/**
 * The label of a row, and the probability of each of the CLASSES.
 * @param {Row} row
 */
export function predict(row) {
  const p = sigmoid(outputs(encode(row))[0]);
  return { label: CLASSES[p >= 0.5 ? 1 : 0], probabilities: [1 - p, p] };
}
""",
    "categorical_cross_entropy": """
/**
 * The label of a row, and the probability of each of the CLASSES.
 * @param {Row} row
 */
export function predict(row) {
  const z = outputs(encode(row));
  const top = z.reduce((a, b) => Math.max(a, b));
  const e = z.map((v) => Math.exp(v - top)); // cannot overflow
  const total = e.reduce((a, b) => a + b);
  const probabilities = e.map((v) => v / total);
  const most = probabilities.reduce((a, b) => Math.max(a, b));
  return { label: CLASSES[probabilities.indexOf(most)], probabilities };
}
""",
    "mean_squared_error": """
/**
 * The values of the TARGETS for a row.
 * @param {Row} row
 */
export function predict(row) {
  return { values: outputs(encode(row)).map((a, i) => a * SCALE[i] + MEAN[i]) };
}
""",
}

CELLS = """
const isMissing = (v) => v === null || v === undefined || Number.isNaN(v);

function cell(row, name) {
  if (!Object.prototype.hasOwnProperty.call(row, name)) throw new RangeError("no column " + name);
  return row[name];
}
"""


def source(plan: Plan) -> str:
    """The text of the module."""
    hidden = dict.fromkeys([*plan.network.activation, "identity"])
    if plan.network.loss == "binary_cross_entropy":
        hidden["sigmoid"] = None
    parts = [
        _header(plan),
        _target(plan),
        CELLS,
        *kinds_used(plan, {"known": KNOWN} | KINDS),
        _encode(plan),
        *(ACTIVATIONS[name] for name in hidden),
        _layers(plan),
        FORWARD,
        PREDICT[plan.network.loss],
        _self_test(plan),
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def literal(text: str) -> str:
    """A text as a literal of JavaScript: what could end it, a comment or a script is escaped."""
    return '"' + "".join(map(_character, text)) + '"'


def _character(character: str) -> str:
    if character.isprintable() and character not in '"\\<>*':
        return character
    return json.dumps(character)[1:-1] if ord(character) > 0x7E else f"\\u{ord(character):04x}"


def _value(value: Class | None) -> str:
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, int):
        return str(value) if abs(value) < SAFE_INTEGER else f"{value}n"
    return number(value)


def _header(plan: Plan) -> str:
    gives = "{ label, probabilities }, probabilities in the order of CLASSES"
    if plan.classes is None:
        gives = "{ values }, in the order of TARGETS"
    types = {
        "number": "number | null",
        "boolean": "boolean | null",
        "category": "string | null",
        "date": "number | null",
    }
    fields = [f" *   {literal(column.name)}: {types[kind(column)]}," for column in plan.columns]
    return f"""\
// A neural network of {dashed(plan.network.sizes)} neurons as a module without dependencies.
// Made by glassnet.
//
//     import {{ predict }} from "./model.mjs";
//     predict(row)    // {gives}
//
// null, undefined or NaN stands for a missing value. A date is a number of days since 1970-01-01:
// date.getTime() / 86400000. selfTest() throws an error unless the numbers are right.

/**
 * @typedef {{{{
{chr(10).join(fields)}
 * }}}} Row
 */"""


def _target(plan: Plan) -> str:
    target = plan.recipe.target
    if target.classes is not None:
        return f"export const CLASSES = {listed(map(_value, target.classes))};"
    return (
        f"export const TARGETS = {listed(map(literal, target.names))};\n"
        f"const MEAN = {listed(map(number, target.mean))};\n"
        f"const SCALE = {listed(map(number, target.scale))};"
    )


def _encode(plan: Plan) -> str:
    calls = [
        f"    ...{kind(column)}(cell(row, {literal(column.name)}), {', '.join(_settings(column))}),"
        for column in plan.columns
    ]
    start = ["/** The inputs of the network. */", "function encode(row) {", "  return ["]
    return "\n".join([*start, *calls, "  ];", "}"])


def _settings(column: Column) -> list[str]:
    flag = json.dumps(column.has_missing)
    if isinstance(column, CategoryColumn):
        return [listed(map(literal, column.categories), "[]", "    "), flag]
    if isinstance(column, BooleanColumn):
        return [number(column.fill), flag]
    return [*map(number, (column.mean, column.scale, column.fill)), flag]


def _layers(plan: Plan) -> str:
    numbers = [
        f"const W{n} = {matrix(W)};\nconst b{n} = {vector(b)};"
        for n, (W, b) in enumerate(plan.layers, start=1)
    ]
    hidden = [*plan.network.activation, "identity"]
    layers = block([f"[W{n}, b{n}, {g}]" for n, g in enumerate(hidden, start=1)])
    return "\n".join([*numbers, f"const LAYERS = {layers};"])


def _self_test(plan: Plan) -> str:
    # In brackets even __proto__ is a column like any other.
    cells = [f"[{literal(name)}]: {_value(values[0])}" for name, values in plan.rows.items()]
    key = "values" if plan.classes is None else "probabilities"
    return f"""\
/** Throws an error unless a row gives the numbers the module was made with. */
export function selfTest() {{
  const row = {block(cells, "{}", "  ")};
  const expected = {vector(plan.outputs[0])};
  predict(row).{key}.forEach((found, i) => {{
    const scale = Math.max(1, Math.abs(expected[i]));
    if (!(Math.abs(found - expected[i]) <= {plan.slack} * scale)) {{
      throw new Error("found " + found + " where " + expected[i] + " was expected");
    }}
  }});
}}"""
