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
from glassnet.engines.batches import Batches
from glassnet.engines.interface import Engine, Limits, Stop, TrainingState, Watch, unwatched
from glassnet.errors import InputError, Name, check_fields, instance_of, shown
from glassnet.optim.optimizers import Optimizer
from glassnet.optim.schedules import Schedule
from glassnet.training.declaration import documenting
from glassnet.training.progress import ProgressBar
from glassnet.training.settings import DEFAULT_OPTIMIZER, DEFAULT_SCHEDULE, SETTINGS, Settings
from glassnet.training.signals import ctrl_c_sets
from glassnet.training.stop_reason import StopReason
from glassnet.training.training import checked_start, new_state, stop_reason

OF_EACH_RUN = ("l1", "l2", "dropout")


@dataclass(frozen=True, eq=False)
class ManyRuns:
    """The results of many trainings; run i started from `seeds[i]`.

    Parameters
    ----------
    network : Network
        The network.
    seeds : tuple of int
        The seed of each run.
    stop_reason : list of StopReason
        Why each run ended.
    epochs : array of shape (n_runs,)
        How many epochs each run did.
    final_loss : array of shape (n_runs,)
        The last loss of each run; not a number where none was finite.
    losses : list of arrays of shape (epochs,), optional
        Each run's loss by epoch, where it was to be kept.
    parameters : list of Parameters, optional
        Each run's result, where it was to be kept.
    """

    network: Network
    seeds: tuple[int, ...]
    stop_reason: list[StopReason]
    epochs: np.ndarray
    final_loss: Array
    losses: list[Array] | None
    parameters: list[Parameters] | None

    def __post_init__(self) -> None:
        check_fields(self)


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
        return cls.begun(starts, settings, each, engine or "auto", keep_losses)

    @classmethod
    def begun(
        cls,
        starts: Sequence[Parameters],
        settings: Sequence[Settings],
        samples: Sequence[Samples],
        engine: str | Engine,
        keep_losses: bool,
    ) -> ManyTrainings:
        """Return trainings that have not begun, each on samples of its own."""
        states = [new_state(start, own) for start, own in zip(starts, settings, strict=True)]
        batches = _batches(samples, settings)
        return cls(states, batches, list(settings), engines.choose(engine), keep_losses)

    def train(self, stop_asked: Event, verbose: bool) -> None:
        """Train every run to its end, or until it is asked to stop; show progress."""
        progress = ProgressBar("run {:,} of {:,}", len(self.states), verbose=verbose)
        with ctrl_c_sets(stop_asked), progress as bar:
            self.advance_to(self.settings[0].max_epochs, stop_asked, bar.see)

    def results(self, seeds: tuple[int, ...], keep_parameters: bool) -> ManyRuns:
        """Return the results so far."""
        parameters = [state.parameters for state in self.states]
        return ManyRuns(
            network=parameters[0].network,
            seeds=seeds,
            stop_reason=list(map(stop_reason, self.stops, self.settings)),
            epochs=np.array([state.epoch for state in self.states]),
            final_loss=np.array([float(own[-1]) if len(own) else math.nan for own in self.losses]),
            losses=self.losses if self.keep_losses else None,
            parameters=parameters if keep_parameters else None,
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


@documenting(SETTINGS)
def train_many(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    *,
    seeds: Iterable[int],
    initialiser: str = "glorot_uniform",
    parameters: Sequence[Parameters] | None = None,
    rows: Sequence[ArrayLike] | None = None,
    sample_weight: ArrayLike | None = None,
    optimizer: Optimizer = DEFAULT_OPTIMIZER,
    schedule: Schedule = DEFAULT_SCHEDULE,
    engine: str | Engine = "auto",
    l1: float | Sequence[float] = 0.0,
    l2: float | Sequence[float] = 0.0,
    dropout: float | Sequence[float] = 0.0,
    keep_history: bool = False,
    keep_parameters: bool = True,
    verbose: bool = True,
    stop: Event | None = None,
    max_epochs: int = 1000,
    stop_below: float | None = None,
    batch_size: int | None = None,
    dtype: str = "float64",
) -> ManyRuns:
    """Train the network from many starts, each as `train` does it alone, to the same digits.

    The compiled engine trains on all processors at once. Ctrl-C stops all runs, and so does
    another thread that sets `stop`; those that had not begun have 0 epochs.

    Parameters
    ----------
    network, X, y : Network, and arrays
        What `train` takes.
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
    optimizer, schedule, engine : Optimizer, Schedule, and str or Engine
        What `train` takes.
    l1, l2, dropout : float, or one for each run
        The penalties, and the share of hidden neurons left out.
    keep_history, keep_parameters, verbose : bool
        Whether the result has each run's losses, its parameters, and whether progress is shown.
    stop : threading.Event, optional
        Ends all runs when it is set.

    Returns
    -------
    ManyRuns
        The result of each run, in the order of the seeds.

    Raises
    ------
    InputError
        If something does not fit the network, or is not there once for each seed.
    """
    given = {"schedule": schedule} | {n: v for n, v in locals().items() if n in SETTINGS}
    settings = _settings(optimizer, given, seeds := _checked_seeds(seeds))
    for name, value in {"keep_history": keep_history, "verbose": verbose}.items():
        instance_of(name, value, bool)
    instance_of("network", network, Network)
    instance_of("keep_parameters", keep_parameters, bool)
    instance_of("stop", stop, Event, NoneType)
    starts = _starts(network, seeds, initialiser, parameters, dtype)
    samples = _samples(network, X, y, sample_weight, rows, dtype, len(seeds))
    trainings = ManyTrainings.begun(starts, settings, samples, engine, keep_history)
    trainings.train(stop or Event(), verbose)
    return trainings.results(seeds, keep_parameters)


def _checked_seeds(seeds: object) -> tuple[int, ...]:
    found = tuple(seeds) if isinstance(seeds, Iterable) else ()
    if not found:
        raise InputError("train_many needs a list of seeds, such as seeds=range(100).")
    return found


def _settings(
    optimizer: Optimizer, given: dict[str, Any], seeds: tuple[int, ...]
) -> list[Settings]:
    """The settings of each run: penalties and dropout may differ."""
    each = {name: _one_a_run(name, given.pop(name), len(seeds)) for name in OF_EACH_RUN}
    shared = Settings(optimizer, **given)
    if not hasattr(shared.schedule, "factors"):
        raise InputError(
            "train_many takes a schedule that no loss decides, such as Cosine(epochs=100)."
        )
    return [
        replace(shared, seed=seed, **{name: values[i] for name, values in each.items()})
        for i, seed in enumerate(seeds)
    ]


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
    dtype: str,
) -> list[Parameters]:
    if parameters is None:
        parameters = [Parameters.initial(network, initialiser, seed) for seed in seeds]
    instance_of("parameters", parameters, Sequence)
    if len(parameters) != len(seeds):
        raise InputError(
            f"There must be one start a seed, but {len(parameters)} starts and "
            f"{len(seeds)} seeds were given."
        )
    return [checked_start(network, start, dtype) for start in parameters]
