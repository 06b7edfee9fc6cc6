"""L-BFGS: steps along a quasi-Newton direction, of a length that a line search finds.

    d = -H g        W <- W + alpha d        with g = dL/dW of all the data

H approximates the inverse of the Hessian matrix from the last few steps s = W' - W and changes of
the gradient y = g' - g, without ever being written down: the two loops over (s, y) of Nocedal
(1980; Liu and Nocedal 1989; Nocedal and Wright 2006, algorithm 7.4). alpha satisfies the strong
Wolfe conditions: the loss falls enough, and the slope along d becomes flat enough.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from glassnet.core.parameters import Array
from glassnet.errors import whole_number

# What a rule remembers between updates, by name: momentum and the like.
OptimizerState = dict[str, Array]

# The average loss at a parameter vector, and its gradient there.
Evaluate = Callable[[Array], tuple[float, Array]]

ENOUGH = 1e-4  # of the decrease that the slope promises (the first Wolfe condition)
HALVINGS = 50  # of a step that does not lead down, before there is said to be no way down


@dataclass(frozen=True)
class LBFGS:
    """L-BFGS: few, good steps on the whole of the data, for small problems.

    One epoch is one iteration: one step, for which the line search asks for one or more gradients.
    There are no batches. Where no step leads further down, the parameters stay as they are.

    Parameters
    ----------
    memory : int
        How many steps are remembered.
    max_evaluations : int, optional
        How many evaluations of loss and gradient there may be, before training ends after the
        iteration it is in.

    Raises
    ------
    InputError
        Unless `memory` and `max_evaluations` are whole numbers from 1.

    References
    ----------
    Nocedal, "Updating quasi-Newton matrices with limited storage" (1980).
    """

    memory: int = 10
    max_evaluations: int | None = None

    def __post_init__(self) -> None:
        whole_number("memory", self.memory, 1)
        if self.max_evaluations is not None:
            whole_number("max_evaluations", self.max_evaluations, 1)

    @property
    def learning_rate(self) -> float:
        """The alpha that the line search tries first."""
        return 1.0

    def init(self, vector: Array) -> OptimizerState:
        """Return the state before the first iteration: nothing remembered, all in float64.

        Parameters
        ----------
        vector : array of shape (n_parameters,)
            The parameters to begin at.

        Returns
        -------
        dict of arrays
            The state, by name.
        """
        n = len(vector)
        return {
            "s": np.zeros((self.memory, n)),
            "y": np.zeros((self.memory, n)),
            "pairs": np.zeros(()),  # how many of the last rows of s and y are filled
            "evaluated": np.zeros(()),  # whether loss and gradient are those of the parameters
            "loss": np.zeros(()),
            "gradient": np.zeros(n),
            "settled": np.zeros(()),  # whether no step leads further down
            "evaluations": np.zeros(()),  # of loss and gradient, so far
            "exhausted": np.zeros(()),  # whether there were as many as there may be
        }

    def iterate(
        self, evaluate: Evaluate, vector: Array, state: OptimizerState
    ) -> tuple[float, Array, OptimizerState]:
        """Return the loss at the parameters, and parameters and state after one iteration.

        Parameters
        ----------
        evaluate : callable
            Returns the loss and its gradient (n_parameters,) at a parameter vector.
        vector : array of shape (n_parameters,)
            The parameters.
        state : dict of arrays
            What `init` or the last iteration returned.

        Returns
        -------
        tuple of float, array and dict
            The loss before the step, the parameters and the state after it.
        """
        counted = _Counted(evaluate, int(state["evaluations"]))
        here = _Point(vector, float(state["loss"]), state["gradient"])
        if not state["evaluated"]:
            here = _Point(vector, *counted(vector))
        if state["settled"] or state["exhausted"] or not math.isfinite(here.loss):
            return here.loss, vector, state
        pairs = int(state["pairs"])
        s, y = state["s"], state["y"]
        there = _searched(counted, here, _direction(here.gradient, s, y, pairs))
        if there is None:  # what is remembered did not help
            pairs = 0
            there = _halved(counted, here, _steepest(here.gradient))
        if there is None:
            return here.loss, vector, self._remembered(here, s, y, pairs, counted.times, True)
        step = there.vector.astype(np.float64) - here.vector
        change = there.gradient - here.gradient
        if step @ change > np.finfo(np.float64).eps * (change @ change):
            s, y = np.vstack([s[1:], step]), np.vstack([y[1:], change])
            pairs = min(pairs + 1, self.memory)
        return here.loss, there.vector, self._remembered(there, s, y, pairs, counted.times, False)

    def _remembered(
        self, point: _Point, s: Array, y: Array, pairs: int, evaluations: int, settled: bool
    ) -> OptimizerState:
        exhausted = self.max_evaluations is not None and evaluations >= self.max_evaluations
        return {
            "s": s,
            "y": y,
            "pairs": np.array(float(pairs)),
            "evaluated": np.ones(()),
            "loss": np.array(point.loss),
            "gradient": point.gradient,
            "settled": np.array(float(settled)),
            "evaluations": np.array(float(evaluations)),
            "exhausted": np.array(float(exhausted and not settled)),
        }


class _Counted:
    """A function to evaluate, and how many times it was."""

    def __init__(self, evaluate: Evaluate, times: int) -> None:
        self._evaluate = evaluate
        self.times = times

    def __call__(self, vector: Array) -> tuple[float, Array]:
        self.times += 1
        return self._evaluate(vector)


class _Point(NamedTuple):
    vector: Array  # (n,), in the precision of the run
    loss: float
    gradient: Array  # (n,) float64

    def below(self, other: _Point) -> bool:
        """Whether it is nearer to a minimum; losses that rounding makes equal do not tell."""
        if self.loss == other.loss:
            return float(self.gradient @ self.gradient) < float(other.gradient @ other.gradient)
        return self.loss < other.loss


def _direction(gradient: Array, s: Array, y: Array, pairs: int) -> Array:
    """-H g by the two loops over the last pairs; H starts as (s'y / y'y) of the newest."""
    if pairs == 0:
        return _steepest(gradient)
    s, y = s[-pairs:], y[-pairs:]
    d = -gradient
    weights = []
    for s_i, y_i in zip(s[::-1], y[::-1], strict=True):
        weights.append((s_i @ d) / (s_i @ y_i))
        d = d - weights[-1] * y_i
    d = d * ((s[-1] @ y[-1]) / (y[-1] @ y[-1]))
    for s_i, y_i, weight in zip(s, y, reversed(weights), strict=True):
        d = d + (weight - (y_i @ d) / (s_i @ y_i)) * s_i
    return d


def _steepest(gradient: Array) -> Array:
    """Straight down, of length 1: the gradient knows no scale of its own."""
    norm = math.sqrt(float(gradient @ gradient))
    return -gradient / norm if norm > 0 else -gradient


def _searched(evaluate: Evaluate, here: _Point, direction: Array) -> _Point | None:
    """Where the line search along the direction ends, if that is further down."""
    from scipy.optimize import line_search

    if not here.gradient @ direction < 0:
        return None
    last = here

    def at(x: Array) -> _Point:  # SciPy asks for loss and gradient one after the other
        nonlocal last
        vector = x.astype(here.vector.dtype)
        if not np.array_equal(vector, last.vector):
            last = _finite(vector, *evaluate(vector))
        return last

    def loss(x: Array) -> float:
        return at(x).loss

    def gradient(x: Array) -> Array:
        return at(x).gradient

    x = here.vector.astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # that it found no step, which is answered
        alpha, *_ = line_search(loss, gradient, x, direction, gfk=here.gradient, old_fval=here.loss)
    there = None if alpha is None else at(x + alpha * direction)
    return there if there is not None and there.below(here) else None


def _finite(vector: Array, loss: float, gradient: Array) -> _Point:
    """A point of the line search; one beyond what numbers can hold is infinitely high."""
    if math.isfinite(loss) and np.isfinite(gradient).all():
        return _Point(vector, loss, gradient)
    return _Point(vector, math.inf, np.zeros_like(gradient))


def _halved(evaluate: Evaluate, here: _Point, direction: Array) -> _Point | None:
    """The first step along the direction, halved again and again, that leads far enough down."""
    slope = float(here.gradient @ direction)
    x = here.vector.astype(np.float64)
    for halvings in range(HALVINGS if slope < 0 else 0):
        alpha = 0.5**halvings
        vector = (x + alpha * direction).astype(here.vector.dtype)
        if np.array_equal(vector, here.vector):
            return None
        there = _finite(vector, *evaluate(vector))
        if there.loss <= here.loss + ENOUGH * alpha * slope and there.below(here):
            return there
    return None
