"""The confusion matrix: which class was taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from glassnet.core.parameters import Array
from glassnet.errors import InputError, types_checked
from glassnet.pictures.colours import blue_and_vermilion, luminance
from glassnet.pictures.display import Display, axes_or_new, caption, headline, inches
from glassnet.pictures.inputs import numbers, shown_names

SMALLEST_TEXT = 4.0  # points; below, a number would not be read
LARGEST_TEXT = 11.0
LETTER = 0.085  # inches that a letter of a name takes, about


@dataclass(eq=False)
class ConfusionDisplay(Display):
    """A drawn confusion matrix.

    Parameters
    ----------
    ax_ : Axes
        Where it is drawn.
    matrix : array of shape (n_classes, n_classes)
        Rows of data by true class (rows) and predicted class (columns).
    shares : array of shape (n_classes, n_classes)
        Their share of the true class, nan where a class has no rows.
    """

    matrix: np.ndarray
    shares: Array


@types_checked
def confusion_matrix(
    matrix: ArrayLike,
    names: Sequence[object] | None = None,
    *,
    title: str | None = None,
    ax: Axes | None = None,
) -> ConfusionDisplay:
    """Draw a confusion matrix, such as `metrics.confusion_matrix` gives.

    Rows are the true classes and columns the predicted ones. Each cell says how many rows of data
    it counts and, where there is room, their share of its true class; the tint grows with that
    share, blue where the prediction is right and vermilion where it is wrong. Cells that count
    nothing are left empty.

    Parameters
    ----------
    matrix : array of shape (n_classes, n_classes)
        The counts.
    names : sequence, optional
        Names of the classes.
    title : str, optional
        The title.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    ConfusionDisplay
        The drawn picture.

    Raises
    ------
    InputError
        Unless the matrix is square, finite and not negative, with a name a class.
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
    drawing = _Drawing.of(ax, labels)
    ax = drawing.ax
    ax.imshow(_tints(shares, ax), aspect="equal", interpolation="nearest")
    drawing.name_classes()
    drawing.separate_cells()
    drawing.write(counts, shares)
    ax.set(xlabel="predicted", ylabel="true")
    headline(ax, title or _title(counts))
    caption(ax, "tint and %: share of the true class (the row)")
    return ConfusionDisplay(ax, np.asarray(matrix), shares)


def _title(counts: Array) -> str:
    if not counts.any():
        return "Nothing was counted"
    return f"{_share(np.trace(counts) / counts.sum())} of {counts.sum():,.10g} right"


def _tints(shares: Array, ax: Axes) -> Array:
    """Paper where nothing was counted, then towards the colour, quickly at first."""
    paper = np.array(mpl.colors.to_rgb(ax.get_facecolor()))
    right, wrong = (np.array(mpl.colors.to_rgb(colour)) for colour in blue_and_vermilion(ax))
    colour = np.where(np.eye(len(shares), dtype=bool)[..., np.newaxis], right, wrong)
    depth = 0.9 * np.sqrt(np.nan_to_num(shares))[..., np.newaxis]  # small errors must be seen
    return paper + depth * (colour - paper)


@dataclass(frozen=True, eq=False)
class _Drawing:
    """A matrix being drawn: its axes, the names of its classes, and the side of a cell."""

    ax: Axes
    labels: list[str]
    cell: float  # inches

    @classmethod
    def of(cls, ax: Axes | None, labels: list[str]) -> _Drawing:
        """In axes of a new figure that leaves room for the names, or in those given."""
        n = len(labels)
        margin = LETTER * max(map(len, labels))
        if ax is not None:
            return cls(ax, labels, max(min(inches(ax)) - margin, 0.1) / n)
        cell = min(max(6.5 / n, 0.42), 1.05)
        below = 0.2 if margin < cell else margin
        figure = (max(n * cell + margin + 0.8, 4), n * cell + below + 1.3)
        return cls(axes_or_new(None, *figure), labels, cell)

    @property
    def upright(self) -> bool:
        """Whether the names below the columns have no room side by side."""
        return LETTER * max(map(len, self.labels)) > self.cell

    def name_classes(self) -> None:
        """A name for every row and column, in letters no higher than a cell."""
        places = np.arange(len(self.labels))
        self.ax.set_xticks(places, self.labels, rotation=90 if self.upright else 0)
        self.ax.set_yticks(places, self.labels)
        self.ax.tick_params(length=0, labelsize=min(9, 60 * self.cell))

    def separate_cells(self) -> None:
        """Lines of the paper's colour between the cells, and a frame."""
        edges = np.arange(len(self.labels) - 1) + 0.5
        self.ax.set_xticks(edges, minor=True)
        self.ax.set_yticks(edges, minor=True)
        self.ax.tick_params(which="minor", length=0)
        self.ax.grid(visible=False, which="major")
        self.ax.grid(which="minor", color=self.ax.get_facecolor(), linewidth=2 * self.cell)
        self.ax.spines[:].set_color("grey")

    def write(self, counts: Array, shares: Array) -> None:
        """Counts, and below them the shares where two lines fit."""
        points = 72 * self.cell
        longest = max(len(_count(counts.max())), 5)
        size = min(LARGEST_TEXT, points / (0.68 * longest))
        if size < SMALLEST_TEXT:
            return
        two_lines = size >= 6.5
        tints = _tints(shares, self.ax)
        for i, j in np.argwhere(counts > 0):
            text = _count(counts[i, j]) + f"\n{_share(shares[i, j])}" * two_lines
            ink = "black" if luminance(tints[i, j]) > 0.5 else "white"
            drawn = self.ax.text(j, i, text, ha="center", va="center", fontsize=size, color=ink)
            drawn.set_in_layout(False)  # it stands within the axes; to measure it would take long


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
