"""The numbers that are learned: one flat vector, seen as (W, b) layer by layer.

The vector holds W1, b1, W2, b2, ... in that order, each matrix row by row. Optimizers, files
and differences work on the vector; the mathematics works on the views. Both are one memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glassnet.core.network import Network
from glassnet.core.random_numbers import normal, uniform
from glassnet.errors import InputError, given, instance_of, one_of, whole_number

Array = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Parameters:
    """Weights and biases of a network, as one vector with a (W, b) view for each layer.

    Parameters
    ----------
    network : Network
        The network they belong to.
    vector : array of shape (n_parameters,)
        W1, b1, W2, b2, ... one after the other, float64 or float32; not copied.

    Raises
    ------
    InputError
        If the vector does not fit the network.
    """

    network: Network
    vector: Array

    def __post_init__(self) -> None:
        instance_of("network", self.network, Network)
        instance_of("vector", self.vector, np.ndarray)
        expected = (self.network.n_parameters,)
        if self.vector.shape != expected:
            raise InputError(
                f"A network of sizes {self.network.sizes} has parameters of shape {expected}, "
                f"but a vector of shape {self.vector.shape} was given."
            )

    @property
    def layers(self) -> list[tuple[Array, Array]]:
        """[(W1, b1), (W2, b2), ...], views into the vector: W (n_out, n_in), b (n_out, 1)."""
        layers = []
        start = 0
        for (n_out, n_in), _ in self.network.shapes:
            middle = start + n_out * n_in
            W = self.vector[start:middle].reshape(n_out, n_in)
            b = self.vector[middle : middle + n_out].reshape(n_out, 1)
            layers.append((W, b))
            start = middle + n_out
        return layers

    @property
    def names(self) -> list[str]:
        """The name of each number in the vector, counted from 1: "W1[1,1]", ..., "b1[1]", ..."""
        names = []
        for layer, ((n_out, n_in), _) in enumerate(self.network.shapes, start=1):
            names += [f"W{layer}[{i + 1},{j + 1}]" for i in range(n_out) for j in range(n_in)]
            names += [f"b{layer}[{i + 1}]" for i in range(n_out)]
        return names

    def copy(self) -> Parameters:
        """Return the same numbers in a vector of their own.

        Returns
        -------
        glassnet.Parameters
            The copy.
        """
        return Parameters(self.network, self.vector.copy())

    @classmethod
    def from_layers(
        cls, network: Network, layers: Iterable[tuple[ArrayLike, ArrayLike]]
    ) -> Parameters:
        """Return parameters from the weights and biases of each layer.

        Parameters
        ----------
        network : Network
            The network they belong to.
        layers : iterable of (W, b)
            W of shape (n_out, n_in) and b of shape (n_out,) or (n_out, 1), from the first layer on.

        Returns
        -------
        glassnet.Parameters
            The parameters, in float64.

        Raises
        ------
        InputError
            For a missing layer, a wrong shape or a value that is not finite.
        """
        instance_of("network", network, Network)
        layers = _pairs(layers)
        if len(layers) != network.n_layers:
            raise InputError(
                f"A network of sizes {network.sizes} has {network.n_layers} layers (W, b), "
                f"but {len(layers)} were given."
            )
        pieces = []
        for number, ((W, b), (W_shape, b_shape)) in enumerate(
            zip(layers, network.shapes, strict=True), start=1
        ):
            pieces.append(_checked_matrix(W, W_shape, f"W{number}"))
            column = np.reshape(b, (-1, 1)) if np.ndim(b) == 1 else b
            pieces.append(_checked_matrix(column, b_shape, f"b{number}"))
        return cls(network, np.concatenate(pieces))

    @classmethod
    def initial(
        cls, network: Network, initialiser: str = "glorot_uniform", seed: int | None = None
    ) -> Parameters:
        """Return a random start: weights from the named initialiser, biases zero.

        Parameters
        ----------
        network : Network
            The network they belong to.
        initialiser : str
            One of INITIALISERS. "legacy_numpy" draws what `numpy.random.RandomState(seed).rand`
            draws, as the tutorial does.
        seed : int, optional
            For `numpy.random.default_rng`; the same seed gives the same start for ever.

        Returns
        -------
        glassnet.Parameters
            The start, in float64.

        Raises
        ------
        InputError
            For an unknown initialiser or a seed that is not a whole number from 0.
        """
        instance_of("network", network, Network)
        one_of("initialiser", initialiser, INITIALISERS)
        if seed is not None:
            seed = whole_number("seed", seed, 0)
        try:
            parameters = cls(network, np.zeros(network.n_parameters))
        except (MemoryError, ValueError):
            raise InputError(
                f"The {network.n_parameters:,} parameters of a network of sizes {network.sizes} "
                "do not fit into memory: choose smaller layers."
            ) from None
        draw = INITIALISERS[initialiser](seed)
        for W, _ in parameters.layers:
            n_out, n_in = W.shape
            W[...] = draw(n_out, n_in)
        return parameters


def _pairs(layers: Any) -> list[tuple[ArrayLike, ArrayLike]]:
    """The layers as pairs (W, b)."""
    try:
        return [(W, b) for W, b in layers]
    except (TypeError, ValueError):
        raise InputError(
            f"layers must be pairs (W, b), one for each layer, not {given(layers)}."
        ) from None


def _checked_matrix(values: ArrayLike, shape: tuple[int, int], name: str) -> Array:
    try:
        matrix = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} must be an array of numbers of shape {shape}.") from None
    if matrix.shape != shape:
        raise InputError(f"{name} must have shape {shape}, but has {matrix.shape}.")
    if not np.isfinite(matrix).all():
        raise InputError(f"{name} holds a value that is not finite: every weight must be a number.")
    return matrix.ravel()


# An initialiser takes a seed and returns draw(n_out, n_in) -> W, which is called layer by layer.
Draw = Callable[[int, int], Array]


def _uniform(seed: int | None) -> Draw:
    """Uniform on [0, 1), the tutorial's start."""
    generator = np.random.default_rng(seed)
    return lambda n_out, n_in: generator.random((n_out, n_in))


