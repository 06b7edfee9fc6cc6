"""Backpropagation held against central differences and complex steps, parameter by parameter.

Both need the loss alone and not one rule of calculus. A complex step, Im L(p + ih) / h, subtracts
nothing, so that it is right to the last digits (Squire and Trapp 1998); it needs the loss for
complex parameters, which is written here once more, apart from the functions that train.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from glassnet.core.backprop import forward, full_pass
from glassnet.core.elementary import normal_cdf
from glassnet.core.losses import loss_of
from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.core.samples import checked_samples, checked_targets
from glassnet.errors import check_fields, instance_of


@dataclass(frozen=True, eq=False)
class GradientCheck:
    """Two gradients of the average loss, and where they differ most.

    Parameters
    ----------
    backprop, differences : array of shape (n_parameters,)
        The gradient by backpropagation, and by the other way.
    error : float
        The largest |backprop - difference| / max |backprop|.
    where : str
        The name of its parameter, such as "W2[1,2]", counted from 1.
    """

    backprop: Array
    differences: Array
    error: float
    where: str

    def __post_init__(self) -> None:
        check_fields(self)

    def __str__(self) -> str:
        return f"largest relative error {self.error:.2e}, at {self.where}"


def gradient_check(
    network: Network, parameters: Parameters, X: ArrayLike, y: ArrayLike
) -> GradientCheck:
    """Compare backpropagation with (L(p + h) - L(p - h)) / 2h for each parameter p, in float64.

    h = cbrt(machine epsilon) * max(1, |p|) balances the two errors of the difference, its
    truncation (h^2) and its rounding (epsilon / h), so that agreement to about 1e-9 is to be
    expected, and less only where a relu's kink lies between p - h and p + h.

    Parameters
    ----------
    network : Network
        The network.
    parameters : Parameters
        Where the gradient is taken.
    X : array of shape (n_samples, n_features)
        The inputs.
    y : array of shape (n_samples,) or (n_samples, n_outputs)
        The targets.

    Returns
    -------
    GradientCheck
        Both gradients, and where they differ most.

    Raises
    ------
    InputError
        If X or y do not fit the network.

    References
    ----------
    Press, Teukolsky, Vetterling and Flannery, "Numerical Recipes", section 5.7.
    """
    samples, targets, parameters = _checked(network, parameters, X, y)
    backprop = _backprop(network, parameters, samples, targets)
    differences = _central_differences(network, parameters.vector, samples, targets)
    return _compared(parameters, backprop, differences)


@dataclass(frozen=True, eq=False)
class GradientReport:
    """Backpropagation against two other ways to the gradient, over every parameter.

    Parameters
    ----------
    network : Network
        The network that was checked.
    differences : GradientCheck
        The check with central differences.
    complex_steps : GradientCheck
        The check with complex steps in their place.
    """

    network: Network
    differences: GradientCheck
    complex_steps: GradientCheck

    def __post_init__(self) -> None:
        check_fields(self)

    def passed(self) -> bool:
        """Tell whether both agree as far as their own errors let them.

        A difference across the kink of a relu is none of backpropagation's, so that with such
        activations the complex steps alone decide.

        Returns
        -------
        bool
            Whether the gradients agree.
        """
        activations = set(self.network.activation)
        smooth = activations.isdisjoint({"relu", "leaky_relu"})
        differences_agree = not smooth or self.differences.error <= DIFFERENCES_AGREE
        return differences_agree and self.complex_steps.error <= STEPS_AGREE


# What separates rounding from a wrong gradient. A central difference is good for about 1e-9 of
# the largest gradient, and for less where that is small beside the loss, as after training.
DIFFERENCES_AGREE = 1e-5
STEPS_AGREE = 1e-10


def gradient_report(
    network: Network, parameters: Parameters, X: ArrayLike, y: ArrayLike
) -> GradientReport:
    """Compare backpropagation with central differences and with complex steps, in float64.

    A complex step is Im L(p + ih) / h with h = 1e-100. It never crosses the kink of a relu, so that
    it is exact for all activations; agreement to 1e-12 is to be expected. It takes one forward pass
    a parameter and method, so it is for small networks.

    Parameters
    ----------
    network : Network
        The network.
    parameters : Parameters
        Where the gradient is taken.
    X : array of shape (n_samples, n_features)
        The inputs.
    y : array of shape (n_samples,) or (n_samples, n_outputs)
        The targets.

    Returns
    -------
    GradientReport
        The two checks.

    Raises
    ------
    InputError
        If X or y do not fit the network.

    References
    ----------
    Squire and Trapp, "Using complex variables to estimate derivatives of real functions" (1998).
    """
    samples, targets, parameters = _checked(network, parameters, X, y)
    backprop = _backprop(network, parameters, samples, targets)
    arguments = (network, parameters.vector, samples, targets)
    return GradientReport(
        network=network,
        differences=_compared(parameters, backprop, _central_differences(*arguments)),
        complex_steps=_compared(parameters, backprop, _complex_steps(*arguments)),
    )


def _checked(
    network: Network, parameters: Parameters, X: ArrayLike, y: ArrayLike
) -> tuple[Array, Array, Parameters]:
    samples = checked_samples(network, X)
    targets = checked_targets(network, samples, y)
    instance_of("parameters", parameters, Parameters)
    return samples, targets, Parameters(network, parameters.vector.astype(np.float64))


def _backprop(network: Network, parameters: Parameters, X: Array, Y: Array) -> Array:
    return full_pass(network, parameters, X, Y, None).gradient.vector / len(X)


def _compared(parameters: Parameters, backprop: Array, other: Array) -> GradientCheck:
    deviation = np.abs(backprop - other)
    worst = int(deviation.argmax())
    # At a perfect stationary point there is no scale to compare with; there the error is absolute.
    scale = np.abs(backprop).max() or 1.0
    return GradientCheck(
        backprop=backprop,
        differences=other,
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
    return float(loss_of(network).per_sample(z[-1], Y.T).mean())


def _complex_steps(network: Network, vector: Array, X: Array, Y: Array) -> Array:
    h = 1e-100
    steps = np.empty_like(vector)
    for i in range(len(vector)):
        shifted = vector.astype(np.complex128)
        shifted[i] += 1j * h
        steps[i] = _complex_loss(network, shifted, X, Y).imag / h
    return steps


# Functions below take arrays of complex numbers: `Array` means real ones.
Complex = Any


def _complex_loss(network: Network, vector: Complex, X: Array, Y: Array) -> Complex:
    a: Complex = X.T
    layers = Parameters(network, vector).layers
    for name, (W, b) in zip(network.activation, layers, strict=False):
        a = _COMPLEX[name](W @ a + b)
    W, b = layers[-1]
    level = network.quantile_level
    loss = _COMPLEX_LOSSES[network.loss] if level is None else _complex_quantile(level)
    return loss(W @ a + b, Y.T).mean()


def _complex_sigmoid(z: Complex) -> Complex:
    """1 / (1 + exp(-z)) without overflow: the sign of the real part chooses the form."""
    positive = z.real >= 0
    e = np.exp(np.where(positive, -z, z))
    return np.where(positive, 1, e) / (1 + e)


def _complex_softplus(z: Complex) -> Complex:
    """log(1 + exp(z)) without overflow: z + log(1 + exp(-z)) where the real part is positive."""
    positive = z.real >= 0
    return np.where(positive, z, 0) + np.log1p(np.exp(np.where(positive, -z, z)))


def _complex_gelu(z: Complex) -> Complex:
    """z Phi(z); so near the real numbers Phi(x + iy) is Phi(x) + iy phi(x) to the last digit."""
    density = np.exp(-(z.real**2) / 2) / np.sqrt(2 * np.pi)
    return z * (normal_cdf(z.real) + 1j * z.imag * density)


def _complex_cross_entropy(z: Complex, y: Array) -> Complex:
    z = z - z.real.max(axis=0)
    return np.log(np.exp(z).sum(axis=0)) - (y * z).sum(axis=0)


def _complex_absolute(d: Complex) -> Complex:
    return np.where(d.real < 0, -d, d)


def _complex_huber(z: Complex, y: Array) -> Complex:
    d = z - y
    return np.where(np.abs(d.real) <= 1, d**2 / 2, _complex_absolute(d) - 0.5).mean(axis=0)


def _complex_quantile(level: float) -> Callable[[Complex, Array], Complex]:
    return lambda z, y: np.where((z - y).real > 0, (1 - level) * (z - y), level * (y - z)).mean(
        axis=0
    )


def _y_log_y_minus_y(y: Array) -> Array:
    return np.where(y > 0, y * np.log(np.where(y > 0, y, 1)) - y, 0)


_COMPLEX: dict[str, Callable[[Complex], Complex]] = {
    "sigmoid": _complex_sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.where(z.real > 0, z, 0),
    "leaky_relu": lambda z: np.where(z.real > 0, z, 0.01 * z),
    "elu": lambda z: np.where(z.real > 0, z, np.expm1(np.where(z.real > 0, 0, z))),
    "gelu": _complex_gelu,
    "softplus": _complex_softplus,
    "identity": lambda z: z,
}
_COMPLEX_LOSSES: dict[str, Callable[[Complex, Array], Complex]] = {
    "binary_cross_entropy": lambda z, y: (_complex_softplus(z) - y * z).sum(axis=0),
    "categorical_cross_entropy": _complex_cross_entropy,
    "mean_squared_error": lambda z, y: ((z - y) ** 2).mean(axis=0),
    "mean_absolute_error": lambda z, y: _complex_absolute(z - y).mean(axis=0),
    "huber": _complex_huber,
    "poisson": lambda z, y: (np.exp(z) - y * z + _y_log_y_minus_y(y)).mean(axis=0),
}
