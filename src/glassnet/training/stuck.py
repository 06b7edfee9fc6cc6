"""When a run counts as stuck: it ended before its goal, and its loss hardly fell at the end."""

from __future__ import annotations

from enum import StrEnum

from glassnet.core.parameters import Array
from glassnet.training.stop_reason import StopKind

TAIL = 10  # the last tenth of the epochs says how a run goes on
SMOOTHED = 100  # over a hundredth of the epochs: the loss of small batches is not smooth
STILL_FALLING = 0.01  # over the tail: at this pace a goal comes nearer; below it a run is stuck


class Ending(StrEnum):
    """How a run with a goal ended."""

    REACHED = "reached"
    FALLING = "falling"  # it used up its epochs, and the loss still fell
    STUCK = "stuck"
    DIVERGED = "diverged"


def ending(kind: StopKind, fell: float) -> Ending:
    """Return how a run ended that fell by this share over its last epochs: see `fall`.

    A run is stuck if it ended before its goal and its loss fell by 1 % or less.

    Examples
    --------
    >>> ending(StopKind.MAX_EPOCHS, 0.002).value, ending(StopKind.MAX_EPOCHS, 0.2).value
    ('stuck', 'falling')
    """
    if kind is StopKind.DIVERGED:
        return Ending.DIVERGED
    if kind is StopKind.LOSS_BELOW:
        return Ending.REACHED
    return Ending.FALLING if fell > STILL_FALLING else Ending.STUCK


def tail_of(epochs: int) -> int:
    """Return the length of the tail that shows whether the loss still falls: a tenth."""
    return max(epochs // TAIL, 1)


def fall(losses: Array) -> float:
    """The share by which the loss fell over the last tenth of the epochs.

    1 - L_n / L_(n - n/10), where each is the mean over a hundredth of the n epochs; 0 of fewer
    than two. A run that used up its epochs is stuck if that is STILL_FALLING or less.
    """
    tail, few = tail_of(len(losses)), max(len(losses) // SMOOTHED, 1)
    before = losses[-few - tail : -tail]
    if not len(before) or not before.any():
        return 0.0
    return float(1 - losses[-few:].mean() / before.mean())
