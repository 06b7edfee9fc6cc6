"""Batches: how the samples of an epoch are cut into updates, and in which order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from glassnet.core.parameters import Array


class Batches(NamedTuple):
    """The samples to train on and how they are cut: one batch holds `batch_size` rows, the last
    of an epoch what is left. `weight` is None where every sample counts once.
    """

    X: Array  # (n_samples, n_features)
    Y: Array  # (n_samples, n_outputs)
    weight: Array | None  # (n_samples,)
    batch_size: int

    def draw(self, generator: np.random.Generator) -> Iterator[tuple[Array, Array, Array | None]]:
        """One epoch: every row once, in a random order unless there is a single batch."""
        n_samples = len(self.X)
        if self.batch_size >= n_samples:
            yield self.X, self.Y, self.weight
            return
        order = generator.permutation(n_samples)
        for start in range(0, n_samples, self.batch_size):
            rows = order[start : start + self.batch_size]
            weight = None if self.weight is None else self.weight[rows]
            yield self.X[rows], self.Y[rows], weight
