"""Checks of what users give to be drawn: numbers, class numbers and names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from glassnet.core.parameters import Array
from glassnet.errors import InputError

LONGEST_NAME = 24  # characters of a name that are shown
NOT_SHOWN = "\N{REPLACEMENT CHARACTER}"


def numbers(values: ArrayLike, name: str, ndim: int) -> Array:
    """The values as float64. Raises InputError unless they are finite and of `ndim` dimensions."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must be an array of numbers ({error!s:.80}).") from None
    if array.ndim != ndim or array.size == 0:
        raise InputError(
            f"{name} must be an array of {ndim} dimensions that is not empty, not {array.shape}."
        )
    if not np.isfinite(array).all():
        raise InputError(f"{name} must be finite: remove or replace what is not a number.")
    return array


def column(values: ArrayLike, name: str) -> Array:
    """The values as float64 (n,), given as that or as (n, 1). Raises InputError if they are not."""
    if np.ndim(values) == 2 and np.shape(values)[1] == 1:
        values = np.reshape(values, -1)
    return numbers(values, name, 1)


def probabilities(y: ArrayLike, probability: ArrayLike) -> tuple[np.ndarray, Array]:
    """Class numbers (n,) and the probability of every class (n, n_classes), two classes at least.

    A probability of one column is that of class 1. Raises InputError where they do not fit.
    """
    shares = numbers(probability, "probability", 2 if np.ndim(probability) == 2 else 1)
    if shares.ndim == 1 or shares.shape[1] == 1:
        shares = np.column_stack([1 - shares.ravel(), shares.ravel()])
    if shares.min() < 0 or shares.max() > 1:
        raise InputError(
            f"Probabilities are from 0 to 1, not {shares.min():g} to {shares.max():g}."
        )
    labels = column(y, "y")
    if labels.shape != shares.shape[:1]:
        raise InputError(
            f"y must hold one class number per row of the probabilities, {len(shares)}, "
            f"but has shape {labels.shape}."
        )
    if labels.min() < 0 or labels.max() >= shares.shape[1] or (labels != np.floor(labels)).any():
        raise InputError(f"y must hold class numbers from 0 to {shares.shape[1] - 1}.")
    return labels.astype(np.intp), shares


def row_weight(weight: ArrayLike | None, n_rows: int) -> Array | None:
    """Weights (n_rows,), or None. Raises InputError unless there is one from 0 for each row."""
    if weight is None:
        return None
    checked = column(weight, "weight")
    if len(checked) != n_rows or checked.min() < 0:
        raise InputError(
            f"There must be one weight from 0 for each of {n_rows} rows, but there are "
            f"{len(checked)} and the least is {checked.min():g}."
        )
    return checked


def shown_names(names: Sequence[object] | None, n: int, what: str) -> list[str]:
    """Names fit to be drawn: long ones shortened; numbered from 0 as "WHAT 3" where none is given.

    Raises InputError unless there are n of them.
    """
    if names is None:
        return [f"{what} {k}" for k in range(n)]
    if len(names) != n:
        raise InputError(f"There are {n} of {what}, so give {n} names, not {len(names)}.")
    return [shown_name(name) for name in names]


def shown_name(name: object, longest: int = LONGEST_NAME) -> str:
    """A name in one line of at most `longest` characters, none of which matplotlib takes for maths.

    Control characters, which no font has, are drawn as the sign for what cannot be shown.
    """
    text = "".join(c if c.isprintable() else NOT_SHOWN for c in " ".join(str(name).split()))
    if len(text) > longest:
        text = text[: longest - 1].rstrip() + "…"
    text = text.replace("$", r"\$")
    return "\u200b" + text if text.startswith("_") else text  # or no legend would show it
