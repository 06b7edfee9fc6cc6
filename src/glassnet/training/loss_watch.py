"""What depends on the losses of a training: early stopping, and a learning rate on a plateau."""

from __future__ import annotations

import numpy as np

from glassnet.core.parameters import Array, Parameters
from glassnet.optim.early_stopping import Patience
from glassnet.optim.schedules import Plateau, PlateauState
from glassnet.training.history import History
from glassnet.training.run import Run
from glassnet.training.settings import DEFAULT_SCHEDULE, Settings


class LossWatch:
    """Lets early stopping and the schedule see the loss of each epoch."""

    def __init__(self, settings: Settings) -> None:
        self.patience = Patience(settings.patience, settings.min_improvement)
        self._settings = settings
        self._plateau = PlateauState()

    def see(self, loss: float, epoch: int, parameters: Parameters | None = None) -> None:
        """Take note of the loss of an epoch, and of the parameters that gave it."""
        self.patience.see(loss, epoch, parameters)
        self._see_plateau(loss)

    def see_all(self, losses: Array, first: int) -> None:
        """Take note of the losses of the epochs from the first on, if anything depends on them."""
        if self._settings.patience is not None or isinstance(self._settings.schedule, Plateau):
            for epoch, loss in enumerate(losses.tolist(), first):
                self.see(loss, epoch)

    def resume(self, losses: Array) -> None:
        """Bring the schedule to where these losses brought it."""
        for loss in losses.tolist():
            self._see_plateau(loss)

    def most_epochs(self, epochs: int) -> int:
        """Return how many of so many epochs may pass before the losses decide something."""
        if isinstance(self._settings.schedule, Plateau):
            epochs = min(epochs, 1)  # each may change the learning rate
        return epochs if self.patience.left is None else min(epochs, self.patience.left)

    def rate_factors(self, first: int, n: int) -> Array | None:
        """Return the factors of the learning rate in the next epochs; None if it stays."""
        schedule = self._settings.schedule
        if schedule == DEFAULT_SCHEDULE:
            return None
        if isinstance(schedule, Plateau):
            return np.full(n, self._plateau.factor)
        return schedule.factors(first, n)

    def _see_plateau(self, loss: float) -> None:
        if isinstance(self._settings.schedule, Plateau):
            self._plateau = self._settings.schedule.update(self._plateau, loss)


def watched_losses(history: History, *, validated: bool) -> Array:
    """Return the losses that early stopping and the schedule see."""
    return history.validation.get("loss", np.empty(0)) if validated else history.loss


def rate_factors_of(run: Run, first: int, n: int) -> Array | None:
    """Return the factors of the learning rate that a run had in some epochs; None if it stayed."""
    schedule = run.settings.schedule
    if schedule == DEFAULT_SCHEDULE:
        return None
    if isinstance(schedule, Plateau):
        losses = watched_losses(run.history, validated=run.validation is not None)
        return schedule.factors_by(losses[: max(first + n - 1, 0)])[first : first + n]
    return schedule.factors(first, n)
