"""The interface of a framework: the task it gets, and the methods it must have.

A framework gets the start, the data and, epoch by epoch, the order of the rows, the factor of the
learning rate and the neurons that dropout keeps from here. Everything else it computes itself:
forward pass, loss, derivatives (by its own automatic differentiation), clipping and updates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from glassnet.core.network import Network
from glassnet.core.parameters import Array
from glassnet.optim.optimizers import Optimizer
from glassnet.optim.penalty import Penalty


@dataclass(frozen=True, eq=False)
class Task:
    """A training, as every framework is given it; arrays are of the precision to train in.

    `weight` is (n_samples,), ones where every sample counts once. An epoch whose loss is below
    `goal` is the last. `most_epochs` is how many `advance` is asked for at most in one call.
    A gradient longer than `max_norm` is shortened to it. `dropout` holds one rate for each
    hidden layer, or nothing.
    """

    network: Network
    start: Array  # (n_parameters,)
    optimizer: Optimizer
    penalty: Penalty
    X: Array  # (n_samples, n_features)
    Y: Array  # (n_samples, n_outputs)
    weight: Array
    batch_size: int
    goal: float
    most_epochs: int
    max_norm: float = math.inf
    dropout: tuple[float, ...] = ()

    @property
    def full_batch(self) -> bool:
        """Whether an epoch is a single update on all rows, in the order they are in."""
        return self.batch_size >= len(self.X)

    @property
    def clips(self) -> bool:
        """Whether there is a gradient too long to be followed."""
        return self.max_norm < math.inf

    @property
    def whole_batches(self) -> int:
        """How many batches of an epoch hold `batch_size` rows; the last may hold fewer."""
        return len(self.X) // self.batch_size

    @property
    def layers(self) -> list[tuple[Array, Array]]:
        """The start as [(W, b), ...]: W (n_out, n_in) and b (1, n_out)."""
        return split(self.network, self.start)

    @property
    def kept_scales(self) -> list[float]:
        """The factor of a kept neuron's a, for each hidden layer."""
        return [1 / (1 - rate) for rate in self.dropout]


class Course(NamedTuple):
    """The inputs of the next `epochs` epochs; row e of each array is epoch e's.

    There are `most_epochs` rows however many epochs are asked for, so that a program is compiled
    once. With a full batch there is no order to follow, and without dropout nothing is left out.
    """

    epochs: int
    orders: np.ndarray  # (most_epochs, n_samples): rows of X; (most_epochs, 0) with a full batch
    rate_factors: Array  # (most_epochs,)
    kept: tuple[np.ndarray, ...]  # (most_epochs, n_samples, n_l) booleans for each hidden layer

    @classmethod
    def plain(cls, task: Task, epochs: int) -> Course:
        """Rows in their own order, a factor of 1, and every neuron kept."""
        most, n_samples = task.most_epochs, len(task.X)
        hidden = task.network.sizes[1:-1] if task.dropout else ()
        return cls(
            epochs,
            np.tile(np.arange(0 if task.full_batch else n_samples), (most, 1)),
            np.ones(most),
            tuple(np.ones((most, n_samples, n), bool) for n in hidden),
        )


class Ready(NamedTuple):
    """The facts that a framework reports when it is ready to train."""

    version: str
    timed: str
    conventions: list[str]
    preparation: float  # seconds: import and compilation


class Done(NamedTuple):
    """The results of some epochs; see `Trainer`."""

    losses: Array
    vectors: Array
    outputs: Array
    seconds: float


class Trainer(Protocol):
    """One framework at work on one task."""

    version: str
    timed: str  # how it is used, in a few words
    conventions: list[str]  # where it means something else by a name, and what was done about it

    def begin(self) -> None:
        """Put parameters and optimizer back to the start."""

    def advance(self, course: Course) -> tuple[Array, Array]:
        """Train up to `course.epochs` more.

        Returns the loss (done,) of every epoch done and the parameters after it (done,
        n_parameters). It ends early with the epoch whose loss is below the goal or not finite.
        """

    def outputs(self, vectors: Array, X: Array) -> Array:
        """The last layer's a for each parameter vector: (n_vectors, n_rows, n_outputs)."""


def split(network: Network, vectors: Array) -> list[tuple[Array, Array]]:
    """Vectors (..., n_parameters) as layers [(W, b), ...]: W (..., n_out, n_in), b (..., 1, n_out).

    With b as a row, `a @ W' + b` is right for one vector and for many at once.
    """
    layers = []
    first = 0
    for (n_out, n_in), _ in network.shapes:
        middle = first + n_out * n_in
        W = vectors[..., first:middle].reshape(*vectors.shape[:-1], n_out, n_in)
        b = vectors[..., middle : middle + n_out].reshape(*vectors.shape[:-1], 1, n_out)
        layers.append((W, b))
        first = middle + n_out
    return layers
