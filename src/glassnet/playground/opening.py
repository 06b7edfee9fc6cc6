"""What `glassnet play` is asked to show: a data set by its name, or a run in its folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

import glassnet as gn
from glassnet.datasets import Dataset
from glassnet.errors import InputError
from glassnet.optimizers import Optimizer
from glassnet.playground.story import (
    MOST_EPOCHS,
    MOST_SAMPLES,
    OPENED,
    RULES,
    SETS,
    Spec,
    Story,
)
from glassnet.playground.timeline import Opening


def opened(what: str) -> Opening:
    """The opening of the page for the name of a data set or the folder of a run.

    Raises InputError if there is neither, or more than the page can show.
    """
    if Path(what).is_dir():
        return of_run(gn.load(what))
    if what not in SETS:
        raise InputError(
            f"There is no run in a folder {what!r}, and no data set of that name for the page: "
            f"they are {', '.join(SETS)}."
        )
    return Opening(Story(Spec(data=what)))


def of_run(run: gn.Run | gn.Model) -> Opening:
    """The opening that shows a run where it ended. Raises InputError unless the page can."""
    if not isinstance(run, gn.Run):
        raise InputError("The page shows runs with their history: name a run's folder.")
    network, settings = run.network, run.settings
    if network.sizes[0] != 2 or network.loss == "mean_squared_error":
        raise InputError(
            f"The page shows classifiers of two features, not {network.loss} of "
            f"{network.sizes[0]}: glassnet show draws the others."
        )
    X, _, weight = run.data
    labels = run.samples.labels if run.samples is not None else np.empty(0)
    plain = gn.Settings(
        optimizer=settings.optimizer,
        max_epochs=settings.max_epochs,
        stop_below=settings.stop_below,
        batch_size=settings.batch_size,
        seed=settings.seed,
        record_every=settings.record_every,
        l1=settings.l1,
        l2=settings.l2,
    )
    if len(X) > MOST_SAMPLES or weight is not None or plain != settings:
        raise InputError(
            f"The page trains on {MOST_SAMPLES} rows at most, without weights, dropout, schedules "
            "or validation, so that it cannot repeat this run: glassnet show draws it."
        )
    spec = replace(
        _rule(settings.optimizer),
        data=OPENED,
        hidden=network.sizes[1:-1],
        activation=network.activation,
        initialiser=OPENED,
        seed=settings.seed,
        batch_size=settings.batch_size,
        l1=settings.l1,
        l2=settings.l2,
        stop_below=settings.stop_below,
        max_epochs=min(settings.max_epochs, MOST_EPOCHS),
    )
    n_classes = max(network.sizes[-1], 2)
    names = ("x1", "x2") if run.recipe is None else tuple(run.recipe.feature_names)
    return Opening(Story(spec), run.epochs, Dataset(OPENED, X, labels, n_classes, names), run.start)


def _rule(optimizer: Optimizer) -> Spec:
    """A spec with this optimizer. Raises InputError for one that the page has not."""
    for name in RULES:
        rate, momentum = optimizer.learning_rate, getattr(optimizer, "momentum", 0.0)
        spec = Spec(optimizer=name, learning_rate=rate, momentum=momentum)
        if spec.settings.optimizer == optimizer:
            return spec
    raise InputError(f"The page cannot train by {optimizer!r}: glassnet show draws this run.")
