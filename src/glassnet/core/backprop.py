"""Forward pass and backpropagation, written as the tutorial writes them, for any number of layers.

    forward    z_l = W_l a_{l-1} + b_l             a_l = g_l(z_l)           with a_0 = x
    backward   dW_l = dz_l a_{l-1}'                db_l = dz_l
               da_{l-1} = W_l' dz_l                dz_{l-1} = da_{l-1} * g'(z_{l-1})

where dz_L = dL/dz_L comes from the loss, a prime after a matrix is its transpose, and dv stands
for dL/dv. All m samples go through at once: a is (n, m), one column a sample, so that the
products above add up the samples' gradients by themselves (Rumelhart, Hinton and Williams 1986).

With dropout a hidden layer's a_l = g_l(z_l) * mask_l, and so dz_l = da_l * mask_l * g'(z_l).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from glassnet.core.activations import HIDDEN, OUTPUT
from glassnet.core.losses import loss_of
from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.core.samples import checked_data
from glassnet.errors import check_fields, instance_of


@dataclass(frozen=True, eq=False)
class Trace:
    """Every number of one forward and backward pass, by the tutorial's names.

    Lists run over the layers and line up with `parameters.layers`: z[0] is the tutorial's z1,
    dW[0] its dW1. There are m samples and layers of n_l neurons. `loss` is the average of `losses`,
    sum(weight * losses) / sum(weight); the gradient of that average is
    `gradient.vector / weight_sum`.

    Parameters
    ----------
    network : Network
        The network.
    parameters : Parameters
        Its weights and biases.
    x : array of shape (n_0, m)
        The input, one column a sample.
    y : array of shape (n_L, m)
        The targets.
    weight : array of shape (m,)
        What each sample counts; ones unless weights were given.
    z, a : list of arrays of shape (n_l, m)
        One entry a layer.
    losses : array of shape (m,)
        The loss of each sample.
    dz : list of arrays of shape (n_l, m)
        One entry a layer.
    da : list of arrays of shape (n_l, m)
        One entry a hidden layer; the output's dz is the loss's.
    gradient : Parameters
        The gradient of the sum of weighted losses; `dW` and `db` are its views.
    masks : list of arrays of shape (n_l, m), optional
        One entry a hidden layer; None without dropout.
    """

    network: Network
    parameters: Parameters
    x: Array
    y: Array
    weight: Array
    z: list[Array]
    a: list[Array]
    losses: Array
    dz: list[Array]
    da: list[Array]
    gradient: Parameters
    masks: list[Array] | None = None

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def dW(self) -> list[Array]:
        """Sums over the samples of dz_l a_{l-1}', (n_l, n_{l-1}) each: one entry a layer."""
        return [dW for dW, _ in self.gradient.layers]

    @property
    def db(self) -> list[Array]:
        """Sums over the samples of dz_l, (n_l, 1) each: one entry a layer."""
        return [db for _, db in self.gradient.layers]

    @property
    def weight_sum(self) -> float:
        """The number of samples, or the sum of their weights."""
        return float(self.weight.sum())

    @property
    def loss(self) -> float:
        """L = sum(weight * losses) / sum(weight)."""
        return float(self.weight @ self.losses) / self.weight_sum


# Huge weights overflow to infinity, which training finds and reports; numpy need not warn of it.
_no_warnings = np.errstate(over="ignore", invalid="ignore")


@_no_warnings
def forward(
    network: Network, parameters: Parameters, x: Array, masks: list[Array] | None = None
) -> tuple[list[Array], list[Array]]:
    """z_l = W_l a_{l-1} + b_l and a_l = g_l(z_l) for every layer; x is (n_0, m).

    With `masks`, one (n_l, m) for each hidden layer, a_l = g_l(z_l) * mask_l there.
    """
    z: list[Array] = []
    a: list[Array] = []
    before = x
    for l, ((W, b), g) in enumerate(zip(parameters.layers, _functions(network), strict=True)):
        z.append(W @ before + b)  # (n_l, m)
        a.append(g(z[-1]))
        if masks is not None and l < len(masks):
            a[-1] = a[-1] * masks[l]
        before = a[-1]
    return z, a


def backward(
    network: Network,
    parameters: Parameters,
    x: Array,
    z: list[Array],
    a: list[Array],
    dz_output: Array,
    masks: list[Array] | None = None,
) -> tuple[list[Array], list[Array], Parameters]:
    """dz by layer, da by hidden layer, and (dW, db) by layer summed over samples."""
    W = [W for W, _ in parameters.layers]
    gradient = Parameters(network, np.empty_like(parameters.vector))
    last = network.n_layers - 1
    dz = [dz_output] * network.n_layers
    da = a[:last]
    for l, (dW, db) in reversed(list(enumerate(gradient.layers))):
        a_before = a[l - 1] if l > 0 else x
        np.matmul(dz[l], a_before.T, out=dW)  # (n_l, n_{l-1})
        dz[l].sum(axis=1, keepdims=True, out=db)  # (n_l, 1)
        if l > 0:
            g = HIDDEN[network.activation[l - 1]]
            da[l - 1] = W[l].T @ dz[l]  # (n_{l-1}, m)
            if masks is None:
                dz[l - 1] = da[l - 1] * g.derivative(z[l - 1], a[l - 1])
            else:  # a_{l-1} is masked, and g' is to have g(z) as it was
                whole = g.derivative(z[l - 1], g.function(z[l - 1]))
                dz[l - 1] = da[l - 1] * (masks[l - 1] * whole)
    return dz, da, gradient


@_no_warnings
def full_pass(
    network: Network,
    parameters: Parameters,
    X: Array,
    Y: Array,
    weight: Array | None,
    masks: list[Array] | None = None,
) -> Trace:
    """Forward, loss and backward for checked rows X (m, n_in) and Y (m, n_out)."""
    x, y = X.T, Y.T
    loss = loss_of(network)
    z, a = forward(network, parameters, x, masks)
    dz_output = loss.delta(a[-1], y)
    if weight is None:
        weight = np.ones(len(X), X.dtype)
    else:
        dz_output = dz_output * weight
    dz, da, gradient = backward(network, parameters, x, z, a, dz_output, masks)
    return Trace(
        network=network,
        parameters=parameters,
        x=x,
        y=y,
        weight=weight,
        z=z,
        a=a,
        losses=loss.per_sample(z[-1], y),
        dz=dz,
        da=da,
        gradient=gradient,
        masks=masks,
    )


def trace(
    network: Network,
    parameters: Parameters,
    X: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None = None,
) -> Trace:
    """Run one forward and backward pass and keep every number of it.

    Parameters
    ----------
    network : Network
        The network.
    parameters : Parameters
        Its weights and biases.
    X : array of shape (n_samples, n_features)
        The inputs.
    y : array of shape (n_samples,) or (n_samples, n_outputs)
        The targets.
    sample_weight : array of shape (n_samples,), optional
        What each sample counts.

    Returns
    -------
    Trace
        The numbers z, a, losses, dz, da, dW and db, by layer.

    Raises
    ------
    InputError
        If X, y or the weights do not fit the network.
    """
    instance_of("parameters", parameters, Parameters)
    dtype = parameters.vector.dtype.name
    data = checked_data(network, X, y, sample_weight, dtype)
    return full_pass(network, parameters, *data)


def _functions(network: Network) -> list[Callable[[Array], Array]]:
    hidden = [HIDDEN[name].function for name in network.activation]
    return [*hidden, OUTPUT[network.output_activation]]
