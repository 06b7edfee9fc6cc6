"""Calibration: whether what is predicted with 80 percent comes true in 80 of 100 cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from glassnet.core import metrics
from glassnet.core.metrics import Bins, Calibration
from glassnet.core.parameters import Array
from glassnet.errors import types_checked, whole_number
from glassnet.pictures.colours import blue_and_vermilion
from glassnet.pictures.display import DASHED, Display, axes_or_new, caption, headline, split, tidy
from glassnet.pictures.inputs import probabilities, row_weight, shown_names


@dataclass(eq=False)
class CalibrationDisplay(Display):
    """A drawn reliability diagram.

    Parameters
    ----------
    ax_ : Axes
        Where the diagram is drawn.
    bins : Calibration
        What each bin holds.
    brier : float
        The Brier score.
    ax_histogram_ : Axes
        Where the histogram is drawn.
    """

    bins: Calibration
    brier: float
    ax_histogram_: Axes


@types_checked
def calibration(
    y: ArrayLike,
    probability: ArrayLike,
    names: Sequence[object] | None = None,
    weight: ArrayLike | None = None,
    *,
    n_bins: int = 10,
    bins: Bins = "width",
    title: str | None = None,
    ax: Axes | None = None,
) -> CalibrationDisplay:
    """Draw how often predictions came true over the probability they were made with.

    Of two classes it is the probability of class 1; of more, that of the predicted class, its
    confidence. Vertical bars are 95 percent intervals, the histogram below counts the rows by
    probability.

    Parameters
    ----------
    y : array of shape (n,)
        Class numbers.
    probability : array of shape (n,), (n, 1) or (n, n_classes)
        The probabilities.
    names : sequence, optional
        Names of the classes.
    weight : array of shape (n,), optional
        What each row counts.
    n_bins : int
        How many bins.
    bins : {"width", "count"}
        Bins of equal width, or of equally many rows.
    title : str, optional
        The title.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    CalibrationDisplay
        The drawn picture.

    Raises
    ------
    InputError
        If class numbers, probabilities and names do not fit.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks" (2017); intervals:
    Wilson (1927).
    """
    labels, shares = probabilities(y, probability)
    whole_number("n_bins", n_bins, 1)
    n_classes = shares.shape[1]
    shown = shown_names(names, n_classes, "class")
    if n_classes == 2:
        came_true, promised = labels == 1, shares[:, 1]
        axis = f"predicted probability of {shown[1]}"
    else:
        came_true, promised = shares.argmax(axis=1) == labels, shares.max(axis=1)
        axis = "probability of the predicted class"
    weights = row_weight(weight, len(labels))
    found = metrics.calibration(came_true, promised, weights, n_bins, bins)
    brier = metrics.brier_score(labels, shares, weights)
    ax, below = split(axes_or_new(ax, 5.2, 6), [3.4, 1])
    _draw_reliability(ax, found)
    headline(ax, title or f"Calibration: error {found.error:.4f}, Brier score {brier:.4f}")
    ax.set_ylabel("share that came true")
    _draw_histogram(below, promised, weights)
    below.set_xlabel(axis)
    caption(below, "dashed: perfect; bars: 95% intervals; error: expected calibration error (ECE)")
    return CalibrationDisplay(ax, found, brier, below)


def _draw_reliability(ax: Axes, found: Calibration) -> None:
    tidy(ax)
    blue, _ = blue_and_vermilion(ax)
    full = found.weight > 0
    x, share = found.probability[full], found.fraction[full]
    low, high = metrics.wilson_interval(share, found.rows[full])
    ax.plot([0, 1], [0, 1], color="grey", linewidth=1, linestyle=DASHED)
    ax.vlines(x, low, high, color=blue, linewidth=1.6, alpha=0.6)
    ax.plot(x, share, "o-", color=blue, linewidth=1.4, markersize=5)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    ax.tick_params(labelbottom=False)


def _draw_histogram(ax: Axes, promised: Array, weight: Array | None) -> None:
    tidy(ax)
    counts, edges = np.histogram(promised, 40, (0, 1), weights=weight)
    ax.stairs(counts, edges, fill=True, color=blue_and_vermilion(ax)[0], alpha=0.7)
    ax.set(xlim=(-0.02, 1.02), ylabel="rows" if weight is None else "weight")
