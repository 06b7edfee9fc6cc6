"""The confusion matrix: which class was taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from glassnet.errors import InputError
from glassnet.parameters import Array
from glassnet.pictures.colours import NEGATIVE, POSITIVE
from glassnet.pictures.display import Display, axes_or_new, caption, inches
from glassnet.pictures.inputs import numbers, shown_names

SMALLEST_TEXT = 4.0  # points; below, a number would not be read
LARGEST_TEXT = 12.0


@dataclass(eq=False)
class ConfusionDisplay(Display):
    """A drawn confusion matrix: `matrix` (n_classes, n_classes), true classes as rows, and
    `shares` of each row, nan where a class has no rows.
    """

    matrix: np.ndarray
    shares: Array


def confusion_matrix(
    matrix: ArrayLike,
    names: Sequence[object] | None = None,
    *,
    title: str | None = None,
    ax: Axes | None = None,
) -> ConfusionDisplay:
    """Draw a confusion matrix (n_classes, n_classes), such as `metrics.confusion_matrix` gives.

    Rows are the true classes and columns the predicted ones. Each cell says how many rows of data
    it counts and, where there is room, their share of its true class; the tint grows with that
    share, blue where the prediction is right and vermilion where it is wrong. Cells that count
    nothing are left empty.

    Raises InputError unless the matrix is square, finite and not negative, with a name per class.
    """
    counts = numbers(matrix, "A confusion matrix", 2)
    n = len(counts)
    if counts.shape != (n, n) or counts.min() < 0:
        raise InputError(
            f"A confusion matrix is square and counts from 0, but this is {counts.shape} and "
            f"its least value {counts.min():g}."
        )
    labels = shown_names(names, n, "class")
    rows = counts.sum(axis=1, keepdims=True)
    shares = counts / np.where(rows > 0, rows, np.nan)
    side = min(max(0.75 * n, 2.4), 11)
    ax = axes_or_new(ax, side + 2.4, side + 1.6)
    ax.imshow(_tints(shares, ax), aspect="equal", interpolation="nearest")
    ax.set_xticks(np.arange(n), labels, rotation=0 if _fit_side_by_side(labels, ax) else 90)
    ax.set_yticks(np.arange(n), labels)
    ax.tick_params(length=0, labelsize=min(10, max(5, 72 * _cell(ax, n) * 0.6)))
    ax.set_xticks(np.arange(n - 1) + 0.5, minor=True)
    ax.set_yticks(np.arange(n - 1) + 0.5, minor=True)
    ax.grid(which="minor", color=ax.get_facecolor(), linewidth=min(2, 24 / n))
    ax.grid(visible=False, which="major")
    ax.tick_params(which="minor", length=0)
    ax.spines[:].set_color("grey")
    _write(ax, counts, shares)
    ax.set(xlabel="predicted", ylabel="true")
    right = np.trace(counts) / counts.sum() if counts.any() else np.nan
    ax.set_title(title or f"Confusion matrix: {_share(right)} of {_count(counts.sum())} right")
    caption(ax, "tint and percentages: share of the true class, the row", _room(labels, ax))
    return ConfusionDisplay(ax, np.asarray(matrix), shares)


def _tints(shares: Array, ax: Axes) -> Array:
    """Paper where nothing was counted, then towards the colour, quickly at first."""
    paper = np.array(mpl.colors.to_rgb(ax.get_facecolor()))
    right, wrong = (np.array(mpl.colors.to_rgb(colour)) for colour in (POSITIVE, NEGATIVE))
    colour = np.where(np.eye(len(shares), dtype=bool)[..., np.newaxis], right, wrong)
    depth = 0.9 * np.sqrt(np.nan_to_num(shares))[..., np.newaxis]  # small errors must be seen
    tints: Array = paper + depth * (colour - paper)
    return tints


def _cell(ax: Axes, n: int) -> float:
    """Inches of a cell's side, about: labels take some of the place."""
    return 0.85 * min(inches(ax)) / n


def _fit_side_by_side(labels: list[str], ax: Axes) -> bool:
    return max(map(len, labels)) * 0.085 < _cell(ax, len(labels))


def _room(labels: list[str], ax: Axes) -> float:
    """Points that the labels below the matrix take, with the name of the axis."""
    return 32 if _fit_side_by_side(labels, ax) else 30 + 6.2 * max(map(len, labels))


def _write(ax: Axes, counts: Array, shares: Array) -> None:
    """Counts, and below them the shares where two lines fit."""
    points = 72 * _cell(ax, len(counts))
    longest = max(len(_count(counts.max())), 4)
    size = min(LARGEST_TEXT, points / (0.75 * longest))
    if size < SMALLEST_TEXT:
        return
    with_shares = points >= 3.2 * size and size >= 6
    tints = _tints(shares, ax)
    for i, j in np.argwhere(counts > 0):
        text = _count(counts[i, j]) + f"\n{_share(shares[i, j])}" * with_shares
        ink = "black" if tints[i, j] @ (0.299, 0.587, 0.114) > 0.5 else "white"
        ax.text(j, i, text, ha="center", va="center", fontsize=size, color=ink)


def _count(value: float) -> str:
    if value < 1e5:
        return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"
    return f"{value / 1e3:,.0f}k" if value < 1e6 else f"{value / 1e6:,.1f}M"


def _share(value: float) -> str:
    """A percentage that says 100 only of everything and 0 only of nothing."""
    percent = 100 * value
    digits = 0 if percent == round(percent) else 1
    text = f"{percent:.{digits}f}%"
    if value < 1 and text.startswith("100"):
        return ">99.9%"
    return "<0.1%" if value > 0 and text == "0.0%" else text
