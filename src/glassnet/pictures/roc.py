"""The receiver operating characteristic: true against false positives at every threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from glassnet.core import metrics
from glassnet.core.metrics import RocPoints
from glassnet.core.parameters import Array
from glassnet.errors import types_checked
from glassnet.pictures.colours import OKABE_ITO, blue_and_vermilion
from glassnet.pictures.display import (
    DASHED,
    Display,
    axes_or_new,
    caption,
    headline,
    legend_beside,
    tidy,
)
from glassnet.pictures.inputs import probabilities, row_weight, shown_names

MOST_COLOURED = len(OKABE_ITO)  # classes told apart by colour
WORST_NAMED = 5  # of more classes than that
GRID = 1000  # points closer than the thousandth part of the axes are drawn once


@dataclass(eq=False)
class RocDisplay(Display):
    """Drawn ROC curves.

    Parameters
    ----------
    ax_ : Axes
        Where they are drawn.
    points : list of RocPoints
        By class, that of class 1 alone for two classes.
    areas : array of shape (n_curves,)
        The areas under them, nan where a curve is not defined.
    """

    points: list[RocPoints]
    areas: Array


@types_checked
def roc_curve(
    y: ArrayLike,
    probability: ArrayLike,
    names: Sequence[object] | None = None,
    weight: ArrayLike | None = None,
    *,
    title: str | None = None,
    ax: Axes | None = None,
) -> RocDisplay:
    """Draw how many of a class are found against how many of the others are taken for it.

    Each of three or more classes has a curve against the rest; of more than eight the five with
    the least area are coloured, the others grey. A class without rows, or with all of them, has
    none. The areas are those of `metrics.roc_auc`.

    Parameters
    ----------
    y : array of shape (n,)
        Class numbers.
    probability : array of shape (n,), (n, 1) or (n, n_classes)
        That of class 1, or of each class.
    names : sequence, optional
        Names of the classes.
    weight : array of shape (n,), optional
        What each row counts.
    title : str, optional
        The title.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    RocDisplay
        The drawn picture.

    Raises
    ------
    InputError
        If class numbers, probabilities and names do not fit.
    """
    labels, shares = probabilities(y, probability)
    n_classes = shares.shape[1]
    shown = shown_names(names, n_classes, "class")
    weights = row_weight(weight, len(labels))
    classes = [1] if n_classes == 2 else list(range(n_classes))
    points = [metrics.roc_points(labels == k, shares[:, k], weights) for k in classes]
    areas = np.array(
        [metrics.roc_auc((labels == k).astype(int), shares[:, k], weights) for k in classes]
    )
    legend = 0 if n_classes == 2 else 1.2 + 0.075 * max(map(len, shown))
    ax = axes_or_new(ax, 5 + legend, 5)
    tidy(ax)
    ax.plot([0, 1], [0, 1], color="grey", linewidth=1, linestyle=DASHED)
    _draw_curves(ax, points, areas, [shown[k] for k in classes])
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel="false positive rate")
    ax.set(ylabel="true positive rate")
    ax.set_box_aspect(1)
    headline(ax, title or _title(areas))
    if n_classes == 2:
        text = f"positive: {shown[1]}; dashed: by chance"
    else:
        text = "each class against the rest; dashed: by chance"
        legend_beside(ax)
    caption(ax, text)
    return RocDisplay(ax, points, areas)


def _draw_curves(ax: Axes, points: list[RocPoints], areas: Array, names: list[str]) -> None:
    """The worst last, so that it lies on top; of many classes only the worst with a colour."""
    drawn = [k for k in np.argsort(-areas) if not np.isnan(areas[k])]
    coloured = drawn if len(names) <= MOST_COLOURED else drawn[-WORST_NAMED:]
    for k in drawn:
        false, true = _thinned(points[k].false_positive_rate, points[k].true_positive_rate)
        if k not in coloured:
            ax.plot(false, true, color="grey", linewidth=1, alpha=0.6)
            continue
        place = k if len(names) <= MOST_COLOURED else coloured.index(k)
        colour = OKABE_ITO[place] if len(names) > 1 else blue_and_vermilion(ax)[0]
        ax.plot(false, true, color=colour, linewidth=2, label=f"{names[k]}  {areas[k]:.4f}")
    if len(coloured) < len(drawn):
        rest = len(drawn) - len(coloured)
        ax.plot([], [], color="grey", linewidth=1, label=f"{rest} better ones")
    for k in np.flatnonzero(np.isnan(areas)):
        ax.plot([], [], color="none", label=f"{names[k]}  not defined")


def _title(areas: Array) -> str:
    if np.isnan(areas).all():
        return "ROC: not defined, y holds one class only"
    mean = "" if len(areas) == 1 else "mean "
    return f"ROC: {mean}area {np.nanmean(areas):.4f}"


def _thinned(false: Array, true: Array) -> tuple[Array, Array]:
    """The curve without points that would be drawn on top of their neighbours."""
    place = np.rint(GRID * np.column_stack([false, true]))
    moved = (np.diff(place, axis=0) != 0).any(axis=1)
    keep = np.concatenate([[True], moved])
    keep[-1] = True
    return false[keep], true[keep]
