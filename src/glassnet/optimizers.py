"""Update rules on the flat parameter vector, as pairs of pure functions: init and update.

The gradient an update receives is that of the average loss.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import Protocol

from glassnet.errors import InputError
from glassnet.parameters import Array

# What a rule remembers between updates, by name: momentum and the like.
OptimizerState = dict[str, Array]


class Optimizer(Protocol):
    """An update rule; instances are frozen and hold settings only."""

    @property
    def learning_rate(self) -> float:
        """The step size, alpha."""

    def init(self, vector: Array) -> OptimizerState:
        """The state before the first update of this parameter vector."""

    def update(
        self, vector: Array, gradient: Array, state: OptimizerState
    ) -> tuple[Array, OptimizerState]:
        """The parameter vector and the state after one update."""


@dataclass(frozen=True)
class GradientDescent:
    """Gradient descent: W <- W - alpha dL/dW (Cauchy 1847).

    `learning_rate` is alpha. Raises InputError unless it is positive and finite.
    """

    learning_rate: float

    def __post_init__(self) -> None:
        rate = self.learning_rate
        if not (isinstance(rate, Real) and rate > 0 and math.isfinite(rate)):
            raise InputError(
                f"The learning rate must be a positive, finite number such as 0.4, not {rate!r}."
            )

    def init(self, vector: Array) -> OptimizerState:
        """Plain gradient descent remembers nothing."""
        return {}

    def update(
        self, vector: Array, gradient: Array, state: OptimizerState
    ) -> tuple[Array, OptimizerState]:
        """W <- W - alpha dL/dW."""
        return vector - self.learning_rate * gradient, state
