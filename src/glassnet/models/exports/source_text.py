"""Numbers as source text: literals that give the same digits back, some on a line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from glassnet.core.parameters import Array

ON_A_LINE = 4


def number(value: float) -> str:
    """The shortest decimal that is exactly this float64, in Python, C and JavaScript alike."""
    return repr(float(value))


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


def vector(values: Array, brackets: str = "[]") -> str:
    """An array (n,) as source text."""
    return listed((number(value) for value in values), brackets)


def matrix(W: Array, brackets: str = "[]") -> str:
    """An array (n_out, n_in) as source text, a list of its rows."""
    rows = [listed((number(value) for value in row), brackets, "    ") for row in np.asarray(W)]
    return block(rows, brackets)


def dashed(sizes: Sequence[int]) -> str:
    """2-3-3-1."""
    return "-".join(map(str, sizes))
