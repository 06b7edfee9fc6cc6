"""Why a training ended, in a sentence, from the values of its end."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from glassnet.core.backprop import forward
from glassnet.core.parameters import Array, Parameters
from glassnet.core.samples import parts
from glassnet.training.history import counted
from glassnet.training.settings import Settings
from glassnet.training.stop_reason import StopKind, StopReason


class Ending(NamedTuple):
    """How a training ended.

    Parameters
    ----------
    reason
        What ended it.
    settings
        Its settings.
    epochs, kept_epoch
        How many epochs were done, and after which the parameters are kept.
    losses
        How many epochs gave a finite loss.
    best_loss
        The lowest loss that early stopping saw.
    validated
        Whether it was measured on other data.
    diverged_in
        The first layer, counted from 1, with a value that is not finite, if there is one.
    """

    reason: StopReason
    settings: Settings
    epochs: int
    kept_epoch: int
    losses: int
    best_loss: float
    validated: bool
    diverged_in: int | None

    def explained(self, earlier: int = 0) -> str:
        """Return why it ended and what is kept; `earlier` epochs before it count along."""
        sentence = self._why(earlier)
        if self.kept_epoch < self.epochs:
            sentence += (
                f" The parameters after epoch {earlier + self.kept_epoch}, of the lowest "
                f"validation loss ({self.best_loss:.4g}), are kept."
            )
        return sentence

    def _why(self, earlier: int) -> str:
        epoch = earlier + self.epochs
        limit = counted(earlier + self.settings.max_epochs)
        which = "validation" if self.validated else "training"
        sentences = {
            StopKind.MAX_EPOCHS: f"It reached the limit of {limit}.",
            StopKind.MAX_EVALUATIONS: (
                f"L-BFGS had evaluated the loss as often as it may after {counted(epoch)}."
            ),
            StopKind.INTERRUPTED: f"It was interrupted after {counted(epoch)}.",
            StopKind.SETTLED: (
                f"After {counted(epoch)} no step leads further down: it is in a minimum."
            ),
            StopKind.NO_IMPROVEMENT: (
                f"The {which} loss had not improved for {self.settings.patience} epochs "
                f"after epoch {epoch}."
            ),
            StopKind.LOSS_BELOW: (
                f"The loss fell below {self.settings.goal:g} after {counted(epoch)}."
            ),
        }
        kind = self.reason.kind
        return self._divergence(earlier) if kind is StopKind.DIVERGED else sentences[kind]

    def _divergence(self, earlier: int) -> str:
        failed = earlier + self.losses + 1
        where = f"first in layer {self.diverged_in}"
        if failed == 1:
            return (
                f"It diverged in epoch 1, {where}, so the start is kept; try a smaller learning "
                "rate or smaller starting weights, or scale the data."
            )
        return (
            f"It diverged in epoch {failed}, {where}: numbers grew until they were no longer "
            f"finite. The parameters after epoch {earlier + self.epochs}, the last that gave a "
            "finite loss, are kept; try a smaller learning rate, or scale the data."
        )


def first_layer_not_finite(parameters: Parameters, X: Array) -> int:
    """Return the first layer, from 1, with a weight or a z that is not finite; else the last."""
    return min(_first_not_finite(parameters, np.asarray(part)) for _, part in parts(X))


def _first_not_finite(parameters: Parameters, X: Array) -> int:
    z, _ = forward(parameters.network, parameters, X.T)
    for number, ((W, b), z_l) in enumerate(zip(parameters.layers, z, strict=True), start=1):
        if not all(np.isfinite(array).all() for array in (W, b, z_l)):
            return number
    return parameters.network.n_layers
