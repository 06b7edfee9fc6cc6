"""A finished training: what it came to, how, and its predictions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from glassnet.checkpoint import Checkpoint, put_down
from glassnet.engines.contract import Engine, TrainingState
from glassnet.errors import InputError
from glassnet.history import History
from glassnet.network import Network
from glassnet.parameters import Array, Parameters
from glassnet.patience import Patience
from glassnet.samples import Samples, checked_samples
from glassnet.settings import Settings


@dataclass(frozen=True, eq=False)
class Run:
    """A finished training: the network with its parameters, and how it came to them.

    `stop_reason` is "loss below ...", "max_epochs", "no improvement", "interrupted" or
    "diverged"; `explanation` says it in a sentence. After a divergence `parameters` are those
    that gave the last finite loss. `epochs` counts the epochs done, and `parameters` are those
    after epoch `kept_epoch`: the last, or with patience and validation data the best.
    `samples` are what it was trained on, as the mathematics takes them, and `validation` what it
    was measured on. `state` is the training's own at its end.
    """

    network: Network
    settings: Settings
    start: Parameters
    parameters: Parameters
    history: History
    epochs: int
    kept_epoch: int
    stop_reason: str
    explanation: str
    engine: Engine
    samples: Samples
    validation: Samples | None
    state: TrainingState
    patience: Patience

    def checkpoint(self) -> Checkpoint:
        """All there is to the training but its data, for `Training.resume` to go on from."""
        return put_down(self)

    def outputs(self, X: ArrayLike) -> Array:
        """The last layer's a for each row of X: (n_samples, n_outputs)."""
        samples = checked_samples(self.network, X, self.settings.dtype)
        return self.engine.outputs(self.network, self.parameters, samples)

    def predict_probability(self, X: ArrayLike) -> Array:
        """P(class 1) as (n_samples,) for two classes; (n_samples, n_classes) for more.

        Raises InputError for a regression, which has no probabilities.
        """
        if self.network.loss == "mean_squared_error":
            raise InputError("A regression has no probabilities: use predict.")
        a = self.outputs(X)
        return a[:, 0] if a.shape[1] == 1 else a

    def predict(self, X: ArrayLike) -> np.ndarray:
        """The class number of each row, (n_samples,); for a regression the values themselves,
        (n_samples,), or (n_samples, n_outputs) with several outputs.

        With two classes the decision is a >= 0.5, with more the largest a.
        """
        a = self.outputs(X)
        if self.network.loss == "binary_cross_entropy":
            return (a[:, 0] >= 0.5).astype(np.intp)
        if self.network.loss == "categorical_cross_entropy":
            classes: np.ndarray = a.argmax(axis=1)
            return classes
        return a[:, 0] if a.shape[1] == 1 else a
