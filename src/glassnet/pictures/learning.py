"""Learning curves: loss and metrics by epoch, in training and in validation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from glassnet.core.parameters import Array
from glassnet.errors import InputError, numbers_of, types_checked, whole_number
from glassnet.pictures.colours import blue_and_vermilion
from glassnet.pictures.display import (
    DASHED,
    Display,
    axes_or_new,
    headline,
    split,
    tidy,
    whole_epochs,
)

LONGEST_LINE = 3000  # epochs; longer curves are drawn as mean and range of stretches
STRETCHES = 400
BOUNDED = {"accuracy": 1.0, "roc_auc": 1.0, "r2": 1.0}  # the best that a metric can be
TITLES = {"roc_auc": "ROC AUC", "r2": "$R^2$", "mae": "MAE", "rmse": "RMSE", "log_loss": "log loss"}


@dataclass(eq=False)
class LearningDisplay(Display):
    """Drawn learning curves.

    Parameters
    ----------
    ax_ : Axes
        The panel of the loss.
    panels : dict of Axes
        The axes by metric, that of the loss first.
    """

    panels: dict[str, Axes]


@types_checked
def learning_curves(
    loss: ArrayLike,
    validation: Mapping[str, ArrayLike] | None = None,
    training: Mapping[str, ArrayLike] | None = None,
    *,
    best_epoch: int | None = None,
    log: bool = False,
    title: str = "Learning curves",
    ax: Axes | None = None,
) -> LearningDisplay:
    """Draw the loss by epoch in training and validation, and below it each metric in a panel.

    Of more than 3000 epochs, equal stretches are drawn: their mean as a line in their range.

    Parameters
    ----------
    loss : array of shape (epochs,)
        Such as `run.history.loss`.
    validation : mapping of str to array of shape (epochs,), optional
        By name of the metric, with "loss" among them; where a value is nan, none is drawn.
    training : mapping of str to array of shape (epochs,), optional
        The same, of the training data.
    best_epoch : int, optional
        From 1; marked in every panel, with the validation's value there.
    log : bool
        Use a logarithmic loss axis.
    title : str
        The title.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    LearningDisplay
        The drawn picture.

    Raises
    ------
    InputError
        If there is no loss to draw, or an array is not one of epochs.
    """
    curves = {"training": {"loss": loss, **(training or {})}, "validation": validation or {}}
    checked = {
        kind: {name: _by_epoch(values, f"{kind} {name}") for name, values in group.items()}
        for kind, group in curves.items()
    }
    n_epochs = len(checked["training"]["loss"])
    if best_epoch is not None:
        whole_number("best_epoch", best_epoch, 1)
    names = list(dict.fromkeys([*checked["training"], *checked["validation"]]))
    ax = axes_or_new(ax, 6.5, 3.4 + 1.5 * (len(names) - 1))
    axes = split(ax, [1.6, *[1] * (len(names) - 1)])
    for name, panel in zip(names, axes, strict=True):
        _draw_panel(panel, name, {kind: group.get(name) for kind, group in checked.items()})
        if best_epoch is not None:
            _mark_best(panel, best_epoch, checked["validation"].get(name))
        panel.set_xlim(0, max(n_epochs, 2))
        panel.tick_params(labelbottom=panel is axes[-1])
    if log and np.nanmax(checked["training"]["loss"]) > 0:
        ax.set_yscale("log")
    elif (low := ax.get_ylim()[0]) < 0 or low < 0.3 * ax.get_ylim()[1]:
        ax.set_ylim(bottom=0)
    axes[-1].set_xlabel("epoch")
    ax.figure.align_ylabels(axes)
    ax.legend(loc="upper right", fontsize="small", frameon=False)
    best = "" if best_epoch is None else f", best epoch {best_epoch:,}"
    headline(ax, f"{title}: {n_epochs:,} epoch{'s' * (n_epochs != 1)}{best}")
    return LearningDisplay(ax, dict(zip(names, axes, strict=True)))


def _by_epoch(values: ArrayLike, name: str) -> Array:
    array = numbers_of(f"The {name}", values)
    if array.ndim != 1 or len(array) == 0:
        raise InputError(
            f"Learning curves need the {name} of at least one epoch, (epochs,), not {array.shape}."
        )
    return array


def _draw_panel(ax: Axes, name: str, curves: Mapping[str, Array | None]) -> None:
    tidy(ax)
    for (kind, values), colour in zip(curves.items(), blue_and_vermilion(ax), strict=True):
        if values is None:
            continue
        if len(values) > LONGEST_LINE:
            epochs, low, middle, high = stretches(values)
            ax.fill_between(epochs, low, high, color=colour, alpha=0.25, linewidth=0)
            ax.plot(epochs, middle, color=colour, linewidth=1.4, label=kind)
            continue
        epochs = np.arange(1, len(values) + 1)
        alone = "o" if len(values) == 1 else None
        ax.plot(epochs, values, color=colour, linewidth=1.6, marker=alone, label=kind)
    ax.set_ylabel(TITLES.get(name, name.replace("_", " ")))
    whole_epochs(ax)
    if name in BOUNDED:
        ax.set_ylim(top=min(ax.get_ylim()[1], BOUNDED[name] + 0.02))


def _mark_best(ax: Axes, best_epoch: int, values: Array | None) -> None:
    ax.axvline(best_epoch, color="grey", linewidth=1, linestyle=DASHED)
    if values is None or best_epoch > len(values) or np.isnan(values[best_epoch - 1]):
        return
    value, paper = values[best_epoch - 1], ax.get_facecolor()
    _, vermilion = blue_and_vermilion(ax)
    ax.plot(best_epoch, value, "o", color=vermilion, markersize=6, markeredgecolor=paper)
    ax.annotate(
        f"{value:.4g}",
        (best_epoch, value),
        xytext=(0, 6),  # above: beside the point the curve would look like a minus sign
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize="small",
        bbox={"facecolor": paper, "edgecolor": "none", "pad": 0.8, "alpha": 0.75},
    )


def stretches(values: Array) -> tuple[np.ndarray, Array, Array, Array]:
    """A long curve in equal stretches: the middle epoch of each, and its least, mean and greatest.

    A stretch with a nan in it has none of them.
    """
    edges = np.linspace(0, len(values), STRETCHES + 1).astype(int)
    parts = [values[begin:end] for begin, end in pairwise(edges)]
    low, middle, high = (np.array([f(part) for part in parts]) for f in (np.min, np.mean, np.max))
    return (edges[:-1] + edges[1:] + 1) / 2, low, middle, high
