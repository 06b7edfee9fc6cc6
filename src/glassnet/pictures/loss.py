"""The loss by epoch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from glassnet.core.parameters import Array
from glassnet.errors import InputError, numbers_of, types_checked
from glassnet.pictures.colours import POSITIVE
from glassnet.pictures.display import Display, axes_or_new, mark_level, tidy

LARGEST = 1e250  # loss that a logarithmic axis can have a margin above


@dataclass(eq=False)
class LossDisplay(Display):
    """A drawn loss curve.

    Parameters
    ----------
    ax_ : Axes
        Where it is drawn.
    loss : array of shape (epochs,)
        The losses as drawn, the first at epoch 1.
    """

    loss: Array


@types_checked
def loss_curve(
    loss: ArrayLike,
    *,
    log: bool = False,
    stop_below: float | None = None,
    title: str = "Loss",
    ax: Axes | None = None,
) -> LossDisplay:
    """Draw a loss by epoch, with its last value in the title.

    Parameters
    ----------
    loss : array of shape (epochs,)
        Such as `run.history.loss`.
    log : bool
        Use a logarithmic loss axis.
    stop_below : float, optional
        A goal above 0, drawn as a dashed line.
    title : str
        The title.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    LossDisplay
        The drawn picture.

    Raises
    ------
    InputError
        If there is no loss to draw.
    """
    values = numbers_of("loss", loss)
    if values.ndim != 1 or len(values) == 0:
        raise InputError(
            f"A loss curve needs the loss of at least one epoch, (epochs,), not {values.shape}."
        )
    ax = axes_or_new(ax, 6.5, 4)
    tidy(ax)
    epochs = np.arange(1, len(values) + 1)
    ax.plot(epochs, values, color=POSITIVE, linewidth=1.8)
    if log:
        if values.max() > LARGEST:
            ax.set_ylim(values.min() or 1, values.max())
        ax.set_yscale("log")
    else:
        ax.set_ylim(bottom=0)
    if stop_below is not None and stop_below > 0:
        mark_level(ax, stop_below, f"goal {stop_below:g}")
    ax.plot(epochs[-1], values[-1], "o", color=POSITIVE, markersize=5)
    plural = "" if len(values) == 1 else "s"
    ax.set_title(f"{title}: {values[-1]:.6g} after {len(values)} epoch{plural}")
    ax.set(xlabel="epoch", ylabel="loss")
    ax.set_xlim(left=0)
    return LossDisplay(ax, values)
