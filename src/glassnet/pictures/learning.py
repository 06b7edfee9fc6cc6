"""Learning curves: loss and metrics by epoch, in training and in validation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from glassnet.errors import InputError, whole_number
from glassnet.parameters import Array
from glassnet.pictures.colours import NEGATIVE, POSITIVE
from glassnet.pictures.display import Display, axes_or_new, split, tidy

MOST_STRETCHES = 2000  # of a curve: more could not be told apart
BOUNDED = {"accuracy": 1.0, "roc_auc": 1.0, "r2": 1.0}  # the best that a metric can be
TITLES = {"roc_auc": "ROC AUC", "r2": "$R^2$", "mae": "MAE", "rmse": "RMSE", "log_loss": "log loss"}


@dataclass(eq=False)
class LearningDisplay(Display):
    """Drawn learning curves: `panels` are the axes by metric, that of the loss first."""

    panels: dict[str, Axes]


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

    loss        (epochs,), such as `run.history.loss`
    validation  by name of the metric, with "loss" among them, (epochs,) each; where a value is
                nan, none is drawn
    training    the same, of the training data
    best_epoch  from 1; marked in every panel, with the validation's value there
    log         a logarithmic loss axis

    Raises InputError if there is no loss to draw, or an array that is not one of epochs.
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
    if log:
        ax.set_yscale("log")
    elif (low := ax.get_ylim()[0]) < 0 or low < 0.3 * ax.get_ylim()[1]:
        ax.set_ylim(bottom=0)
    axes[-1].set_xlabel("epoch")
    ax.legend(loc="upper right", fontsize="small", frameon=False)
    best = "" if best_epoch is None else f", best after {best_epoch}"
    ax.set_title(f"{title}: {n_epochs} epoch{'s' * (n_epochs != 1)}{best}")
    return LearningDisplay(ax, dict(zip(names, axes, strict=True)))


def _by_epoch(values: ArrayLike, name: str) -> Array:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or len(array) == 0:
        raise InputError(
            f"Learning curves need the {name} of at least one epoch, (epochs,), not {array.shape}."
        )
    return array


def _draw_panel(ax: Axes, name: str, curves: Mapping[str, Array | None]) -> None:
    tidy(ax)
    for (kind, values), colour in zip(curves.items(), (POSITIVE, NEGATIVE), strict=True):
        if values is None:
            continue
        epochs, drawn = thinned(values)
        alone = "o" if len(values) == 1 else None
        ax.plot(epochs, drawn, color=colour, linewidth=1.6, marker=alone, label=kind)
    ax.set_ylabel(TITLES.get(name, name.replace("_", " ")))
    if name in BOUNDED:
        ax.set_ylim(top=min(ax.get_ylim()[1], BOUNDED[name] + 0.02))


def _mark_best(ax: Axes, best_epoch: int, values: Array | None) -> None:
    ax.axvline(best_epoch, color="grey", linewidth=1, linestyle=(0, (4, 3)))
    if values is None or best_epoch > len(values) or np.isnan(values[best_epoch - 1]):
        return
    value = values[best_epoch - 1]
    ax.plot(best_epoch, value, "o", color=NEGATIVE, markersize=5)
    late = best_epoch > 0.75 * ax.get_xlim()[1]
    ax.annotate(
        f"{value:.4g}",
        (best_epoch, value),
        xytext=(-5 if late else 5, 5),
        textcoords="offset points",
        ha="right" if late else "left",
        fontsize="small",
    )


def thinned(values: Array) -> tuple[np.ndarray, Array]:
    """Epochs from 1 and values to draw: of a long curve the least and greatest of each stretch."""
    epochs = np.arange(1, len(values) + 1)
    if len(values) <= 2 * MOST_STRETCHES:
        return epochs, values
    starts = np.linspace(0, len(values), MOST_STRETCHES, endpoint=False).astype(int)
    keep = {0, len(values) - 1}
    for begin, end in zip(starts, [*starts[1:], len(values)], strict=True):
        stretch = values[begin:end]
        if not np.isnan(stretch).all():
            keep |= {begin + int(np.nanargmin(stretch)), begin + int(np.nanargmax(stretch))}
    chosen = np.array(sorted(keep))
    return epochs[chosen], values[chosen]
