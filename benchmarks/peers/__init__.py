"""The peers, each in its fastest sensible form: `prepare(workload)` gives `run(epochs)`.

`run` trains from the workload's start, computes the loss of every step too, and returns the
parameters as glassnet's flat vector. Compilation and moving data happen in `prepare` and in the
first run, which is not timed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.workloads import Workload

Run = Callable[[int], np.ndarray]
Prepare = Callable[[Workload], Run]


def flat(layers: Sequence[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """[(W, b), ...] as glassnet's vector."""
    pieces = [np.asarray(array).ravel() for layer in layers for array in layer]
    return np.concatenate(pieces)
