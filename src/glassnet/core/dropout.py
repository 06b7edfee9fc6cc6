"""Dropout: which neurons are left out of a training step, decided by a counter, not by a stream.

Every neuron of every sample has a number of its own, mixed from the key of the epoch, the layer,
the sample's place in the order of the epoch and the neuron. So a mask is the same whoever
computes it and however the samples are cut into batches, chunks, threads or machines. The mixing
is that of SplitMix64 (Steele, Lea and Flood 2014).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np
from numpy.typing import DTypeLike

from glassnet.core.network import Network
from glassnet.core.parameters import Array
from glassnet.errors import InputError, Name

GOLDEN = 0x9E3779B97F4A7C15  # 2^64 / golden ratio, odd: its multiples are spread evenly


@dataclass(frozen=True)
class Dropout:
    """Inverted dropout (Srivastava et al. 2014) of one epoch, for samples from `first` on.

    a <- a * mask, where a mask is 0 with probability p and else 1 / (1 - p), so that its
    expectation is 1. `rates` holds p of each hidden layer, `key` is the epoch's, from 0 to below
    2^64, and `first` the place of the first sample in the order of the epoch.
    """

    rates: tuple[float, ...]
    key: int
    first: int = 0

    def masks(self, network: Network, n_samples: int, dtype: DTypeLike = "float64") -> list[Array]:
        """One mask (n_l, n_samples) for each hidden layer."""
        hidden = zip(self.rates, network.sizes[1:-1], strict=True)
        return [
            self._mask(layer, rate, n, n_samples, dtype)
            for layer, (rate, n) in enumerate(hidden, start=1)
        ]

    def _mask(self, layer: int, rate: float, n: int, n_samples: int, dtype: DTypeLike) -> Array:
        samples = np.arange(self.first, self.first + n_samples, dtype=np.uint64)
        neurons = np.arange(n, dtype=np.uint64)
        keys = mixed(mixed(np.array([self.key], np.uint64), np.uint64(layer)), samples)
        bits = mixed(keys, neurons[:, np.newaxis])  # (n, n_samples)
        # The upper 53 bits are a number u from 0 to below 1 in steps of 2^-53; kept if u >= p.
        kept = bits >> np.uint64(11) >= math.ceil(rate * 2**53)
        return np.where(kept, 1 / (1 - rate), 0).astype(dtype)


def mixed(key: np.ndarray, number: np.ndarray | np.uint64) -> np.ndarray:
    """The `number`-th output, from 0, of the SplitMix64 generator that is seeded with `key`."""
    bits = key + np.uint64(GOLDEN) * (np.atleast_1d(number) + np.uint64(1))
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def drawn_key(generator: np.random.Generator) -> int:
    """The key of the next epoch: 64 random bits."""
    return int.from_bytes(generator.bytes(8), "little")


def checked_rates(network: Network, dropout: float | Sequence[float]) -> tuple[float, ...]:
    """One rate for each hidden layer, from one for all or one for each; () where none drops.

    Raises InputError unless every rate is from 0 to below 1 and there is one a hidden layer.
    """
    n_hidden = network.n_layers - 1
    if isinstance(dropout, Real):
        rates = (_checked_rate(dropout),) * n_hidden
    elif isinstance(dropout, Sequence) and not isinstance(dropout, str):
        rates = tuple(_checked_rate(rate) for rate in dropout)
    else:
        raise InputError(
            Name("dropout"),
            f" must be a rate such as 0.2, or one for each hidden layer, not {dropout!r:.80}.",
        )
    if rates and len(rates) != n_hidden:
        raise InputError(
            f"{len(rates)} dropout rates were given for {n_hidden} hidden layers: "
            "give one rate for all, or one for each."
        )
    return rates if any(rates) else ()


def _checked_rate(rate: object) -> float:
    if isinstance(rate, Real) and 0 <= float(rate) < 1:
        return float(rate)
    raise InputError(
        f"A dropout rate must be a number from 0 to below 1, such as 0.2, not {rate!r:.80}."
    )
