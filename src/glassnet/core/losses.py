"""Losses, computed from the logits z of the last layer, each next to its gradient dz = dL/dz.

Shapes are those of the mathematics: z, a and y are (n_out, m), one column a sample. A loss
returns one value per sample (m,); the average over samples is taken once, by whoever adds up.
The gradients are short because each loss is paired with its own output activation
(Bishop 2006, section 5.2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from glassnet.core.activations import bounded_exp
from glassnet.core.network import Network, quantile_level
from glassnet.core.parameters import Array


def binary_cross_entropy(z: Array, y: Array) -> Array:
    """-y log a - (1 - y) log(1 - a) with a = sigmoid(z), for labels y in {0, 1}.

    Putting a = 1 / (1 + exp(-z)) into it gives max(z, 0) - y z + log(1 + exp(-|z|)): no logarithm
    of zero and no overflow for any finite z.
    """
    return (np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z)))).sum(axis=0)


def binary_cross_entropy_delta(a: Array, y: Array) -> Array:
    """dz = a - y."""
    return a - y


def categorical_cross_entropy(z: Array, y: Array) -> Array:
    """-sum_k y_k log a_k with a = softmax(z), for one-hot y.

    log a_k = z_k - log sum_j exp(z_j), and the largest z is taken off first, so that exp cannot
    overflow: the loss is log sum_j exp(z_j - max z) - sum_k y_k (z_k - max z).
    """
    z = z - z.max(axis=0)
    return np.log(np.exp(z).sum(axis=0)) - (y * z).sum(axis=0)


def categorical_cross_entropy_delta(a: Array, y: Array) -> Array:
    """dz = a - y."""
    return a - y


def mean_squared_error(z: Array, y: Array) -> Array:
    """(1 / n_out) sum_k (z_k - y_k)^2: the output is the logit itself."""
    return np.square(z - y).mean(axis=0)


def mean_squared_error_delta(a: Array, y: Array) -> Array:
    """dz = (2 / n_out) (a - y)."""
    return (a - y) * (2 / len(y))


def mean_absolute_error(z: Array, y: Array) -> Array:
    """(1 / n_out) sum_k |z_k - y_k|: outliers pull no more than others."""
    losses: Array = np.abs(z - y).mean(axis=0)
    return losses


def mean_absolute_error_delta(a: Array, y: Array) -> Array:
    """dz = (1 / n_out) sign(a - y)."""
    return np.sign(a - y) / len(y)


def huber(z: Array, y: Array) -> Array:
    """(1 / n_out) sum_k h(z_k - y_k), h(d) = d^2 / 2 for |d| <= 1 and |d| - 1/2 beyond.

    Near the target it is the squared error, far from it the absolute one (Huber 1964).
    """
    clipped = np.clip(z - y, -1, 1)
    losses: Array = (clipped * (z - y - clipped / 2)).mean(axis=0)
    return losses


def huber_delta(a: Array, y: Array) -> Array:
    """dz = (1 / n_out) (a - y), kept between -1 / n_out and 1 / n_out."""
    return np.clip(a - y, -1, 1) / len(y)


def poisson(z: Array, y: Array) -> Array:
    """(1 / n_out) sum_k (y_k log(y_k / a_k) - y_k + a_k) with a = exp(z), for counts y >= 0.

    Half the deviance of a Poisson distribution with the mean a: 0 where a = y. With log a = z no
    logarithm of zero occurs but that of y = 0, where y log y is 0.
    """
    logarithm = np.log(np.where(y > 0, y, 1))
    losses: Array = (np.where(y > 0, y * (logarithm - z) - y, 0) + bounded_exp(z)).mean(axis=0)
    return losses


def poisson_delta(a: Array, y: Array) -> Array:
    """dz = (1 / n_out) (a - y)."""
    return (a - y) / len(y)


class Loss(NamedTuple):
    """A loss per sample from (z, y), and its gradient dz at the last layer from (a, y)."""

    per_sample: Callable[[Array, Array], Array]
    delta: Callable[[Array, Array], Array]


def quantile(level: float) -> Loss:
    """The loss that is smallest where the share `level` of the targets lies below the output.

    (1 / n_out) sum_k (1 - level) d_k for d_k = z_k - y_k > 0, and -level d_k below
    (Koenker and Bassett 1978).
    """

    def slope(d: Array) -> Array:
        return np.where(d > 0, d.dtype.type(1 - level), np.where(d < 0, d.dtype.type(-level), 0))

    def per_sample(z: Array, y: Array) -> Array:
        losses: Array = (slope(z - y) * (z - y)).mean(axis=0)
        return losses

    return Loss(per_sample, lambda a, y: slope(a - y) / len(y))


LOSSES: dict[str, Loss] = {
    "binary_cross_entropy": Loss(binary_cross_entropy, binary_cross_entropy_delta),
    "categorical_cross_entropy": Loss(categorical_cross_entropy, categorical_cross_entropy_delta),
    "mean_squared_error": Loss(mean_squared_error, mean_squared_error_delta),
    "mean_absolute_error": Loss(mean_absolute_error, mean_absolute_error_delta),
    "huber": Loss(huber, huber_delta),
    "poisson": Loss(poisson, poisson_delta),
}


def loss_named(name: str) -> Loss:
    """Return the loss with this name, such as "huber" or "quantile(0.9)"."""
    level = None if name in LOSSES else quantile_level(name)  # most are asked for at every batch
    return LOSSES[name] if level is None else quantile(level)


def loss_of(network: Network) -> Loss:
    """Return the loss that the network asks for."""
    return loss_named(network.loss)
