"""The one exception that means: what was asked for is wrong; and checks of single settings."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real
from operator import index
from pathlib import Path
from types import NoneType
from typing import Any

import numpy as np


class InputError(ValueError):
    """Raised for a wrong request or wrong data, with one sentence: what, where, what to do."""


def shown(value: Any, most: int = 80) -> str:
    """Return how a sentence quotes a value: its repr, cut to so many characters."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # a repr of the user's own
        text = f"a {type(value).__name__}"
    return text if len(text) <= most else f"{text[: most - 3]}..."


def given(value: Any) -> str:
    """Return how a sentence names what was given: numbers and texts as they are, else the type."""
    if value is None or isinstance(value, str | bool | int | float):
        return shown(value)
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


def instance_of(name: str, value: Any, *types: type, example: str = "") -> None:
    """Raise InputError unless `value` is of one of the types."""
    if not isinstance(value, types):
        wanted = " or ".join("None" if t is NoneType else t.__name__ for t in types)
        such = f" such as {example}" if example else ""
        raise InputError(f"{name} must be of the type {wanted}{such}, not {given(value)}.")


def one_of(name: str, value: Any, choices: Iterable[str]) -> None:
    """Raise InputError unless `value` is one of the texts."""
    known = list(choices)
    if not (isinstance(value, str) and value in known):
        raise InputError(f"Unknown {name} {given(value)}: choose one of {', '.join(known)}.")


def numbers_of(name: str, value: Any) -> np.ndarray:
    """Return `value` as an array of float64. Raises InputError unless it holds numbers."""
    try:
        array: np.ndarray = np.asarray(value, np.float64)
    except (TypeError, ValueError, NotImplementedError):
        raise InputError(f"{name} must be numbers, not {given(value)}.") from None
    return array


def path_of(name: str, value: Any) -> Path:
    """Return `value` as a path. Raises InputError unless it names a file or a folder."""
    try:
        return Path(value)
    except TypeError:
        raise InputError(
            f"{name} must be the name of a file or folder, not {given(value)}."
        ) from None


def whole_number(name: str, value: Any, least: int) -> int:
    """`value` as an int. Raises InputError unless it is a whole number from `least`."""
    try:
        # `index` takes every kind of whole number and refuses 2.5, "2" and None.
        number = index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise InputError(f"{name} must be a whole number from {least}, not {given(value)}.")
    return number


def finite_number(name: str, value: Any, least: float = -math.inf) -> None:
    """Raise InputError unless `value` is a finite number from `least`."""
    try:
        number = float(value) if isinstance(value, Real) else math.nan
    except OverflowError:  # a whole number of more than 308 digits
        number = math.inf
    if not (math.isfinite(number) and least <= number):
        bound = "" if least == -math.inf else f" from {least:g}"
        raise InputError(f"{name} must be a finite number{bound}, not {given(value)}.")
