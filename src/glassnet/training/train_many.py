"""Many trainings of one network at once: the same data, a start each.

One run shows luck. Many show how often a network learns, how fast, and where it gets stuck.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from threading import Event
from types import NoneType

import numpy as np
from numpy.typing import ArrayLike

from glassnet import engines
from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.core.samples import checked_data
from glassnet.engines.interface import (
    Batches,
    Engine,
    Limits,
)
from glassnet.errors import InputError, instance_of
from glassnet.optim.optimizers import Optimizer
from glassnet.training.settings import DEFAULT_OPTIMIZER, Settings
from glassnet.training.signals import ctrl_c_sets
from glassnet.training.stop_reason import StopReason
from glassnet.training.training import checked_start, new_state, stop_reason


@dataclass(frozen=True, eq=False)
class ManyRuns:
    """The results of many trainings; run i started from `seeds[i]`.

    `stop_reason` has one entry a run, as `Run` has it. `epochs` and `final_loss` are
    (n_runs,); the loss of a run without a finite one is not a number. `losses`, each run's loss
    by epoch, and `parameters`, each run's result, are None unless they were to be kept.
    """

    network: Network
    seeds: tuple[int, ...]
    stop_reason: list[StopReason]
    epochs: np.ndarray
    final_loss: Array
    losses: list[Array] | None
    parameters: list[Parameters] | None


def train_many(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    *,
    seeds: Iterable[int],
    initialiser: str = "glorot_uniform",
    parameters: Sequence[Parameters] | None = None,
    optimizer: Optimizer = DEFAULT_OPTIMIZER,
    max_epochs: int = 1000,
    stop_below: float | None = None,
    batch_size: int | None = None,
    sample_weight: ArrayLike | None = None,
    engine: str | Engine = "auto",
    dtype: str = "float64",
    l1: float = 0.0,
    l2: float = 0.0,
    keep_history: bool = False,
    keep_parameters: bool = True,
    stop: Event | None = None,
) -> ManyRuns:
    """Train the network from many starts, each as `train` does it alone, to the same digits.

    Run i starts from `parameters[i]`, or else from `Parameters.initial(network, initialiser,
    seeds[i])`, and draws the order of its rows from `seeds[i]`. The compiled engine trains on
    all processors at once. Ctrl-C stops all runs, and so does another thread that sets `stop`;
    those that had not begun have 0 epochs.

    Raises InputError if the data do not fit the network, a setting makes no sense, there are no
    seeds, or there is not one start a seed.
    """
    seeds = tuple(seeds) if isinstance(seeds, Iterable) else ()
    if not seeds:
        raise InputError("train_many needs a list of seeds, such as seeds=range(100).")
    settings = Settings(
        optimizer=optimizer,
        max_epochs=max_epochs,
        stop_below=stop_below,
        batch_size=batch_size,
        dtype=dtype,
        l1=l1,
        l2=l2,
    )
    instance_of("network", network, Network)
    instance_of("keep_history", keep_history, bool)
    instance_of("keep_parameters", keep_parameters, bool)
    instance_of("stop", stop, Event, NoneType)
    starts = _starts(network, seeds, initialiser, parameters)
    data = checked_data(network, X, y, sample_weight, dtype)
    states = [
        new_state(checked_start(network, start, dtype), replace(settings, seed=seed))
        for start, seed in zip(starts, seeds, strict=True)
    ]
    stop_asked = stop or Event()
    with ctrl_c_sets(stop_asked):
        done = engines.choose(engine).advance_many(
            states,
            Batches(*data, batch_size or len(data[0])),
            Limits(epochs=max_epochs, stop_asked=stop_asked, stop_below=settings.goal),
            keep_losses=keep_history,
        )
    return ManyRuns(
        network=network,
        seeds=seeds,
        stop_reason=[stop_reason(progress.stop, settings) for progress in done],
        epochs=np.array([state.epoch for state in states]),
        final_loss=np.array([p.losses[-1] if len(p.losses) else math.nan for p in done]),
        losses=[progress.losses for progress in done] if keep_history else None,
        parameters=[state.parameters for state in states] if keep_parameters else None,
    )


def _starts(
    network: Network,
    seeds: Sequence[int],
    initialiser: str,
    parameters: Sequence[Parameters] | None,
) -> Sequence[Parameters]:
    if parameters is None:
        return [Parameters.initial(network, initialiser, seed) for seed in seeds]
    instance_of("parameters", parameters, Sequence)
    if len(parameters) != len(seeds):
        raise InputError(
            f"There must be one start a seed, but {len(parameters)} starts and "
            f"{len(seeds)} seeds were given."
        )
    return parameters
