"""Many starts of one training.

Shared by sweeps and the page: which runs train together, and in batches of what size.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from threading import Event
from typing import NamedTuple

from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.core.samples import Samples
from glassnet.engines.interface import Engine
from glassnet.optim.optimizers import LBFGS
from glassnet.training.settings import Settings
from glassnet.training.stop_reason import StopKind
from glassnet.training.stuck import fall
from glassnet.training.train_many import train_many

# The settings that `train_many` supports.
SHARED = ("optimizer", "max_epochs", "stop_below", "batch_size", "dtype", "l1", "l2")


class TrainedStart(NamedTuple):
    """The result of one start; `parameters` are None unless they were to be kept."""

    seed: int
    kind: StopKind
    losses: Array
    parameters: Parameters | None

    @property
    def fell(self) -> float:
        """The share by which the loss fell over its last epochs."""
        return fall(self.losses)


def can_be_many(settings: Settings) -> bool:
    """Whether starts can be trained at once: without early stopping, schedules and so on."""
    shared = Settings(**{name: getattr(settings, name) for name in SHARED})
    return settings == shared and not isinstance(settings.optimizer, LBFGS)


def train_starts(
    network: Network,
    samples: Samples,
    settings: Settings,
    seeds: Sequence[int],
    *,
    engine: str | Engine = "auto",
    initialiser: str = "glorot_uniform",
    parameters: Sequence[Parameters] | None = None,
    stop: Event | None = None,
    keep_parameters: bool = True,
) -> list[TrainedStart]:
    """Train a start for each seed, each to the digits that it has alone: see `train_many`."""
    many = train_many(
        network,
        samples.X,
        samples.targets(network),
        seeds=seeds,
        initialiser=initialiser,
        parameters=parameters,
        engine=engine,
        stop=stop,
        keep_history=True,
        keep_parameters=keep_parameters,
        verbose=False,
        **{name: getattr(settings, name) for name in SHARED},
    )
    assert many.losses is not None
    kinds = [reason.kind for reason in many.stop_reason]
    kept: Iterable[Parameters | None] = many.parameters or repeat(None)
    return list(map(TrainedStart, many.seeds, kinds, many.losses, kept))


class PartSizes:
    """Cuts many seeds into parts that take about `seconds` each, as long as the last one tells.

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
