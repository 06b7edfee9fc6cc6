"""The one exception that means: what was asked for is wrong; and checks of single settings."""

from __future__ import annotations

import math
from numbers import Real
from operator import index
from typing import Any


class InputError(ValueError):
    """Raised for a wrong request or wrong data, with one sentence: what, where, what to do."""


def shown(value: Any, most: int = 80) -> str:
    """Return how a sentence quotes a value: its repr, cut to so many characters."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # a repr of the user's own
        text = f"a {type(value).__name__}"
    return text if len(text) <= most else f"{text[: most - 3]}..."


def whole_number(name: str, value: Any, least: int) -> int:
    """`value` as an int. Raises InputError unless it is a whole number from `least`."""
    try:
        # `index` takes every kind of whole number and refuses 2.5, "2" and None.
        number = index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise InputError(f"{name} must be a whole number from {least}, not {value!r}.")
    return number


def finite_number(name: str, value: Any, least: float = -math.inf) -> None:
    """Raise InputError unless `value` is a finite number from `least`."""
    try:
        number = float(value) if isinstance(value, Real) else math.nan
    except OverflowError:  # a whole number of more than 308 digits
        number = math.inf
    if not (math.isfinite(number) and least <= number):
        bound = "" if least == -math.inf else f" from {least:g}"
        raise InputError(f"{name} must be a finite number{bound}, not {value!r:.60}.")
