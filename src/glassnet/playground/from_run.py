"""What the page shows of a run: the very training where it can repeat it, else the network it left.

The page repeats a training from its start, with the rows it was measured on held out, and that it
comes to the run's numbers is tried before it is shown. What the page has no control for, such as
dropout or weights, it cannot repeat; it then begins with the parameters that the run kept, and
says so.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from glassnet.core.network import Network, refuse_labels
from glassnet.core.parameters import Array, Parameters
from glassnet.core.samples import Samples
from glassnet.errors import InputError
from glassnet.models.model import Model
from glassnet.optim.optimizers import Adam, Optimizer
from glassnet.optim.schedules import Constant, Cosine, Plateau, Schedule
from glassnet.playground.features import INPUTS
from glassnet.playground.initial_state import InitialState
from glassnet.playground.points import LEAST_INPUTS, MOST_CLASSES, MOST_INPUTS, MOST_SAMPLES
from glassnet.playground.run_data import points_of_run
from glassnet.playground.scenario import (
    MOST_EPOCHS,
    MOST_LAYERS,
    MOST_NEURONS,
    OPENED,
    RULES,
    Scenario,
    Spec,
)
from glassnet.playground.timeline import MOST_SECONDS, Timeline, replay_to
from glassnet.training.ensemble_run import EnsembleRun
from glassnet.training.run import Run
from glassnet.training.stop_reason import StopKind

ROUNDING = 1e-6  # of the largest parameter: as far as another machine may be from the run


class Rows(NamedTuple):
    """What is shown of a run's rows: those trained on, those held out, and what is said of it."""

    trained: Samples
    held_out: Samples | None
    notes: tuple[str, ...]

    @property
    def n_held_out(self) -> int:
        """How many are held out."""
        return 0 if self.held_out is None else len(self.held_out.X)

    @property
    def share(self) -> float:
        """The share that is held out."""
        return self.n_held_out / (len(self.trained.X) + self.n_held_out)


def state_of_run(run: Run | Model | EnsembleRun) -> InitialState:
    """The initial state that shows a run where it ended. Raises InputError unless the page can."""
    if isinstance(run, EnsembleRun):
        raise InputError(
            "The page shows one network, and this run has several: train one, by single=True "
            "or --single."
        )
    if not isinstance(run, Run):
        raise InputError(
            "The page shows runs with their history, and this is a model alone: name the folder of "
            "its run."
        )
    _check_network(run.network)
    if run.samples is None:
        raise InputError(
            "The rows of this run were too many to be saved along with it, so that the page has no "
            "points to show: glassnet play TABLE shows a sample of them."
        )
    beyond = _beyond_the_page(run)
    if not beyond:
        initial = _repeated(run)
        beyond = _difference(run, initial)
        if not beyond:
            return initial
    return _left(run, beyond)


def _check_network(network: Network) -> None:
    n_inputs, *hidden, n_outputs = network.sizes
    regression = network.is_regression
    refuse_labels(network)
    if regression and network.loss != "mean_squared_error":
        raise InputError(
            f"The page trains on the mean squared error, and this run on {network.loss}: let "
            "glassnet show draw it."
        )
    if not LEAST_INPUTS <= n_inputs <= MOST_INPUTS:
        raise InputError(
            f"The page shows {LEAST_INPUTS} to {MOST_INPUTS} features, and the columns of this run "
            f"make {n_inputs}: train with --features on {'more' if n_inputs == 1 else 'fewer'} of "
            "them, or let glassnet show draw it."
        )
    if n_outputs > (1 if regression else MOST_CLASSES):
        raise InputError(
            f"The page shows one target, or {MOST_CLASSES} classes at most, and this run has "
            f"{n_outputs}: let glassnet show draw it."
        )
    if len(hidden) > MOST_LAYERS or sum(hidden) > MOST_NEURONS:
        raise InputError(
            f"The page shows {MOST_LAYERS} hidden layers of {MOST_NEURONS} neurons together, and "
            f"this run has {' + '.join(map(str, hidden))}: train with a smaller --hidden, or let "
            "glassnet show draw it."
        )


def _beyond_the_page(run: Run) -> list[str]:
    """What the page cannot repeat of this training, in a few words each."""
    settings, samples = run.settings, run.samples
    assert samples is not None
    rule = type(settings.optimizer).__name__
    found = {
        f"its {len(samples.X):,} rows": len(samples.X) > MOST_SAMPLES,
        "the weights of its rows": samples.weight is not None,
        f"its optimizer {rule}": _nearest_rule(settings.optimizer).settings().optimizer
        != settings.optimizer,
        "its learning rate schedule": not _is_known(settings.schedule),
        "its dropout": any(settings.dropout_by_layer(run.network)),
        "its clipped gradients": settings.max_norm < math.inf,
        "its number of epochs": run.epochs > MOST_EPOCHS,
    }
    return [what for what, is_there in found.items() if is_there]


def _is_known(schedule: Schedule | Plateau) -> bool:
    return isinstance(schedule, Constant) or (isinstance(schedule, Cosine) and schedule.floor == 0)


def _nearest_rule(optimizer: Optimizer) -> Spec:
    """A spec with this optimizer; with Adam for one that the page has not."""
    name = type(optimizer).__name__
    return Spec(
        optimizer=name if name in RULES else "Adam",
        learning_rate=getattr(optimizer, "learning_rate", Adam().learning_rate),
        momentum=getattr(optimizer, "momentum", 0.0),
    )


