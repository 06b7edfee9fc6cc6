"""Backpropagation held against central differences, parameter by parameter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from glassnet.backprop import forward, full_pass
from glassnet.losses import LOSSES
from glassnet.network import Network
from glassnet.parameters import Array, Parameters
from glassnet.samples import checked_samples, checked_targets


@dataclass(frozen=True, eq=False)
class GradientCheck:
    """Two gradients of the average loss, and where they differ most.

    `backprop` and `differences` are (n_parameters,); `error` is the largest
    |backprop - difference| / max |backprop|, and `where` names its parameter, such as "W2[0, 1]".
    """

    backprop: Array
    differences: Array
    error: float
    where: str

    def __str__(self) -> str:
        return f"largest relative error {self.error:.2e}, at {self.where}"


def gradient_check(
    network: Network, parameters: Parameters, X: ArrayLike, y: ArrayLike
) -> GradientCheck:
    """Compare backpropagation with (L(p + h) - L(p - h)) / 2h for each parameter p, in float64.

    h = cbrt(machine epsilon) * max(1, |p|) balances the two errors of the difference, its
    truncation (h^2) and its rounding (epsilon / h), so that agreement to about 1e-9 is to be
    expected, and less only where a relu's kink lies between p - h and p + h.
    Source: Press et al., Numerical Recipes, section 5.7.

    Raises InputError if X or y do not fit the network.
    """
    samples = checked_samples(network, X)
    targets = checked_targets(network, samples, y)
    parameters = Parameters(network, parameters.vector.astype(np.float64))
    backprop = full_pass(network, parameters, samples, targets, None).gradient.vector / len(samples)
    differences = _central_differences(network, parameters.vector, samples, targets)
    deviation = np.abs(backprop - differences)
    worst = int(deviation.argmax())
    # At a perfect stationary point there is no scale to compare with; there the error is absolute.
    scale = np.abs(backprop).max() or 1.0
    return GradientCheck(
        backprop=backprop,
        differences=differences,
        error=float(deviation[worst] / scale),
        where=parameters.names[worst],
    )


def _central_differences(network: Network, vector: Array, X: Array, Y: Array) -> Array:
    step = np.cbrt(np.finfo(np.float64).eps) * np.maximum(1, np.abs(vector))
    differences = np.empty_like(vector)
    for i, h in enumerate(step):
        shift = np.zeros_like(vector)
        shift[i] = h
        above = _average_loss(network, vector + shift, X, Y)
        below = _average_loss(network, vector - shift, X, Y)
        differences[i] = (above - below) / (2 * h)
    return differences


def _average_loss(network: Network, vector: Array, X: Array, Y: Array) -> float:
    z, _ = forward(network, Parameters(network, vector), X.T)
    return float(LOSSES[network.loss].per_sample(z[-1], Y.T).mean())
