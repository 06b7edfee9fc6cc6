"""The penalty on large weights: L1 and L2."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from glassnet.core.parameters import Array, Parameters


class Penalty(NamedTuple):
    """The penalty on weights: P = l2/2 sum W^2 + l1 sum |W|, over the weights, not the biases.

    It adds to the average loss, L = mean loss + P, so that it does not depend on the number of
    rows in a batch; its gradient is l2 W + l1 sign(W), with sign(0) = 0.
    """

    l1: float = 0.0
    l2: float = 0.0

    def loss_and_gradient(self, parameters: Parameters) -> tuple[float, Array]:
        """P and dP/dW as a flat vector, zero at the biases."""
        gradient = Parameters(parameters.network, np.zeros_like(parameters.vector))
        loss = 0.0
        for (W, _), (dW, _) in zip(parameters.layers, gradient.layers, strict=True):
            loss += self.l2 / 2 * float(np.sum(W * W)) + self.l1 * float(np.sum(np.abs(W)))
            dW[...] = self.l2 * W + self.l1 * np.sign(W)
        return loss, gradient.vector


NO_PENALTY = Penalty()
