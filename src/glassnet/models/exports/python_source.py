"""A model as one Python file that needs nothing but Python 3.9.

The file has a function for each kind of column and each activation that the model uses, and no
other. Texts of the user stand in it as `repr` writes them, which can neither end a literal nor a
line, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence

from glassnet.core.activations import LEAK
from glassnet.data.preprocessing import (
    DAYS_A_WEEK,
    DAYS_A_YEAR,
    BooleanColumn,
    CategoryColumn,
    Column,
    NumericColumn,
)
from glassnet.models.exports.plan import Plan
from glassnet.models.exports.source_text import block, dashed, listed, matrix, number, vector

KNOWN = '''
def known(v, fill):
    """(v, 0.0), or (fill, 1.0) where v is missing."""
    if v is None or v != v:
        return fill, 1.0
    if not -math.inf < v < math.inf:
        raise ValueError("a number is not finite")
    return v, 0.0
'''

KINDS = {
    "number": '''
def number(v, mean, scale, fill, tell_missing):
    """A number, standardised."""
    v, missing = known(v, fill)
    return [(v - mean) / scale] + [missing] * tell_missing
''',
    "boolean": '''
def boolean(v, fill, tell_missing):
    """-1 for false and 1 for true."""
    v, missing = known(v, 0.0)
    if v not in (0, 1):
        raise ValueError("a boolean is neither True nor False")
    return [fill if missing else 2.0 * v - 1.0] + [missing] * tell_missing
''',
    "category": '''
def category(v, categories, tell_missing):
    """1 for the category that it is and 0 for the others."""
    missing = v is None or v != v
    one_hot = [float(not missing and str(v) == c) for c in categories]
    return one_hot + [float(missing)] * tell_missing
''',
    "date": f'''
def date(v, mean, scale, fill, tell_missing):
    """Days since 1970-01-01, standardised, and where they are in the year and the week."""
    v, missing = known(v, fill)
    year, week = 2 * math.pi * v / {DAYS_A_YEAR}, 2 * math.pi * v / {DAYS_A_WEEK}
    waves = [math.sin(year), math.cos(year), math.sin(week), math.cos(week)]
    return [(v - mean) / scale] + waves + [missing] * tell_missing
''',
}

ACTIVATIONS = {
    "sigmoid": """
def sigmoid(z):
    e = math.exp(-abs(z))  # cannot overflow
    return (1.0 if z >= 0 else e) / (1.0 + e)
""",
    "tanh": """
def tanh(z):
    return math.tanh(z)
""",
    "relu": """
def relu(z):
    return max(z, 0.0)
""",
    "leaky_relu": f"""
def leaky_relu(z):
    return z if z > 0 else {LEAK} * z
""",
    "elu": """
def elu(z):
    return z if z > 0 else math.expm1(z)
""",
    "gelu": """
def gelu(z):
    return z * 0.5 * math.erfc(-z / math.sqrt(2.0))
""",
    "softplus": """
def softplus(z):
    return max(z, 0.0) + math.log1p(math.exp(-abs(z)))
""",
    "identity": """
def identity(z):
    return z
""",
}

FORWARD = '''
def outputs(x):
    """The last layer's z for the inputs x."""
    for W, b, g in LAYERS:
        x = [g(sum(w * v for w, v in zip(row, x)) + bias) for row, bias in zip(W, b)]
    return x
'''

PREDICT = {
    "binary_cross_entropy": '''
def predict(row):
    """The label of a row, and the probability of each of the CLASSES."""
    p = sigmoid(outputs(encode(row))[0])
    return {"label": CLASSES[p >= 0.5], "probabilities": [1.0 - p, p]}
''',
    "categorical_cross_entropy": '''
def predict(row):
    """The label of a row, and the probability of each of the CLASSES."""
    z = outputs(encode(row))
    top = max(z)
    e = [math.exp(v - top) for v in z]  # cannot overflow
    total = sum(e)
    p = [v / total for v in e]
    return {"label": CLASSES[p.index(max(p))], "probabilities": p}
''',
    "mean_squared_error": '''
def predict(row):
    """The values of the TARGETS for a row."""
    scaled = zip(outputs(encode(row)), SCALE, MEAN)
    return {"values": [a * scale + mean for a, scale, mean in scaled]}
