"""How far another training's numbers are from ours, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from glassnet.core.parameters import Array
from glassnet.errors import InputError, finite_number, numbers_of, types_checked
from glassnet.pictures.colours import OKABE_ITO
from glassnet.pictures.display import Display, axes_or_new, legend_beside, mark_level, tidy

FLOOR = 1e-17  # where numbers that are equal to the last digit are drawn: a tenth of rounding
MOST_POINTS = 100  # of a line; of more epochs each point is the largest of several


@dataclass(eq=False)
class DifferencesDisplay(Display):
    """Drawn differences.

    Parameters
    ----------
    ax_ : Axes
        Where they are drawn.
    loss : dict of arrays of shape (epochs,)
        By name, the differences of the loss.
    others : dict of arrays of shape (epochs,)
        By name, the largest of the other differences.
    """

    loss: dict[str, Array]
    others: dict[str, Array]


@types_checked
def difference_curves(
    differences: Mapping[str, ArrayLike],
    quantities: Sequence[str],
    *,
    tolerance: float | None = None,
    title: str = "Difference from glassnet",
    ax: Axes | None = None,
) -> DifferencesDisplay:
    """Draw differences by epoch on a logarithmic scale, two lines for each name.

    A strong line is the "loss", a dotted one the largest of the other quantities; of a long run
    each point is the largest of some epochs. Numbers that are equal to the last digit are drawn at
    the lower edge.

    Parameters
    ----------
    differences : mapping of str to array of shape (epochs, n_quantities)
        By name, as a `parity.PeerResult` holds them.
    quantities : sequence of str
        Names of the columns.
    tolerance : float, optional
        Drawn as a dashed line.
    title : str
        The title.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    DifferencesDisplay
        The drawn picture.

    Raises
    ------
    InputError
        If there is nothing to draw, or "loss" is not among the quantities.
    """
    tables = {name: numbers_of("differences", table) for name, table in differences.items()}
    if any(table.ndim != 2 or table.shape[1] != len(quantities) for table in tables.values()):
        raise InputError("differences must have a row an epoch and a column a quantity.")
    if tolerance is not None:
        finite_number("tolerance", tolerance, 0)
    if "loss" not in quantities or not any(len(table) for table in tables.values()):
        raise InputError("A picture of differences needs the loss of one epoch at least.")
    column = list(quantities).index("loss")
    display = DifferencesDisplay(axes_or_new(ax, 7.5, 4.4), {}, {})
    tidy(display.ax_)
    for number, (name, table) in enumerate(tables.items()):
        display.loss[name] = table[:, column]
        display.others[name] = np.delete(table, column, axis=1).max(axis=1, initial=0)
        _draw(display, name, OKABE_ITO[number % len(OKABE_ITO)])
    _finish(display.ax_, tolerance, title)
    return display


def _draw(display: DifferencesDisplay, name: str, colour: str) -> None:
    faint: dict[str, Any] = {"linewidth": 1.3, "alpha": 0.8, "linestyle": (0, (1, 1))}
    strong: dict[str, Any] = {"linewidth": 1.4}
    for part, values, style in (
        ("loss", display.loss[name], strong),
        ("any W, b, prediction", display.others[name], faint),
    ):
        epochs, largest = _thinned(values)
        label = f"{name}: {part}"
        display.ax_.plot(epochs, np.maximum(largest, FLOOR), color=colour, label=label, **style)


def _thinned(values: Array) -> tuple[np.ndarray, Array]:
    """The largest of every few epochs, so that a line of noise is no comb; and their last epoch."""
    step = -(-len(values) // MOST_POINTS) or 1  # rounded up
    first = np.arange(0, len(values), step)
    largest = np.maximum.reduceat(values, first) if len(values) else values
    return np.minimum(first + step, len(values)), largest


def _finish(ax: Axes, tolerance: float | None, title: str) -> None:
    ax.set_yscale("log")
    ax.set_ylim(bottom=FLOOR)
    ax.set_xlim(left=0)
    if tolerance is not None:
        mark_level(ax, tolerance, f"tolerance {tolerance:g}")
        ax.set_ylim(top=max(10 * tolerance, ax.get_ylim()[1]))
    ax.set(xlabel="epoch", ylabel="largest difference", title=title)
    legend_beside(ax, borderaxespad=0)
