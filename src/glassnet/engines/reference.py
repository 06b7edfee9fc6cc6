"""The reference engine: backprop.py itself, on numpy. Every other engine is held to its numbers."""

from __future__ import annotations

from collections.abc import Sequence

from glassnet.backprop import forward, full_pass
from glassnet.engines.contract import (
    Batches,
    Limits,
    Progress,
    TrainingState,
    advance_by_gradient,
    advance_one_by_one,
)
from glassnet.network import Network
from glassnet.parameters import Array, Parameters


class ReferenceEngine:
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
    ) -> tuple[float, float, Array]:
        """Sum of weighted losses, sum of weights, and the gradient of the former, flat."""
        trace = full_pass(network, parameters, X, Y, weight)
        return float(trace.weight @ trace.losses), trace.weight_sum, trace.gradient.vector

    def advance(
        self,
        state: TrainingState,
        batches: Batches,
        limits: Limits,
    ) -> Progress:
        """As far as the limits allow, one gradient and one update a batch."""
        return advance_by_gradient(self, state, batches, limits)

    def advance_many(
        self,
        states: Sequence[TrainingState],
        batches: Batches,
        limits: Limits,
        *,
        keep_losses: bool,
    ) -> list[Progress]:
        """Every state as far as `advance` takes it, one after the other."""
        return advance_one_by_one(self, states, batches, limits, keep_losses=keep_losses)
