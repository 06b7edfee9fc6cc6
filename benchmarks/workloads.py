"""The workloads: what is trained, on what, from where and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

import glassnet as gn
from glassnet.optim.optimizers import Optimizer


@dataclass(frozen=True)
class Workload:
    """One training that every peer does with the same numbers.

    `epochs` are timed, or as many as fit into the time, so long as the loss of none of them is
    below `stop_below`: who trains on a full batch looks at it after every epoch.
    """

    name: str
    sizes: tuple[int, ...]
    activation: str
    rows: int
    batch_size: int
    dtype: str
    optimizer: Optimizer
    epochs: int
    stop_below: float = -np.inf

    @property
    def network(self) -> gn.Network:
        """The description that glassnet trains."""
        return gn.Network(self.sizes, self.activation)

    @property
    def steps(self) -> int:
        """Updates in one epoch."""
        return -(-self.rows // self.batch_size)

    @property
    def multiplications(self) -> int:
        """About how many multiplications a forward pass of one batch takes."""
        return self.batch_size * sum(
            a * b for a, b in zip(self.sizes, self.sizes[1:], strict=False)
        )

    @cached_property
    def start(self) -> gn.Parameters:
        """Where everybody starts."""
        name = "legacy_numpy" if self.name == "tutorial" else "glorot_uniform"
        return gn.Parameters.initial(self.network, name, seed=0)

    @cached_property
    def layers(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """The start as (W, b) with b (n_out,), in the workload's precision."""
        return [(W.astype(self.dtype), b[:, 0].astype(self.dtype)) for W, b in self.start.layers]

    @cached_property
    def X(self) -> np.ndarray:
        """(rows, n_in)."""
        if self.name.startswith("tutorial"):
            return gn.datasets.rings().X
        rng = np.random.default_rng(1)
        return rng.standard_normal((self.rows, self.sizes[0]), np.float32).astype(self.dtype)

    @cached_property
    def y(self) -> np.ndarray:
        """(rows,) class numbers, which a linear rule gives, so that there is something to learn."""
        if self.name.startswith("tutorial"):
            return gn.datasets.rings().y.astype(np.int64)
        scores: np.ndarray = self.X[:, : self.sizes[-1]]
        classes: np.ndarray = np.argmax(scores, axis=1).astype(np.int64)
        return classes

    @cached_property
    def Y(self) -> np.ndarray:
        """(rows, n_out) targets."""
        if self.sizes[-1] == 1:
            return self.y[:, np.newaxis].astype(self.dtype)
        one_hot: np.ndarray = np.eye(self.sizes[-1], dtype=self.dtype)[self.y]
        return one_hot

    def orders(self, epochs: int) -> np.ndarray | None:
        """(epochs, rows): the orders that glassnet draws from seed 0; None for one batch."""
        if self.batch_size >= self.rows:
            return None
        generator = np.random.default_rng([0, 1])
        return np.stack([generator.permutation(self.rows) for _ in range(epochs)])


GD = gn.GradientDescent
WORKLOADS = [
    Workload("tutorial", (2, 3, 3, 1), "sigmoid", 20, 20, "float64", GD(0.4), 5271, 0.005),
    Workload("tutorial, Adam", (2, 3, 3, 1), "sigmoid", 20, 20, "float64", gn.Adam(0.01), 2000),
    Workload("tabular", (10, 32, 32, 2), "relu", 200_000, 256, "float32", GD(0.05), 4),
    Workload("tabular, Adam", (10, 32, 32, 2), "relu", 200_000, 256, "float32", gn.Adam(), 4),
    Workload("digits", (64, 64, 10), "relu", 1797, 32, "float32", GD(0.05), 50),
    Workload("image-sized", (784, 256, 128, 10), "relu", 2048, 128, "float32", GD(0.05), 10),
    Workload("wide", (1024, 1024, 1024, 10), "relu", 1024, 512, "float32", GD(0.05), 5),
]
