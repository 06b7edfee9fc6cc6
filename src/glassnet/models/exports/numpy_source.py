"""The part that sources for PyTorch and Keras share: columns to inputs, outputs to an answer.

It is plain numpy, for many rows at once, so that whoever reads it needs no glassnet.
"""

from __future__ import annotations

from glassnet.data.preprocessing import DAYS_A_WEEK, DAYS_A_YEAR
from glassnet.models.exports.plan import Plan
from glassnet.models.exports.python_source import explained, kind, kinds_used, settings
from glassnet.models.exports.source_text import block, dashed, listed, number

KNOWN = '''
def known(values: Sequence[float | None], fill: float) -> tuple[Array, Array]:
    """The values with the fill where one is missing, and 1 where that is."""
    v = np.asarray(values, dtype=np.float64)  # None becomes NaN
    if np.isinf(v).any():
        raise ValueError("a number is not finite")
    missing = np.isnan(v)
    return np.where(missing, fill, v), missing.astype(np.float64)
'''

KINDS = {
    "number": '''
def number(
    values: Sequence[float | None], mean: float, scale: float, fill: float, tell_missing: bool
) -> list[Array]:
    """A number, standardised."""
    v, missing = known(values, fill)
    return [(v - mean) / scale] + [missing] * tell_missing
''',
    "boolean": '''
def boolean(values: Sequence[bool | None], fill: float, tell_missing: bool) -> list[Array]:
    """-1 for false and 1 for true."""
    v, missing = known(values, 0.0)
    if not np.isin(v, (0, 1)).all():
        raise ValueError("a boolean is neither True nor False")
    return [np.where(missing == 1, fill, 2 * v - 1)] + [missing] * tell_missing
''',
    "category": '''
def category(
    values: Sequence[str | None], categories: Sequence[str], tell_missing: bool
) -> list[Array]:
    """1 for the category that it is and 0 for the others."""
    missing = [v is None or v != v for v in values]
    texts = [None if gone else str(v) for v, gone in zip(values, missing)]
    one_hot = [np.array([text == c for text in texts], np.float64) for c in categories]
    return one_hot + [np.array(missing, np.float64)] * tell_missing
''',
    "date": f'''
def date(
    values: Sequence[float | None], mean: float, scale: float, fill: float, tell_missing: bool
) -> list[Array]:
    """Days since 1970-01-01, standardised, and where they are in the year and the week."""
    v, missing = known(values, fill)
    year, week = 2 * np.pi * v / {DAYS_A_YEAR}, 2 * np.pi * v / {DAYS_A_WEEK}
    waves = [np.sin(year), np.cos(year), np.sin(week), np.cos(week)]
    return [(v - mean) / scale, *waves] + [missing] * tell_missing
''',
}

ANSWER = {
    "binary_cross_entropy": '''
def answer(a: Array) -> dict[str, object]:
    """The labels of outputs a (n, 1), and the probability of each of the CLASSES, (n, 2)."""
    p = np.concatenate([1 - a, a], axis=1)
    return {"labels": [CLASSES[i] for i in (a[:, 0] >= 0.5).astype(int)], "probabilities": p}
''',
    "categorical_cross_entropy": '''
def answer(a: Array) -> dict[str, object]:
    """The labels of outputs a (n, n_classes), and a: the probability of each of the CLASSES."""
    return {"labels": [CLASSES[i] for i in a.argmax(axis=1)], "probabilities": a}
''',
    "mean_squared_error": '''
def answer(a: Array) -> dict[str, object]:
    """Outputs a (n, n_targets) as values of the TARGETS."""
    return {"values": a.astype(np.float64) * SCALE + MEAN}
''',
}


def header(plan: Plan, needs: str, weights: str, imports: str) -> str:
    """Comments, imports and what the outputs mean."""
    gives = '{"labels": [...], "probabilities": (n, n_classes)}, in the order of CLASSES'
    if plan.classes is None:
        gives = '{"values": (n, n_targets)}, in the order of TARGETS'
    return f"""\
# A neural network of {dashed(plan.network.sizes)} neurons. Needs {needs}.
# Made by glassnet. Its weights are in the file WEIGHTS, which must stay beside this one.
#
#     net = load()
#     predict(net, columns)    {gives}
#
# Columns are a dict, or a data frame, of these; None or NaN stands for a missing value:
#
{explained(plan.columns)}
#
# Run this file to test it.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

{imports}

Array = np.ndarray[Any, Any]

WEIGHTS = Path(__file__).with_name({weights!r})
{_target(plan)}"""


def _target(plan: Plan) -> str:
    target = plan.recipe.target
    if target.classes is not None:
        return f"CLASSES = {listed([repr(value) for value in target.classes])}"
    return (
        f"TARGETS = {listed([repr(name) for name in target.names])}\n"
        f"MEAN = np.array({listed(map(number, target.mean))})\n"
        f"SCALE = np.array({listed(map(number, target.scale))})"
    )


def encode(plan: Plan) -> str:
    """The functions that turn columns into the inputs of the network."""
    calls = [
        f"        *{kind(column)}(columns[{column.name!r}], {', '.join(settings(column))}),"
        for column in plan.columns
    ]
    lines = [
        "def encode(columns: Mapping[str, Sequence[Any]]) -> Array:",
        '    """The inputs of the network, (n, n_features)."""',
        "    features = [",
        *calls,
        "    ]",
        f"    return np.stack(features, axis=1).astype(np.{plan.model.dtype})",
    ]
    functions = [text.strip("\n") for text in kinds_used(plan, {"known": KNOWN} | KINDS)]
    return "\n\n\n".join([*functions, "\n".join(lines)])


def self_test(plan: Plan) -> str:
    """The rows and the outputs they must give, and a test of both."""
    cells = [f"{name!r}: {listed(map(repr, values[:2]))}" for name, values in plan.rows.items()]
    key = "values" if plan.classes is None else "probabilities"
    expected = block([listed(map(number, row), "[]", "    ") for row in plan.outputs[:2]])
    return f"""\
COLUMNS: dict[str, list[Any]] = {block(cells, "{}")}
EXPECTED = {expected}


if __name__ == "__main__":
    found = predict(load(), COLUMNS)[{key!r}]
    np.testing.assert_allclose(found, EXPECTED, rtol={plan.slack}, atol={plan.slack})
    print("It gives the numbers it was made with.")"""
