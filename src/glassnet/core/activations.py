"""Activation functions g(z), each next to its derivative g'(z).

Every function works element by element on arrays of any shape and is finite for every finite z.
A derivative takes z and a = g(z), because for some functions a gives the shorter equation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from glassnet.core.elementary import normal_cdf
from glassnet.core.parameters import Array

LEAK = 0.01  # slope of leaky_relu below zero (Maas et al. 2013; PyTorch's default too)

LARGEST_EXPONENT = 80


def sigmoid(z: Array) -> Array:
    """g(z) = 1 / (1 + exp(-z)), the logistic function.

    With e = exp(-|z|), which cannot overflow, it is 1 / (1 + e) for z >= 0 and e / (1 + e) below.
    """
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


def sigmoid_derivative(z: Array, a: Array) -> Array:
    """g'(z) = a (1 - a)."""
    return a * (1 - a)


def tanh(z: Array) -> Array:
    """g(z) = (exp(z) - exp(-z)) / (exp(z) + exp(-z))."""
    return np.tanh(z)


def tanh_derivative(z: Array, a: Array) -> Array:
    """g'(z) = 1 - a^2."""
    return 1 - a * a


def relu(z: Array) -> Array:
    """g(z) = max(z, 0) (Nair and Hinton 2010)."""
    return np.maximum(z, 0)


def relu_derivative(z: Array, a: Array) -> Array:
    """g'(z) = 1 for z > 0, else 0; at the kink z = 0 we take 0, as the frameworks do."""
    return (z > 0).astype(z.dtype)


def leaky_relu(z: Array) -> Array:
    """g(z) = z for z > 0, else 0.01 z (Maas et al. 2013)."""
    return np.where(z > 0, z, LEAK * z)


def leaky_relu_derivative(z: Array, a: Array) -> Array:
    """g'(z) = 1 for z > 0, else 0.01."""
    return np.where(z > 0, 1, LEAK).astype(z.dtype)


def elu(z: Array) -> Array:
    """g(z) = z for z > 0, else exp(z) - 1 (Clevert et al. 2016, with alpha = 1)."""
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0)))


def elu_derivative(z: Array, a: Array) -> Array:
    """g'(z) = 1 for z > 0, else exp(z) = a + 1."""
    return np.where(z > 0, 1, a + 1)


def gelu(z: Array) -> Array:
    """g(z) = z Phi(z), Phi the normal distribution function (Hendrycks and Gimpel 2016).

    The exact form, not the tanh approximation.
    """
    return z * normal_cdf(z)


def gelu_derivative(z: Array, a: Array) -> Array:
    """g'(z) = Phi(z) + z phi(z), phi the normal density."""
    density: Array = np.exp(-z * z / 2) / float(np.sqrt(2 * np.pi))
    return normal_cdf(z) + z * density


def softplus(z: Array) -> Array:
    """g(z) = log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|)), which cannot overflow."""
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def softplus_derivative(z: Array, a: Array) -> Array:
    """g'(z) = 1 / (1 + exp(-z))."""
    return sigmoid(z)


def identity(z: Array) -> Array:
    """g(z) = z."""
    return z


def identity_derivative(z: Array, a: Array) -> Array:
    """g'(z) = 1."""
    return np.ones_like(z)


def softmax(z: Array) -> Array:
    """a_k = exp(z_k) / sum_j exp(z_j) over the outputs: z (n_out, m), one column a sample.

    The largest z_k of each sample is taken off first, so that exp cannot overflow. Only an
    output: its gradient is never needed alone, see `losses.categorical_cross_entropy_delta`.
    """
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)


def bounded_exp(z: Array) -> Array:
    """exp(z), and for z > 80 exp(80), so that it is finite in float32, too."""
    return np.exp(np.minimum(z, LARGEST_EXPONENT))


class Activation(NamedTuple):
    """A hidden layer's function g(z) and its derivative g'(z, a)."""

    function: Callable[[Array], Array]
    derivative: Callable[[Array, Array], Array]


HIDDEN: dict[str, Activation] = {
    "sigmoid": Activation(sigmoid, sigmoid_derivative),
    "tanh": Activation(tanh, tanh_derivative),
    "relu": Activation(relu, relu_derivative),
    "leaky_relu": Activation(leaky_relu, leaky_relu_derivative),
    "elu": Activation(elu, elu_derivative),
    "gelu": Activation(gelu, gelu_derivative),
    "softplus": Activation(softplus, softplus_derivative),
    "identity": Activation(identity, identity_derivative),
}

OUTPUT: dict[str, Callable[[Array], Array]] = {
    "sigmoid": sigmoid,
    "softmax": softmax,
    "exp": bounded_exp,
    "identity": identity,
}
