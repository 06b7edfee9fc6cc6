"""What `glassnet play` is asked to show: a data set, a table, or a run in its folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import glassnet as gn
from glassnet.errors import InputError
from glassnet.files.run_folder import holds_run
from glassnet.optimizers import Optimizer
from glassnet.playground.features import INPUTS
from glassnet.playground.points import LEAST_INPUTS, MOST_CLASSES, MOST_INPUTS, MOST_SAMPLES
from glassnet.playground.reading import Task, points_of, proposed
from glassnet.playground.run_points import points_of_run
from glassnet.playground.story import MOST_EPOCHS, OPENED, RULES, SETS, Spec, Story
from glassnet.playground.timeline import Opening
from glassnet.tabular.opening import TARGET, target_of
from glassnet.tabular.opening import opened as opened_table


def opened(what: str, target: str | None = None) -> Opening:
    """The opening of the page for the name of a data set, a table, or the folder of a run.

    `target` is the column of a table to learn, where its name does not tell. Raises InputError if
    there is none of these, or more than the page can show.
    """
    path = Path(what)
    if path.is_dir() and holds_run(path):
        _refuse_target(target, f"the run in {what}")
        return of_run(gn.load(path))
    if what in SETS and not path.exists():
        _refuse_target(target, f"the data set {what}")
        return Opening(Story(Spec(data=what)))
    named = target_of(what)
    task: Task | None = "classification" if named == TARGET and target in (None, TARGET) else None
    with opened_table(what) as table:
        points, notes = points_of(table, proposed(table, target or named, task))
    spec = Spec().with_columns(len(points.inputs))
    return Opening(Story(spec, points=points), notes=tuple(notes))


def of_run(run: gn.Run | gn.Model) -> Opening:
    """The opening that shows a run where it ended. Raises InputError unless the page can."""
    if not isinstance(run, gn.Run):
        raise InputError("The page shows runs with their history: name a run's folder.")
    network, settings = run.network, run.settings
    n_inputs, n_outputs = network.sizes[0], network.sizes[-1]
    regression = network.loss == "mean_squared_error"
    too_many = n_outputs > 1 if regression else n_outputs > MOST_CLASSES
    if not LEAST_INPUTS <= n_inputs <= MOST_INPUTS or too_many:
        raise InputError(
            f"The page shows networks of {LEAST_INPUTS} to {MOST_INPUTS} features with one output, "
            f"or one for each of {MOST_CLASSES} classes, not {network.sizes}: glassnet show draws "
            "the others."
        )
    plain = gn.Settings(
        optimizer=settings.optimizer,
        max_epochs=settings.max_epochs,
        stop_below=settings.stop_below,
        batch_size=settings.batch_size,
        seed=settings.seed,
        dtype=settings.dtype,
        record_every=settings.record_every,
        l1=settings.l1,
        l2=settings.l2,
    )
    X, y, weight = run.data
    if len(X) > MOST_SAMPLES or weight is not None or plain != settings:
        raise InputError(
            f"The page trains on {MOST_SAMPLES} rows at most, without weights, dropout, schedules "
            "or validation, so that it cannot repeat this run: glassnet show draws it."
        )
    spec = replace(
        _rule(settings.optimizer),
        data=OPENED,
        features=INPUTS[:n_inputs],
        hidden=network.sizes[1:-1],
        activation=network.activation,
        initialiser=OPENED,
        seed=settings.seed,
        batch_size=settings.batch_size,
        l1=settings.l1,
        l2=settings.l2,
        stop_below=settings.stop_below,
        max_epochs=min(settings.max_epochs, MOST_EPOCHS),
        precision=settings.dtype,
    )
    n_classes = 0 if regression else max(n_outputs, 2)
    points = points_of_run(X, y.reshape(len(X)), n_classes, run.recipe)
    return Opening(Story(spec), run.epochs, points, run.start)


def _rule(optimizer: Optimizer) -> Spec:
    """A spec with this optimizer. Raises InputError for one that the page has not."""
    for name in RULES:
        rate, momentum = optimizer.learning_rate, getattr(optimizer, "momentum", 0.0)
        spec = Spec(optimizer=name, learning_rate=rate, momentum=momentum)
        if spec.settings.optimizer == optimizer:
            return spec
    raise InputError(f"The page cannot train by {optimizer!r}: glassnet show draws this run.")


def _refuse_target(target: str | None, what: str) -> None:
    if target is not None:
        raise InputError(f"A target is chosen in a table, and {what} has its own: leave it out.")
