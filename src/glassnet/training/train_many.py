"""Many trainings of one network at once: each with a start, rows, weights and penalties of its own.

One run shows luck. Many show how often a network learns, how fast, and where it gets stuck; and
trained on parts of the rows they say how good it is on the others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from threading import Event
from types import NoneType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from glassnet import engines
from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.core.samples import Samples, checked_data, checked_weight
from glassnet.engines.interface import (
    Batches,
    Engine,
    Limits,
    Stop,
    TrainingState,
    Watch,
    unwatched,
)
from glassnet.errors import InputError, Name, instance_of, shown
from glassnet.optim.optimizers import Optimizer
from glassnet.optim.schedules import Schedule
from glassnet.training.progress import ProgressBar
from glassnet.training.settings import DEFAULT_OPTIMIZER, DEFAULT_SCHEDULE, Settings
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


@dataclass(eq=False)
class ManyTrainings:
    """Trainings in progress of one network, advanced together as far as one wants.

    Run i has the state `states[i]` and trains on `batches[i]` by `settings[i]`, whose schedule is
    that of all. `stops[i]` says why it came back last, and `losses[i]` the loss of each of its
    epochs, or the last one only.
    """

    states: list[TrainingState]
    batches: list[Batches]
    settings: list[Settings]
    engine: Engine
    keep_losses: bool = False
    stops: list[Stop] = field(default_factory=list)
    losses: list[Array] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stops = [Stop.EPOCHS_DONE] * len(self.states)
        self.losses = [np.empty(0)] * len(self.states)

    @classmethod
    def of(
        cls,
        samples: Samples,
        starts: Sequence[Parameters],
        settings: Sequence[Settings],
        rows: Sequence[np.ndarray] | None = None,
        engine: Engine | None = None,
        *,
        keep_losses: bool = False,
    ) -> ManyTrainings:
        """Return trainings that have not begun, each on some `rows` of the samples, or on all.

        Runs with one and the same array of rows share the memory of these samples.
        """
        chosen = {id(some): samples.chosen(some) for some in rows or ()}
        each = [samples if rows is None else chosen[id(rows[i])] for i in range(len(starts))]
        return cls(
            [new_state(start, own) for start, own in zip(starts, settings, strict=True)],
            _batches(each, settings),
            list(settings),
            engine or engines.choose("auto"),
            keep_losses,
        )

    @property
    def live(self) -> list[int]:
        """The runs that reached no goal and did not diverge."""
        ended = (Stop.LOSS_BELOW, Stop.NOT_FINITE)
        return [i for i, stop in enumerate(self.stops) if stop not in ended]

    def advance_to(self, epoch: int, stop_asked: Event, watch: Watch = unwatched) -> None:
        """Train every run that lives until it has done so many epochs, or it is asked to stop.

        Where that was asked before, some runs are behind: those with as many epochs go together.
        """
        for done in sorted({self.states[i].epoch for i in self.live}):
            together = [i for i in self.live if self.states[i].epoch == done]
            if done < epoch:
                self._advance(together, done, epoch - done, stop_asked, watch)

    def _advance(
        self, runs: list[int], first: int, epochs: int, stop_asked: Event, watch: Watch
    ) -> None:
        settings = self.settings[runs[0]]
        limits = Limits(
            epochs=epochs,
            stop_asked=stop_asked,
            stop_below=settings.goal,
            rate_factors=_rate_factors(settings, first, epochs),
        )
        states, batches = [self.states[i] for i in runs], [self.batches[i] for i in runs]
        done = self.engine.advance_many(
            states, batches, limits, keep_losses=self.keep_losses, watch=watch
        )
        for i, progress in zip(runs, done, strict=True):
            self.stops[i] = progress.stop
            if self.keep_losses:
                self.losses[i] = np.concatenate([self.losses[i], progress.losses])
            elif len(progress.losses):
                self.losses[i] = progress.losses


def train_many(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    *,
    seeds: Iterable[int],
    initialiser: str = "glorot_uniform",
    parameters: Sequence[Parameters] | None = None,
    rows: Sequence[ArrayLike] | None = None,
    optimizer: Optimizer = DEFAULT_OPTIMIZER,
    schedule: Schedule = DEFAULT_SCHEDULE,
    max_epochs: int = 1000,
    stop_below: float | None = None,
    batch_size: int | None = None,
    sample_weight: ArrayLike | None = None,
    engine: str | Engine = "auto",
    dtype: str = "float64",
    l1: float | Sequence[float] = 0.0,
    l2: float | Sequence[float] = 0.0,
    dropout: float | Sequence[float] = 0.0,
    keep_history: bool = False,
    keep_parameters: bool = True,
    stop: Event | None = None,
    verbose: bool = True,
) -> ManyRuns:
    """Train the network from many starts, each as `train` does it alone, to the same digits.

    The compiled engine trains on all processors at once. Ctrl-C stops all runs, and so does
    another thread that sets `stop`; those that had not begun have 0 epochs.

    Parameters
    ----------
    network, X, y, optimizer, schedule, max_epochs, stop_below, batch_size, engine, dtype
        As `train` takes them.
    seeds : iterable of int
        One a run: of its start, unless that is given, and of the order of its rows.
    initialiser : str
        How the starting weights are drawn.
    parameters : sequence of Parameters, optional
        The start of each run.
    rows : sequence of arrays of row numbers or of bool, optional
        The rows that each run trains on, as if X and y held no others; all if left out. An array
        that stands in it several times takes memory once.
    sample_weight : array of shape (n_samples,) or (n_runs, n_samples), optional
        What each sample counts, in all runs or in each.
    l1, l2, dropout : float, or one for each run
        The penalties, and the share of hidden neurons left out.
    keep_history, keep_parameters : bool
        Whether the result has each run's loss by epoch, and its parameters.
    stop : threading.Event, optional
        Ends all runs when it is set.
    verbose : bool
        Whether to show progress on a terminal and in a notebook.

    Returns
    -------
    ManyRuns

    Raises
    ------
    InputError
        If the data do not fit the network, a setting makes no sense, there are no seeds, or there
        is not one start, choice of rows or penalty a seed.
    """
    seeds = tuple(seeds) if isinstance(seeds, Iterable) else ()
    if not seeds:
        raise InputError("train_many needs a list of seeds, such as seeds=range(100).")
    each: dict[str, Sequence[Any]] = {
        name: _one_a_run(name, value, len(seeds))
        for name, value in (("l1", l1), ("l2", l2), ("dropout", dropout))
    }
    shared = Settings(
        optimizer=optimizer,
        schedule=schedule,
        max_epochs=max_epochs,
        stop_below=stop_below,
        batch_size=batch_size,
        dtype=dtype,
    )
    if not hasattr(schedule, "factors"):
        raise InputError(
            "train_many takes a schedule that no loss decides, such as Cosine(epochs=100)."
        )
    settings = [
        replace(shared, seed=seed, **{name: values[i] for name, values in each.items()})
        for i, seed in enumerate(seeds)
    ]
    instance_of("network", network, Network)
    instance_of("keep_history", keep_history, bool)
    instance_of("keep_parameters", keep_parameters, bool)
    instance_of("stop", stop, Event, NoneType)
    instance_of("verbose", verbose, bool)
    starts = [
        checked_start(network, start, dtype)
        for start in _starts(network, seeds, initialiser, parameters)
    ]
    trainings = ManyTrainings(
        [new_state(start, own) for start, own in zip(starts, settings, strict=True)],
        _batches(_samples(network, X, y, sample_weight, rows, dtype, len(seeds)), settings),
        settings,
        engines.choose(engine),
        keep_history,
    )
    stop_asked = stop or Event()
    progress = ProgressBar("run {:,} of {:,}", len(seeds), verbose=verbose)
    with ctrl_c_sets(stop_asked), progress as bar:
        trainings.advance_to(max_epochs, stop_asked, bar.see)
    states, losses = trainings.states, trainings.losses
    return ManyRuns(
        network=network,
        seeds=seeds,
        stop_reason=[stop_reason(stop, shared) for stop in trainings.stops],
        epochs=np.array([state.epoch for state in states]),
        final_loss=np.array([float(own[-1]) if len(own) else math.nan for own in losses]),
        losses=losses if keep_history else None,
        parameters=[state.parameters for state in states] if keep_parameters else None,
    )


def _rate_factors(settings: Settings, first: int, epochs: int) -> Array | None:
    assert hasattr(settings.schedule, "factors")
    if settings.schedule == DEFAULT_SCHEDULE:
        return None
    return settings.schedule.factors(first, epochs)


def _batches(samples: Sequence[Samples], settings: Sequence[Settings]) -> list[Batches]:
    """The batches of each run; one object for the runs with the same samples and size."""
    made: dict[tuple[int, int | None], Batches] = {}
    batches = []
    for own, how in zip(samples, settings, strict=True):
        size = min(how.batch_size or len(own.X), len(own.X))
        batches.append(made.setdefault((id(own), size), Batches(*own, size)))
    return batches


def _samples(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None,
    rows: Sequence[ArrayLike] | None,
    dtype: str,
    runs: int,
) -> list[Samples]:
    """The samples of each run, the same object where they are the same."""
    by_run = np.ndim(sample_weight) == 2 if sample_weight is not None else False
    whole = checked_data(network, X, y, None if by_run else sample_weight, dtype)
    weights = _one_a_run("sample_weight", sample_weight, runs) if by_run else [None] * runs
    choices = [None] * runs if rows is None else _one_a_run("rows", rows, runs)
    made: dict[Any, Samples] = {}
    each = []
    for i, (choice, weight) in enumerate(zip(choices, weights, strict=True)):
        key = (id(choice), i if by_run else None)
        if key not in made:
            own = (
                whole if weight is None else whole._replace(weight=checked_weight(whole.X, weight))
            )
            made[key] = own if choice is None else own.chosen(_checked_rows(choice, len(whole.X)))
        each.append(made[key])
    return each


def _checked_rows(choice: ArrayLike, n_samples: int) -> np.ndarray:
    """The row numbers of a choice. Raises InputError for one that names no row there is."""
    rows = np.asarray(choice)
    if rows.dtype == bool and rows.shape == (n_samples,):
        rows = np.flatnonzero(rows)
    fits = rows.ndim == 1 and rows.dtype.kind in "iu" and len(rows) > 0
    if not fits or rows.min() < 0 or rows.max() >= n_samples:
        raise InputError(
            f"Each of rows must be numbers of rows from 0 to {n_samples - 1}, not {shown(choice)}."
        )
    return rows


def _one_a_run(name: str, value: Any, runs: int) -> Sequence[Any]:
    """A value for each run: the same for all, or those that were given."""
    if isinstance(value, int | float):
        return [value] * runs
    given = list(value) if isinstance(value, Iterable) and not isinstance(value, str) else None
    if given is None or len(given) != runs:
        raise InputError(
            Name(name), f" must have one entry for each of the {runs} seeds, not {shown(value)}."
        )
    return [v.item() if isinstance(v, np.generic) else v for v in given]


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
