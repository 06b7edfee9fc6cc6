"""What predictions for rows held out say: how to weigh candidates, how certain to be, how good.

Everything here is computed from logits z (n, n_outputs) of networks that had not seen the rows.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from glassnet.core.losses import loss_named
from glassnet.core.network import CLASS_LOSSES
from glassnet.core.parameters import Array

STEPS = 25  # of the greedy choice: weights are multiples of 1/25 at least
TEMPERATURES = (0.25, 8.0)
Z95 = 1.959963984540054  # of the normal distribution


class Score(NamedTuple):
    """A score with the ends of its 95 % interval over rows."""

    value: float
    low: float
    high: float


def mean_loss(loss: str, z: Array, Y: Array, weight: Array | None) -> float:
    """Return the average loss of logits z for targets Y, (n, n_outputs); infinite if it is none."""
    with np.errstate(over="ignore", invalid="ignore"):
        found = float(np.average(loss_named(loss).per_sample(z.T, Y.T), weights=weight))
    return found if math.isfinite(found) else math.inf


def greedy_weights(loss: str, z: Array, Y: Array, weight: Array | None) -> Array:
    """Return what each candidate counts in the average of logits that predicts best.

    Candidates are added one by one, each time the one with which the average has the least loss;
    one may be added several times (Caruana et al. 2004, Ensemble selection).

    Parameters
    ----------
    loss : str
        The loss.
    z : array of shape (n_candidates, n, n_outputs)
        The logits of each candidate.
    Y, weight : arrays of shape (n, n_outputs) and (n,)
        The targets, and what each row counts.

    Returns
    -------
    array of shape (n_candidates,)
        Weights that add up to 1.
    """
    counts, best = np.zeros(len(z)), (math.inf, np.ones(len(z)) / len(z))
    total = np.zeros_like(z[0])
    for step in range(1, STEPS + 1):
        losses = [mean_loss(loss, (total + own) / step, Y, weight) for own in z]
        chosen = int(np.argmin(losses))
        counts[chosen] += 1
        total += z[chosen]
        if losses[chosen] < best[0]:
            best = losses[chosen], counts / step
    return best[1]


def best_temperature(loss: str, z: Array, Y: Array, weight: Array | None) -> float:
    """Return the temperature T with the least loss of z/T (Guo et al. 2017); 1 for a regression.

    The loss is convex in 1/T, whose logarithm is found by golden-section search.
    """
    if loss not in CLASS_LOSSES:
        return 1.0
    low, high = (math.log(1 / T) for T in reversed(TEMPERATURES))
    golden = (math.sqrt(5) - 1) / 2

    def at(log_inverse: float) -> float:
        return mean_loss(loss, z * math.exp(log_inverse), Y, weight)

    for _ in range(40):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if at(left) <= at(right):
            high = right
        else:
            low = left
    return math.exp(-(low + high) / 2)


def share_score(right: np.ndarray) -> Score:
    """Return a share of rows with Wilson's interval, which is sound near 0 and 1, too."""
    n, p = len(right), float(np.mean(right))
    centre = (p + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 / (1 + Z95**2 / n) * math.sqrt(p * (1 - p) / n + Z95**2 / (4 * n * n))
    return Score(p, max(0.0, centre - half), min(1.0, centre + half))


def mean_score(values: Array) -> Score:
    """Return a mean over rows with the interval of the central limit theorem."""
    with np.errstate(over="ignore", invalid="ignore"):  # of networks that diverged
        mean = float(np.mean(values))
        half = Z95 * float(np.std(values)) / math.sqrt(len(values))
    return Score(mean, mean - half, mean + half)


def root_score(squares: Array) -> Score:
    """Return the root of a mean of squares, and the roots of that mean's interval."""
    return Score(*(math.sqrt(max(0.0, end)) for end in mean_score(squares)))


def r2_score(error: Array, y: Array) -> Score:
    """Return R2 = 1 - mean e^2 / mean (y - mean y)^2, with the interval of that ratio.

    The variance of a ratio is that of e^2 - ratio (y - mean y)^2 over the mean of the latter
    squared (the delta method).
    """
    squares, spread = np.square(error), np.square(y - np.mean(y))
    if not spread.any():
        return Score(math.nan, math.nan, math.nan)
    ratio = float(squares.mean() / spread.mean())
    half = Z95 * float(np.std(squares - ratio * spread) / spread.mean()) / math.sqrt(len(y))
    return Score(1 - ratio, 1 - ratio - half, 1 - ratio + half)