def _legacy_numpy(seed: int | None) -> Draw:
    """Uniform on [0, 1) as numpy's old RandomState draws it: the tutorial's own numbers."""
    try:
        state = np.random.RandomState(seed)
    except ValueError:
        raise InputError(f"legacy_numpy takes seeds below 2**32, not {seed}.") from None
    return state.rand


def _glorot_uniform(seed: int | None) -> Draw:
    """Uniform on +-sqrt(6 / (n_in + n_out)) (Glorot and Bengio 2010)."""
    generator = np.random.default_rng(seed)
    return lambda n_out, n_in: (
        np.sqrt(6 / (n_in + n_out)) * uniform(generator, -1, 1, (n_out, n_in))
    )


def _glorot_normal(seed: int | None) -> Draw:
    """Normal with variance 2 / (n_in + n_out) (Glorot and Bengio 2010)."""
    generator = np.random.default_rng(seed)
    return lambda n_out, n_in: np.sqrt(2 / (n_in + n_out)) * normal(generator, (n_out, n_in))


def _he_uniform(seed: int | None) -> Draw:
    """Uniform on +-sqrt(6 / n_in), for relu and its relatives (He et al. 2015)."""
    generator = np.random.default_rng(seed)
    return lambda n_out, n_in: np.sqrt(6 / n_in) * uniform(generator, -1, 1, (n_out, n_in))


def _he_normal(seed: int | None) -> Draw:
    """Normal with variance 2 / n_in, for relu and its relatives (He et al. 2015)."""
    generator = np.random.default_rng(seed)
    return lambda n_out, n_in: np.sqrt(2 / n_in) * normal(generator, (n_out, n_in))


def _zeros(seed: int | None) -> Draw:
    """All zero: right for a network without hidden layers, and the symmetric start otherwise."""
    return lambda n_out, n_in: np.zeros((n_out, n_in))


INITIALISERS: dict[str, Callable[[int | None], Draw]] = {
    "uniform": _uniform,
    "legacy_numpy": _legacy_numpy,
    "glorot_uniform": _glorot_uniform,
    "glorot_normal": _glorot_normal,
    "he_uniform": _he_uniform,
    "he_normal": _he_normal,
    "zeros": _zeros,
}