def _repeated(run: Run) -> InitialState:
    """The training of the run, on the page: it stands where the parameters were kept."""
    rows = _rows(run)
    schedule, last = run.settings.schedule, run.settings.max_epochs
    by_itself = run.stop_reason.kind in (StopKind.NO_IMPROVEMENT, StopKind.SETTLED)
    spec = replace(
        _spec(run, rows),
        cosine_epochs=schedule.epochs if isinstance(schedule, Cosine) else None,
        # The page does not stop early by itself: where the run did, it ends.
        max_epochs=run.epochs if by_itself else min(last, MOST_EPOCHS),
    )
    why = (run.explanation,) if run.kept_epoch < run.epochs else ()
    return _opening(run, spec, rows, run.start, why)


def _left(run: Run, beyond: list[str]) -> InitialState:
    """The network as the run left it, to be trained on as the page can."""
    rows = _rows(run)
    causes = beyond[0] if len(beyond) == 1 else f"{', '.join(beyond[:-1])} and {beyond[-1]}"
    note = (
        f"The page cannot repeat this training, because of {causes}: it begins with the network as "
        "the run left it, and what is trained from there is not the run any more. glassnet show "
        "draws the run's curves."
    )
    initial = _opening(run, _spec(run, rows), rows, run.parameters, (note,))
    return replace(initial, epoch=0, last=0)


def _opening(
    run: Run, spec: Spec, rows: Rows, start: Parameters, notes: tuple[str, ...]
) -> InitialState:
    X, y = _joined(rows)
    network = run.network
    n_classes = 0 if network.is_regression else max(network.sizes[-1], 2)
    points = points_of_run(X, y, n_classes, run.recipe)
    return InitialState(
        Scenario(spec),
        run.kept_epoch,
        points,
        start,
        notes + rows.notes,
        run.epochs,
        rows.n_held_out,
    )


def _spec(run: Run, rows: Rows) -> Spec:
    """What is trained and how, as near to the run as the page comes."""
    network, settings, n = run.network, run.settings, len(rows.trained.X)
    whole = settings.batch_size is None or settings.batch_size >= n
    return replace(
        _nearest_rule(settings.optimizer),
        data=OPENED,
        test_share=rows.share,
        features=INPUTS[: network.sizes[0]],
        hidden=network.sizes[1:-1],
        activation=network.activation,
        initialiser=OPENED,
        seed=settings.seed,
        batch_size=None if whole else settings.batch_size,
        l1=settings.l1,
        l2=settings.l2,
        stop_below=settings.stop_below,
        max_epochs=min(settings.max_epochs, MOST_EPOCHS),
        precision=settings.dtype,
    )


def _rows(run: Run) -> Rows:
    """As many of the run's rows as the page takes; those trained on come first."""
    trained, measured = run.samples, run.validation
    assert trained is not None
    n, n_measured = len(trained.X), 0 if measured is None else len(measured.X)
    if n > MOST_SAMPLES:
        n_shown = max(round(MOST_SAMPLES * n / (n + n_measured)), MOST_SAMPLES // 2)
    else:
        n_shown = n
    room = min(n_measured, MOST_SAMPLES - n_shown, n_shown)
    notes = []
    if room:
        notes.append(f"The rows held out are {_of(room, n_measured)} that the run was measured on.")
    if n_shown < n:
        notes.append(f"The others are a sample of the {n:,} that it was trained on.")
    held_out = None if measured is None or not room else measured.chosen(_some(n_measured, room))
    return Rows(trained.chosen(_some(n, n_shown)), held_out, tuple(notes))


def _of(some: int, whole: int) -> str:
    return f"the {whole:,}" if some == whole else f"{some:,} of the {whole:,}"


def _some(n: int, n_chosen: int) -> np.ndarray:
    """So many of n rows in their order, always the same."""
    return np.sort(np.random.default_rng(0).choice(n, n_chosen, replace=False))


def _joined(rows: Rows) -> tuple[Array, np.ndarray]:
    """X and y of all rows, y as class numbers or values."""
    parts = [rows.trained] if rows.held_out is None else [rows.trained, rows.held_out]
    X = np.concatenate([part.X for part in parts])
    # One output holds a value, or the number of one of two classes.
    y = [part.labels if part.Y.shape[1] > 1 else part.Y[:, 0] for part in parts]
    return X, np.concatenate(y)


def _difference(run: Run, initial: InitialState) -> list[str]:
    """Why training again on the page does not come to the run's numbers; nothing if it does."""
    try:
        with np.errstate(all="ignore"):  # a training that diverges says so itself
            timeline = replay_to(initial.scenario, initial, run.epochs, MOST_SECONDS / 2)
    except InputError:
        return [f"its {run.epochs:,} epochs, which take too long"]
    return [] if _comes_to(timeline, run) else ["what differs between its machine and this one"]


def _comes_to(timeline: Timeline, run: Run) -> bool:
    if timeline.last != run.epochs:
        return False
    expected = run.state.parameters.vector
    found = timeline.parameters_at(run.epochs).vector
    return bool(np.abs(found - expected).max() <= ROUNDING * np.abs(expected).max())
