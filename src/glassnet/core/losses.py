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


class Loss(NamedTuple):
    """A loss per sample from (z, y), and its gradient dz at the last layer from (a, y)."""

    per_sample: Callable[[Array, Array], Array]
    delta: Callable[[Array, Array], Array]


LOSSES: dict[str, Loss] = {
    "binary_cross_entropy": Loss(binary_cross_entropy, binary_cross_entropy_delta),
    "categorical_cross_entropy": Loss(categorical_cross_entropy, categorical_cross_entropy_delta),
    "mean_squared_error": Loss(mean_squared_error, mean_squared_error_delta),
}
