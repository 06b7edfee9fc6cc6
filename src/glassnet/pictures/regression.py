"""Predictions of a regression next to what was true, and how far they are off."""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from glassnet.core import metrics
from glassnet.core.parameters import Array
from glassnet.errors import InputError, types_checked
from glassnet.pictures.colours import blue_and_vermilion, is_dark
from glassnet.pictures.display import (
    DASHED,
    Display,
    axes_or_new,
    caption,
    colour_bar,
    headline,
    split,
    tidy,
)
from glassnet.pictures.inputs import column, row_weight, shown_name

MOST_POINTS = 3000  # drawn one by one; more are counted in cells
CELLS = 110  # along each axis


@dataclass(eq=False)
class ResidualsDisplay(Display):
    """Drawn residuals.

    Parameters
    ----------
    ax_ : Axes
        Where predictions are drawn over true values.
    residuals : array of shape (n,)
        The residuals, y - predicted.
    ax_histogram_ : Axes
        Where the histogram is drawn.
    """

    residuals: Array
    ax_histogram_: Axes


@types_checked
def residuals(
    y: ArrayLike,
    predicted: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    name: str = "y",
    title: str | None = None,
    ax: Axes | None = None,
) -> ResidualsDisplay:
    """Draw predicted over true values, and below the histogram of the residuals y - predicted.

    Up to 3000 rows are points; of more every row is counted in the cell it falls into, and the
    colour says how many. The outermost residuals, 1 in 1000 on either side, are gathered in the
    histogram's last bars.

    Parameters
    ----------
    y : array of shape (n,) or (n, 1)
        The true values of one output.
    predicted : array of shape (n,) or (n, 1)
        The predictions.
    weight : array of shape (n,), optional
        What each row counts.
    name : str
        What the output is called.
    title : str, optional
        The title.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    ResidualsDisplay
        The drawn picture.

    Raises
    ------
    InputError
        Unless both are finite and have one value a row.
    """
    true, answers = column(y, "y"), column(predicted, "predicted")
    if true.shape != answers.shape:
        raise InputError(
            "y and predicted must have one value per row each, "
            f"but have {len(true)} and {len(answers)}."
        )
    weights = row_weight(weight, len(true))
    shown = shown_name(name)
    ax, below = split(axes_or_new(ax, 5.4, 6.8), [3, 1])
    many = len(true) > MOST_POINTS
    (_draw_cells if many else _draw_points)(ax, true, answers)
    ax.set(xlabel=f"true {shown}", ylabel=f"predicted {shown}")
    r2, mae = metrics.r2(true, answers, weights), metrics.mae(true, answers, weights)
    rmse = metrics.rmse(true, answers, weights)
    headline(ax, title or f"$R^2$ {r2:.4f}, MAE {mae:.4g}, RMSE {rmse:.4g}")
    _draw_histogram(below, true - answers, weights)
    below.set_xlabel("residual: true - predicted")
    below.set_ylabel("rows" if weight is None else "weight")
    drawn = "each row counted in its cell" if many else "each a point"
    caption(below, f"{len(true):,} rows, {drawn}; dashed: predicted without error")
    return ResidualsDisplay(ax, true - answers, below)


def _draw_points(ax: Axes, true: Array, answers: Array) -> None:
    tidy(ax)
    alpha = 0.8 if len(true) < 300 else 0.4
    ax.scatter(
        true, answers, s=16, color=blue_and_vermilion(ax)[0], alpha=alpha, linewidths=0, zorder=2
    )
    _frame(ax, _limits(true, answers))


def _draw_cells(ax: Axes, true: Array, answers: Array) -> None:
    limits = _limits(true, answers)
    counts, _, _ = np.histogram2d(answers, true, CELLS, (limits, limits))
    image = ax.imshow(
        np.where(counts > 0, counts, np.nan),
        extent=(*limits, *limits),
        origin="lower",
        interpolation="nearest",
        aspect="auto",
        cmap=_clear_of_paper(ax),
        norm="log",
        zorder=2,
    )
    tidy(ax)
    colour_bar(ax, image, "rows in a cell")
    _frame(ax, limits)


def _clear_of_paper(ax: Axes) -> mpl.colors.Colormap:
    """The part of viridis in which a single row stands out from the paper."""
    low, high = (0.25, 1.0) if is_dark(ax) else (0.0, 0.92)
    return mpl.colors.ListedColormap(mpl.colormaps["viridis"](np.linspace(low, high, 256)))


def _limits(true: Array, answers: Array) -> tuple[float, float]:
    low, high = min(true.min(), answers.min()), max(true.max(), answers.max())
    margin = (high - low) / 30 or max(abs(high), 1) / 30
    return float(low - margin), float(high + margin)


def _frame(ax: Axes, limits: tuple[float, float]) -> None:
    _, vermilion = blue_and_vermilion(ax)
    ax.plot(limits, limits, color=vermilion, linewidth=1.3, linestyle=DASHED, zorder=3)
    ax.set(xlim=limits, ylim=limits)
    ax.set_box_aspect(1)


def _draw_histogram(ax: Axes, residuals: Array, weight: Array | None) -> None:
    tidy(ax)
    blue, vermilion = blue_and_vermilion(ax)
    far = np.quantile(np.abs(residuals), 0.998) or np.abs(residuals).max() or 1.0
    bins = int(min(max(np.sqrt(len(residuals)), 8), 61)) | 1  # odd, so that one is around 0
    counts, edges = np.histogram(np.clip(residuals, -far, far), bins, (-far, far), weights=weight)
    ax.stairs(counts, edges, fill=True, color=blue, alpha=0.7)
    ax.axvline(0, color=vermilion, linewidth=1.3, linestyle=DASHED)
