"""Source text from templates in the target's language, and numbers as its literals.

A template in templates/ is filled in with a `Plan`. Texts of the user stand in a source only as
the language's `literal` writes them, so that they can end neither a text nor a comment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.core.activations import LEAK
from glassnet.core.parameters import Array
from glassnet.data.preprocessing import (
    DAYS_A_WEEK,
    DAYS_A_YEAR,
    CategoryColumn,
    Column,
    NumericColumn,
)
from glassnet.models.exports.plan import Plan, kind
from glassnet.storage.templates import templates

if TYPE_CHECKING:
    from glassnet.storage.templates import Environment

TEMPLATES = Path(__file__).with_name("templates")
ON_A_LINE = 4


def source(
    template: str,
    plan: Plan,
    literal: Callable[[Any], str],
    settings: Callable[..., list[str]],
    **context: Any,
) -> str:
    """Return a template filled in with a plan.

    `literal` writes a text or a class, `settings` what follows the value in the call that encodes
    a column.
    """
    return (
        _environment(literal, settings)
        .get_template(template)
        .render(
            plan=plan,
            network=plan.network,
            target=plan.recipe.target,
            kinds=plan.kinds,
            needs_known=plan.kinds != {"category"},
            LEAK=LEAK,
            DAYS_A_WEEK=DAYS_A_WEEK,
            DAYS_A_YEAR=DAYS_A_YEAR,
            **context,
        )
    )


@cache
def _environment(literal: Callable[[Any], str], settings: Callable[..., list[str]]) -> Environment:
    made = templates(TEMPLATES)
    functions = (block, dashed, kind, listed, matrix, vector)
    made.filters |= {function.__name__: function for function in functions}
    made.filters |= {"literal": literal, "settings": settings}
    return made


def number(value: float) -> str:
    """The shortest decimal that is exactly this float64, in Python, C and JavaScript alike."""
    return repr(float(value))


def further(column: Column, flag: Callable[[bool], str]) -> list[str]:
    """Return the last arguments of the call that encodes a column; none where all are as usual."""
    if isinstance(column, CategoryColumn):
        given = [flag(column.others), flag(column.ordered)]
        return given if column.others or column.ordered else []
    if isinstance(column, NumericColumn) and (column.limit or column.knots):
        return [number(column.limit), vector(column.knots, "[]", "        ")]
    return []


def listed(items: Iterable[str], brackets: str = "[]", indent: str = "") -> str:
    """[a, b, c], or over several lines with some items on each."""
    items = list(items)
    lines = [", ".join(items[i : i + ON_A_LINE]) for i in range(0, len(items), ON_A_LINE)]
    if len(lines) <= 1:
        return f"{brackets[0]}{''.join(lines)}{brackets[1]}"
    return block(lines, brackets, indent)


def block(items: Sequence[str], brackets: str = "[]", indent: str = "") -> str:
    """One item a line between brackets."""
    body = "".join(f"{indent}    {item},\n" for item in items)
    return f"{brackets[0]}\n{body}{indent}{brackets[1]}"


def vector(values: Iterable[float], brackets: str = "[]", indent: str = "") -> str:
    """Numbers (n,) as source text."""
    return listed((number(value) for value in values), brackets, indent)


def matrix(W: Array, brackets: str = "[]") -> str:
    """An array (n_out, n_in) as source text, a list of its rows."""
    rows = [vector(row, brackets, "    ") for row in np.asarray(W)]
    return block(rows, brackets)


def dashed(sizes: Sequence[int]) -> str:
    """2-3-3-1."""
    return "-".join(map(str, sizes))