''',
}


def source(plan: Plan) -> str:
    """The text of the file."""
    hidden = dict.fromkeys([*plan.network.activation, "identity"])
    if plan.network.loss == "binary_cross_entropy":
        hidden["sigmoid"] = None
    functions = [ACTIVATIONS[name] for name in hidden]
    parts = [
        _header(plan),
        _target(plan),
        *kinds_used(plan, {"known": KNOWN} | KINDS),
        _encode(plan),
        *functions,
        _layers(plan),
        FORWARD,
        PREDICT[plan.network.loss],
        _self_test(plan),
    ]
    return "\n\n\n".join(part.strip("\n") for part in parts) + "\n"


def kind(column: Column) -> str:
    """The function that encodes such a column."""
    if isinstance(column, NumericColumn):
        return "number"
    if isinstance(column, BooleanColumn):
        return "boolean"
    return "category" if isinstance(column, CategoryColumn) else "date"


def kinds_used(plan: Plan, functions: dict[str, str]) -> list[str]:
    """The functions of the kinds of columns there are, and `known` where one needs it."""
    used = {kind(column) for column in plan.columns}
    if used - {"category"}:
        used.add("known")
    return [text for name, text in functions.items() if name in used]


def settings(column: Column) -> list[str]:
    """What follows the value in the call that encodes such a column."""
    if isinstance(column, CategoryColumn):
        categories = listed([repr(category) for category in column.categories], "[]", "        ")
        return [categories, repr(column.has_missing)]
    if isinstance(column, BooleanColumn):
        return [number(column.fill), repr(column.has_missing)]
    return [*map(number, (column.mean, column.scale, column.fill)), repr(column.has_missing)]


def explained(columns: Sequence[Column], start: str = "#    ") -> str:
    """A comment line for each column: its name and what it takes."""
    takes = {
        "number": "a number",
        "boolean": "True or False",
        "category": "a text",
        "date": "days since 1970-01-01, with fractions",
    }
    return "\n".join(f"{start}{column.name!r}: {takes[kind(column)]}" for column in columns)


def _header(plan: Plan) -> str:
    return f"""\
# A neural network of {dashed(plan.network.sizes)} neurons. Needs Python 3.9 or newer, nothing else.
# Made by glassnet.
#
#     predict(row)    {_gives(plan)}
#
# A row is a dict with these columns; None or NaN stands for a missing value:
#
{explained(plan.columns)}
#
# Run this file to test it.

import math"""


def _gives(plan: Plan) -> str:
    if plan.classes is None:
        return '{"values": [...]}, in the order of TARGETS'
    return '{"label": ..., "probabilities": [...]}, in the order of CLASSES'


def _target(plan: Plan) -> str:
    target = plan.recipe.target
    if target.classes is not None:
        return f"CLASSES = {listed([repr(value) for value in target.classes])}"
    return (
        f"TARGETS = {listed([repr(name) for name in target.names])}\n"
        f"MEAN = {listed(map(number, target.mean))}\nSCALE = {listed(map(number, target.scale))}"
    )


def _encode(plan: Plan) -> str:
    calls = [
        f"    x += {kind(column)}(row[{column.name!r}], {', '.join(settings(column))})"
        for column in plan.columns
    ]
    start = ["def encode(row):", '    """The inputs of the network."""', "    x = []"]
    return "\n".join([*start, *calls, "    return x"])


def _layers(plan: Plan) -> str:
    numbers = [
        f"W{n} = {matrix(W)}\nb{n} = {vector(b)}" for n, (W, b) in enumerate(plan.layers, start=1)
    ]
    hidden = [*plan.network.activation, "identity"]
    layers = block([f"(W{n}, b{n}, {g})" for n, g in enumerate(hidden, start=1)])
    return "\n".join([*numbers, f"LAYERS = {layers}"])


def _self_test(plan: Plan) -> str:
    row = block([f"{name!r}: {values[0]!r}" for name, values in plan.rows.items()], "{}")
    key = "values" if plan.classes is None else "probabilities"
    return f"""\
ROW = {row}
EXPECTED = {vector(plan.outputs[0])}


if __name__ == "__main__":
    for found, expected in zip(predict(ROW)["{key}"], EXPECTED):
        assert abs(found - expected) <= {plan.slack} * max(1.0, abs(expected)), predict(ROW)
    print("It gives the numbers it was made with.")"""
