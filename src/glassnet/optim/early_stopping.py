"""Early stopping: an end to a training that no longer improves (Prechelt 1998)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from glassnet.core.parameters import Parameters


@dataclass
class Patience:
    """Watches a loss by epoch: knows the best, and how long none has been better.

    A loss is an improvement if it is below the best by more than `min_improvement`; after
    `epochs` epochs in a row without one the patience is at its end. The best counts however
    little it is better. Where parameters are shown along with the loss, the best are kept.
    """

    epochs: int | None
    min_improvement: float
    best_loss: float = math.inf
    best_epoch: int = 0
    waited: int = 0
    best_parameters: Parameters | None = None

    @property
    def at_end(self) -> bool:
        """Whether to stop now."""
        return self.epochs is not None and self.waited >= self.epochs

    @property
    def left(self) -> int | None:
        """After how many more epochs it may be at its end; None for never."""
        return None if self.epochs is None else self.epochs - self.waited

    def see(self, loss: float, epoch: int, parameters: Parameters | None = None) -> None:
        """Take note of the loss of an epoch, and of the parameters that gave it."""
        improved = loss < self.best_loss - self.min_improvement
        self.waited = 0 if improved else self.waited + 1
        if loss < self.best_loss:
            self.best_loss = loss
            self.best_epoch = epoch
            self.best_parameters = None if parameters is None else parameters.copy()
