"""The average loss of any network straight from the definitions, in real or complex numbers.

Derivatives come from it without a single rule of calculus: by central differences, or, for
functions without a kink, by complex steps, Im L(p + ih) / h, which round nothing off
(Squire and Trapp 1998).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.special import erf

Array = np.ndarray[Any, Any]

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)),
    "relu": lambda z: z * (z.real > 0),
    "leaky_relu": lambda z: z * np.where(z.real > 0, 1, 0.01),
    "elu": lambda z: np.where(z.real > 0, z, np.exp(z) - 1),
    "gelu": lambda z: z * (1 + erf(z / np.sqrt(2))) / 2,
    "softplus": lambda z: np.log(1 + np.exp(z)),
    "identity": lambda z: z,
}
SMOOTH = ("sigmoid", "tanh", "gelu", "softplus", "identity")


def binary_cross_entropy(z: Array, y: Array) -> Any:
    a = 1 / (1 + np.exp(-z[0]))
    return -y[0] * np.log(a) - (1 - y[0]) * np.log(1 - a)


def categorical_cross_entropy(z: Array, y: Array) -> Any:
    a = np.exp(z) / np.exp(z).sum()
    return -(y * np.log(a)).sum()


def mean_squared_error(z: Array, y: Array) -> Any:
    return ((z - y) ** 2).sum() / len(y)


def _absolute(d: Array) -> Array:
    return np.where(d.real < 0, -d, d)


def huber(z: Array, y: Array) -> Any:
    far = np.abs((z - y).real) > 1
    return np.where(far, _absolute(z - y) - 0.5, 0.5 * (z - y) ** 2).sum() / len(y)


def poisson(z: Array, y: Array) -> Any:
    """Half the deviance, twice the log-likelihood ratio to a model that is right everywhere."""
    constants = [y_k * np.log(y_k) - y_k if y_k > 0 else 0.0 for y_k in y]
    return (np.exp(z) - y * z + constants).sum() / len(y)


def _pinball(d: Any) -> Any:
    return (1 - 0.7) * d if d.real > 0 else -0.7 * d


LOSSES: dict[str, Callable[[Array, Array], Any]] = {
    "binary_cross_entropy": binary_cross_entropy,
    "categorical_cross_entropy": categorical_cross_entropy,
    "mean_squared_error": mean_squared_error,
    "mean_absolute_error": lambda z, y: _absolute(z - y).sum() / len(y),
    "huber": huber,
    "poisson": poisson,
    "quantile(0.7)": lambda z, y: sum(map(_pinball, z - y)) / len(y),
}


def average_loss(
    sizes: tuple[int, ...],
    activations: tuple[str, ...],
    loss: str,
    vector: Array,
    X: Array,
    Y: Array,
    weight: Array | None = None,
) -> Any:
    """sum_i w_i L_i / sum_i w_i, sample by sample; `vector` holds W1, b1, W2, b2, ..."""
    weights = np.ones(len(X)) if weight is None else weight
    total: Any = 0.0
    for x, y, w in zip(X, Y, weights, strict=True):
        a = x
        start = 0
        for number, (n_in, n_out) in enumerate(pairwise(sizes)):
            W = vector[start : start + n_in * n_out].reshape(n_out, n_in)
            b = vector[start + n_in * n_out :][:n_out]
            start += n_out * (n_in + 1)
            z = W @ a + b
            a = ACTIVATIONS[activations[number]](z) if number < len(activations) else z
        total = total + w * LOSSES[loss](a, y)
    return total / weights.sum()


def central_differences(function: Callable[[Array], Any], vector: Array) -> Array:
    gradient = np.empty_like(vector)
    for i in range(len(vector)):
        h = 6e-6 * max(1, abs(vector[i]))
        above, below = vector.copy(), vector.copy()
        above[i] += h
        below[i] -= h
        gradient[i] = (function(above) - function(below)) / (above[i] - below[i])
    return gradient


def complex_steps(function: Callable[[Array], Any], vector: Array) -> Array:
    h = 1e-100
    gradient = np.empty_like(vector)
    for i in range(len(vector)):
        shifted = vector.astype(complex)
        shifted[i] += 1j * h
        gradient[i] = function(shifted).imag / h
    return gradient
