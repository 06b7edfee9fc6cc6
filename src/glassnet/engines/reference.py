"""The reference engine: backprop.py itself, on numpy. Every other engine is held to its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event

from glassnet.backprop import forward, full_pass
from glassnet.engines.contract import (
    Batches,
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
        *,
        epochs: int,
        stop_below: float,
        record_every: int,
        stop_asked: Event,
    ) -> Progress:
        """Up to `epochs` more epochs, one gradient and one update a batch."""
        return advance_by_gradient(
            self,
            state,
            batches,
            epochs=epochs,
            stop_below=stop_below,
            record_every=record_every,
            stop_asked=stop_asked,
        )

    def advance_many(
        self,
        states: Sequence[TrainingState],
        batches: Batches,
        *,
        epochs: int,
        stop_below: float,
        keep_losses: bool,
        stop_asked: Event,
    ) -> list[Progress]:
        """Every state as far as `advance` takes it, one after the other."""
        return advance_one_by_one(
            self,
            states,
            batches,
            epochs=epochs,
            stop_below=stop_below,
            keep_losses=keep_losses,
            stop_asked=stop_asked,
        )
