"""glassnet itself, by its compiled engine."""

from __future__ import annotations

import numpy as np

import glassnet as gn
from benchmarks.peers import Run
from benchmarks.workloads import Workload


def prepare(workload: Workload) -> Run:
    """`glassnet.train` as a user calls it."""

    def run(epochs: int) -> np.ndarray:
        done = gn.train(
            workload.network,
            workload.X,
            workload.y,
            parameters=workload.start,
            optimizer=workload.optimizer,
            max_epochs=epochs,
            stop_below=None if np.isinf(workload.stop_below) else workload.stop_below,
            batch_size=workload.batch_size,
            dtype=workload.dtype,
            seed=0,
            engine="compiled",
            record_every=10**9,
        )
        return done.parameters.vector

    return run
