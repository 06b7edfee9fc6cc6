"""The reference engine: backprop.py itself, on numpy. Every other engine is held to its numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from glassnet.core.backprop import forward, full_pass
from glassnet.core.dropout import Dropout
from glassnet.core.losses import loss_of
from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.engines.batches import Batches
from glassnet.engines.interface import (
    InThisProcess,
    Limits,
    Progress,
    TrainingState,
    Watch,
    advance_by_gradient,
    advance_one_by_one,
    unwatched,
)

ROWS_AT_ONCE = 4096  # of an evaluation: enough for numpy, few enough for any memory


class ReferenceEngine(InThisProcess):
    """Plain numpy, any network, float64 or float32."""

    name = "reference"

    def outputs(self, network: Network, parameters: Parameters, X: Array) -> Array:
        """The last layer's a: (n_samples, n_outputs)."""
        return self.activations(network, parameters, X)[-1]

    def activations(self, network: Network, parameters: Parameters, X: Array) -> list[Array]:
        """Every layer's a, (n_samples, n_l) each, from one pass."""
        _, a = forward(network, parameters, X.T)
        return [a_l.T for a_l in a]

    def gradient(
        self,
        network: Network,
        parameters: Parameters,
        X: Array,
        Y: Array,
        weight: Array | None,
        dropout: Dropout | None = None,
    ) -> tuple[float, float, Array]:
        """Sum of weighted losses, sum of weights, and the gradient of the former, flat."""
        masks = None if dropout is None else dropout.masks(network, len(X), X.dtype)
        trace = full_pass(network, parameters, X, Y, weight, masks)
        return float(trace.weight @ trace.losses), trace.weight_sum, trace.gradient.vector

    def evaluate(
        self,
        network: Network,
        parameters: Parameters,
        X: Array,
        Y: Array,
        weight: Array | None,
    ) -> tuple[float, float, Array]:
        """Sum of weighted losses, sum of weights, and the outputs, from one forward pass."""
        outputs = np.empty((len(X), network.sizes[-1]), parameters.vector.dtype)
        loss_sum = 0.0
        for first in range(0, len(X), ROWS_AT_ONCE):
            part = slice(first, first + ROWS_AT_ONCE)
            z, a = forward(network, parameters, X[part].T)
            outputs[part] = a[-1].T
            losses = loss_of(network).per_sample(z[-1], Y[part].T)
            loss_sum += float(losses.sum() if weight is None else weight[part] @ losses)
        return loss_sum, float(len(X) if weight is None else weight.sum()), outputs

    def advance(
        self,
        state: TrainingState,
        batches: Batches,
        limits: Limits,
    ) -> Progress:
        """Advance as far as the limits allow, by one gradient and one update a batch."""
        return advance_by_gradient(self, state, batches, limits)

    def advance_many(
        self,
        states: Sequence[TrainingState],
        batches: Sequence[Batches],
        limits: Limits,
        *,
        keep_losses: bool,
        watch: Watch = unwatched,
    ) -> list[Progress]:
        """Every state as far as `advance` takes it, one after the other."""
        return advance_one_by_one(
            self, states, batches, limits, keep_losses=keep_losses, watch=watch
        )
