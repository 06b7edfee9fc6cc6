"""Many starts of one training: how each ended, and how many are trained at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from enum import StrEnum


class Ending(StrEnum):
    """How a run with a goal ended."""

    REACHED = "reached"
    FALLING = "falling"  # it used up its epochs, but would come nearer
    STUCK = "stuck"
    DIVERGED = "diverged"


class PartSizes:
    """Cuts many seeds into parts that take about `seconds` each, as long as the first ones tell.

    It begins with `first` seeds and takes no more than `most` of them at a time.
    """

    def __init__(self, first: int, seconds: float, most: int) -> None:
        self._size, self._seconds, self._most = first, seconds, most

    def parts(self, seeds: Sequence[int]) -> Iterator[Sequence[int]]:
        """Yield one part after the other; each is done before the next is asked for."""
        while seeds:
            part = seeds[: min(self._size, self._most)]
            began = time.perf_counter()
            yield part
            able = len(part) * self._seconds / max(time.perf_counter() - began, 1e-6)
            self._size = max(1, min(4 * self._size, int(able)))
            seeds = seeds[len(part) :]
