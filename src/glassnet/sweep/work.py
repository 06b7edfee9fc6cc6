"""One task of a sweep done: its runs trained and measured, in whatever process it is.

`train_starts` does those that it can; the others are trained one after another. Both give a run the
digits that it has alone, so that it does not matter who does which.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from glassnet.core.parameters import Array, Parameters
from glassnet.core.samples import Samples
from glassnet.engines.interface import Engine
from glassnet.sweep.plan import Task
from glassnet.sweep.problem import Problem, Setup
from glassnet.sweep.search import Judge, rung
from glassnet.training.many_starts import can_be_many, train_starts
from glassnet.training.stop_reason import StopKind
from glassnet.training.stuck import fall
from glassnet.training.training import Training
from glassnet.training.validation import measured

EVEN_EPOCHS, EPOCHS_BY_FACTORS = 160, 48  # of a curve whose loss is kept


@dataclass(frozen=True, eq=False)
class Result:
    """The result of one run.

    `final_loss` is the loss of the last epoch, nan where none was finite; `fall` is
    `stuck.fall` of all its losses. `measures` are of the kept parameters,
    by "training loss", "held out accuracy" and so on. The curve holds the loss at some epochs,
    the first and the last among them. `rung_loss` is what was measured on the way where that
    could have ended the run.
    """

    point: int
    seed: int
    stop_reason: StopKind
    epochs: int
    kept_epoch: int
    final_loss: float
    fall: float
    measures: dict[str, float]
    curve_epochs: np.ndarray
    curve_loss: Array
    parameters: Array | None
    rung_loss: Array | None = None


def results(problem: Problem, task: Task, *, threads: int | None, keep: bool) -> list[Result]:
    """Every run of the task in the order of its seeds; without those that Ctrl-C cut short.

    `threads` bound the engine, None takes all; `keep` keeps the parameters.
    """
    setup = problem.setup(task.point.settings)
    engine = problem.engine(threads)
    if task.search is not None:
        outcomes = _compared(problem, setup, task, engine)
    elif can_be_many(setup.settings):
        outcomes = _by_many(problem, setup, task.seeds, engine)
    else:
        outcomes = _one_by_one(problem, setup, task.seeds, engine)
    return [
        _result(problem, setup, task, engine, outcome, keep=keep)
        for outcome in outcomes
        if outcome.stop_reason is not StopKind.INTERRUPTED
    ]


def curve_epochs(epochs: int, max_epochs: int) -> np.ndarray:
    """The epochs from 1 whose loss is kept of a run that did so many: the same for all runs with
    the same limit, as far as they came, and the last.
    """
    even = np.linspace(1, max_epochs, min(EVEN_EPOCHS, max_epochs))
    by_factors = np.geomspace(1, max_epochs, EPOCHS_BY_FACTORS)
    kept = np.unique(np.concatenate([even, by_factors]).round().astype(np.int32))
    return np.append(kept[kept < epochs], np.int32(epochs)) if epochs else kept[:0]


@dataclass(frozen=True, eq=False)
class Outcome:
    """A training that has ended."""

    seed: int
    stop_reason: StopKind
    epochs: int
    kept_epoch: int
    losses: Array
    parameters: Parameters
    rung_loss: Array | None = None


def _by_many(
    problem: Problem, setup: Setup, seeds: tuple[int, ...], engine: Engine
) -> Iterator[Outcome]:
    for start in train_starts(
        setup.network,
        problem.training,
        setup.settings,
        seeds,
        engine=engine,
        initialiser=setup.initialiser,
    ):
        assert start.parameters is not None
        epochs = len(start.losses)
        yield Outcome(start.seed, start.kind, epochs, epochs, start.losses, start.parameters)


def _one_by_one(
    problem: Problem, setup: Setup, seeds: tuple[int, ...], engine: Engine
) -> Iterator[Outcome]:
    for seed in seeds:
        training = new_training(problem, setup, seed, engine)
        while not training.ended:
            training.advance(sys.maxsize)
        yield outcome_of(training)


def _compared(problem: Problem, setup: Setup, task: Task, engine: Engine) -> Iterator[Outcome]:
    """All runs side by side, compared with the search so far whenever they are twice as old."""
    assert task.search is not None
    judge = Judge(task.search)
    runs = [new_training(problem, setup, seed, engine) for seed in task.seeds]
    rungs: list[list[float]] = []
    given_up = False
    while not given_up and not all(run.ended for run in runs):
        epoch = rung(len(rungs))
        for run in runs:
            run.advance(epoch - run.epoch)
        if not all(run.ended for run in runs):
            rungs.append([_loss_now(problem, setup, engine, run) for run in runs])
            given_up = judge.has_seen_enough(epoch, float(np.mean(rungs[-1])))
    for run, rung_loss in zip(runs, np.array(rungs).reshape(-1, len(runs)).T, strict=True):
        outcome = outcome_of(run, None if run.ended else StopKind.PRUNED)
        yield replace(outcome, rung_loss=rung_loss)


def _loss_now(problem: Problem, setup: Setup, engine: Engine, training: Training) -> float:
    """Return the search's objective for a training that may not have ended."""
    parameters = training.run.parameters if training.ended else training.state.parameters
    return _measures(problem, setup, engine, parameters)[problem.objective]


def new_training(problem: Problem, setup: Setup, seed: int, engine: Engine) -> Training:
    """One run that has not begun, measured as it goes where its end depends on that."""
    held_out = None
    if setup.settings.patience is not None and problem.held_out is not None:
        held_out = problem.held_out.X, problem.held_out.targets(setup.network)
    return Training(
        setup.network,
        problem.training.X,
        problem.training.targets(setup.network),
        replace(setup.settings, seed=seed, record_every=sys.maxsize),
        parameters=Parameters.initial(setup.network, setup.initialiser, seed),
        validation=held_out,
        engine=engine,
    )


def outcome_of(training: Training, reason: StopKind | None = None) -> Outcome:
    """Return the result of a training; one that has not ended is ended for the reason."""
    run = training.run if reason is None else training.so_far()
    return Outcome(
        training.settings.seed,
        reason or run.stop_reason.kind,
        run.epochs,
        run.kept_epoch,
        run.history.loss,
        run.parameters,
    )


def _result(
    problem: Problem, setup: Setup, task: Task, engine: Engine, outcome: Outcome, *, keep: bool
) -> Result:
    losses = outcome.losses
    kept = curve_epochs(len(losses), setup.settings.max_epochs)
    return Result(
        point=task.point.number,
        seed=outcome.seed,
        stop_reason=outcome.stop_reason,
        epochs=outcome.epochs,
        kept_epoch=outcome.kept_epoch,
        final_loss=float(losses[-1]) if len(losses) else math.nan,
        fall=fall(losses),
        measures=_measures(problem, setup, engine, outcome.parameters),
        curve_epochs=kept,
        curve_loss=losses[kept - 1],
        parameters=outcome.parameters.vector if keep else None,
        rung_loss=outcome.rung_loss,
    )


def _measures(
    problem: Problem, setup: Setup, engine: Engine, parameters: Parameters
) -> dict[str, float]:
    """Loss and scores on the samples of training and on those held out."""
    dtype = setup.settings.dtype
    found: dict[str, float] = {}
    for where, samples in (("training", problem.training), ("held out", problem.held_out)):
        if samples is not None:
            same = Samples(
                samples.X.astype(dtype, copy=False), samples.Y.astype(dtype, copy=False), None
            )
            values = measured(engine, setup.network, parameters, same)
            found |= {f"{where} {name}": value for name, value in values.items()}
    return found
