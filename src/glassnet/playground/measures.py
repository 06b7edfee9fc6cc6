"""Scores and validation loss by epoch, measured at some epochs of one training.

Measuring takes a forward pass over all points, too much for every epoch of a fast training; so it
is done for some of the parameters that the history keeps, the coarse picture first.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from glassnet.core.parameters import Array, Parameters
from glassnet.training.history import History

MOST_MEASURED = 96  # of one training
N_MEASURES = 4  # score of the training points; score and loss of those held out; loss
Judge = Callable[[Parameters], Array]  # what is measured of some parameters: (n_measures,)


class Measures:
    """What was measured of one training, by epoch."""

    def __init__(self) -> None:
        self._at: dict[int, Array] = {}

    def fill(self, history: History, judge: Judge, until: float) -> bool:
        """Measure missing epochs until the clock says `until`; return whether none is missing."""
        for epoch in self._missing(history):
            if time.perf_counter() > until:
                return False
            self._at[epoch] = judge(history.parameters_at(epoch))
        return True

    def table(self) -> Array:
        """(1 + n_measures, n_epochs): the epochs, and what was measured after each."""
        epochs = sorted(self._at)
        measured = np.array([self._at[epoch] for epoch in epochs]).reshape(-1, N_MEASURES)
        return np.vstack([epochs, measured.T])

    def _missing(self, history: History) -> list[int]:
        """Epochs, evenly spread over those that are kept; every eighth of them comes first."""
        stride = history.stride
        while history.last_snapshot > MOST_MEASURED * stride:
            stride *= 2
        wanted = range(0, history.last_snapshot + 1, stride)
        coarse_first = [*wanted[::8], *wanted[::2], *wanted]
        return [epoch for epoch in dict.fromkeys(coarse_first) if epoch not in self._at]
