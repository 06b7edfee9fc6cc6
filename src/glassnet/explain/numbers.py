"""How numbers are written, and how much of a long layer is shown."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from glassnet.explain.steps import Equation, Quantity

ALL_DIGITS = 17  # significant digits that tell every float64 from its neighbours
LONGEST = 8  # rows, columns or terms that are shown whole
FIRST = 4  # of more, so many at the beginning are shown, and the last
COPIED = 2000  # numbers of one quantity whose digits are all given, abridged or not


def written(value: float, digits: int) -> str:
    """The value with that many significant digits; from 17 on, such that it reads back exactly."""
    value = float(value)
    text = repr(value) if digits >= ALL_DIGITS else f"{value:.{digits}g}"
    if digits < ALL_DIGITS and value == 0:
        return "0"
    return text.removesuffix(".0")


def latex_number(text: str) -> str:
    r"""A written number in LaTeX: 1.5e-05 becomes 1.5 \cdot 10^{-5}."""
    if "inf" in text or "nan" in text:
        return text.replace("inf", r"\infty").replace("nan", r"\text{nan}")
    mantissa, _, exponent = text.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else mantissa


def shown(length: int, full: bool) -> list[int]:
    """Which of so many rows, columns or terms are shown: all, or the first few and the last."""
    if full or length <= LONGEST:
        return list(range(length))
    return [*range(FIRST), length - 1]


def shown_block(values: np.ndarray, full: bool) -> tuple[list[int], list[int]]:
    """The rows and columns of a matrix that are shown."""
    rows, columns = values.shape
    return shown(rows, full), shown(columns, full)


def shown_cells(
    values: np.ndarray, full: bool, write: Callable[[float], str], across: str, down: str
) -> list[list[str]]:
    """The numbers of a matrix that are shown, written, with dots for those that are not."""
    rows, columns = shown_block(values, full)
    cells = [[write(value) for value in values[row, columns]] for row in rows]
    if len(columns) < values.shape[1]:
        cells = [[*row[:-1], across, row[-1]] for row in cells]
    if len(rows) < values.shape[0]:
        cells.insert(-1, [down] * len(cells[0]))
    return cells


def n_hidden(quantity: Quantity, full: bool) -> int:
    """How many numbers of a quantity are not shown."""
    if quantity.values.ndim == 0:
        return 0
    rows, columns = shown_block(quantity.values, full)
    return quantity.values.size - len(rows) * len(columns)


def hidden_in(equation: Equation, full: bool) -> int:
    """How many numbers of an equation are not shown."""
    quantities = (equation.result, *equation.inputs.values())
    return sum(n_hidden(quantity, full) for quantity in quantities)


def copied_block(quantity: Quantity, full: bool) -> tuple[list[int], list[int]]:
    """The rows and columns whose digits are all given: everything unless it is very long."""
    return shown_block(quantity.values, full or quantity.values.size <= COPIED)


def is_cut(quantity: Quantity, full: bool) -> bool:
    """Whether some digits of a quantity are not given at all."""
    return not full and quantity.values.size > COPIED and n_hidden(quantity, full) > 0


def every_digit(values: np.ndarray) -> list[list[float | str]] | float | str:
    """The values as nested lists of floats; what is not finite as text, for JSON has no such."""
    if values.ndim == 0:
        return _exact(float(values))
    return [[_exact(value) for value in row] for row in values.tolist()]


def _exact(value: float) -> float | str:
    return value if math.isfinite(value) else repr(value)
