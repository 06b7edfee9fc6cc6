"""The problem of a sweep: its data, and the settings that its points leave open.

A table is read as `glassnet train` reads it, once for all runs: the rows held out are the same
for every seed, so that runs differ by their start, the order of their rows and their settings.
The tutorial's twenty points are trained as `glassnet demo` does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from glassnet import engines
from glassnet.core.network import Network
from glassnet.core.samples import Samples, checked_data
from glassnet.data.datasets import rings
from glassnet.engines.compiled import CompiledEngine
from glassnet.engines.interface import Engine
from glassnet.errors import InputError
from glassnet.pipeline.request import Request
from glassnet.pipeline.source import opened
from glassnet.pipeline.train import outputs_for, samples_of
from glassnet.sweep.space import Value, given
from glassnet.training.settings import Settings
from glassnet.training.validation import measures_of

TUTORIAL = "rings"
# What the demo trains by: from seed 0 its own 5271 epochs.
DEMO = Request.of(
    TUTORIAL,
    validation="none",
    hidden_layer_sizes=(3, 3),
    activation="sigmoid",
    initialiser="legacy_numpy",
    optimizer="gradient-descent",
    learning_rate=0.4,
    schedule="constant",
    max_epochs=20_000,
    stop_below=0.005,
    l2=0.0,
)


@dataclass(frozen=True)
class Setup:
    """One point ready to train: the seed is all that is missing."""

    network: Network
    settings: Settings
    initialiser: str


@dataclass(frozen=True, eq=False)
class Problem:
    """Samples to train on and to measure on, and the request whose gaps a point fills.

    `name` is the data set or file, `recipe` how a table became the samples, as JSON; None for the
    tutorial's points, which are taken as they are.
    """

    name: str
    request: Request
    loss: str
    n_outputs: int
    training: Samples
    held_out: Samples | None
    recipe: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_tutorial(self) -> bool:
        """Whether it is the demo's own training."""
        return self.recipe is None

    @property
    def measures(self) -> list[str]:
        """The measures of each run, by the names of their columns."""
        places = ["training"] if self.held_out is None else ["training", "held out"]
        return [f"{where} {name}" for where in places for name in ("loss", *measures_of(self.loss))]

    @property
    def objective(self) -> str:
        """The loss that a search makes small: on the rows held out, if there are any."""
        return "training loss" if self.held_out is None else "held out loss"

    @property
    def score(self) -> str:
        """The score of a run: accuracy or R2, where the objective is measured."""
        where = self.objective.removesuffix(" loss")
        return f"{where} {next(iter(measures_of(self.loss)))}"

    def setup(self, settings: Mapping[str, Value]) -> Setup:
        """Network and settings of a point; what nobody set is chosen as `glassnet train` does.

        Raises InputError for settings that make no training.
        """
        request = self._base(settings).with_settings(given(settings))
        rows = len(self.training.X)
        n_held_out = 0 if self.held_out is None else len(self.held_out.X)
        chosen = request.automatic(rows, self.loss, n_held_out / (rows + n_held_out))
        sizes = (self.training.X.shape[1], *chosen.hidden_layer_sizes.value, self.n_outputs)
        by = replace(request.settings(chosen), training_metrics=False)  # measured at the end
        if self.is_tutorial:
            by = replace(by, patience=request["patience"])  # the demo has none
        network = Network(sizes, request["activation"], self.loss)
        by.dropout_by_layer(network)
        return Setup(network, by, chosen.initialiser.value)

    def _base(self, settings: Mapping[str, Value]) -> Request:
        """The request, without a learning rate that was meant for another optimizer."""
        if "optimizer" in settings and "learning_rate" not in settings:
            asked = {k: v for k, v in self.request.asked.items() if k != "learning_rate"}
            return replace(self.request, asked=asked)
        return self.request

    def identity(self) -> dict[str, Any]:
        """What two sweeps of one file must have in common, in words and fingerprints."""
        request = self.request.to_json()
        for told_by_the_samples in ("data", "validation", "pictures", "seed", "cluster"):
            request.pop(told_by_the_samples, None)
        return {
            "data": self.training.fingerprint(),
            "rows held out": None if self.held_out is None else self.held_out.fingerprint(),
            "loss": self.loss,
            "engine": self.engine().name,
            **{name: json.loads(json.dumps(value)) for name, value in request.items()},
        }

    def engine(self, threads: int | None = None) -> Engine:
        """The engine that computes, with so many threads, or as many as there are processors."""
        engine = engines.choose(self.request.engine)
        if threads is not None and isinstance(engine, CompiledEngine):
            return replace(engine, threads=threads)
        return engine


def read_problem(request: Request, place: Path) -> Problem:
    """The problem that a request names: the tutorial, or the table that its `data` lead to.

    `place` is a folder that lasts as long as the problem. Raises InputError for a table, a column
    or a setting that will not do.
    """
    if request.data == TUTORIAL and not Path(TUTORIAL).exists():
        return _tutorial(request)
    with opened(request.data, request.table, request.query, reading=request.reading) as table:
        read = samples_of(request, table, place)
        source = table.source
    n_outputs, loss = outputs_for(read.recipe)
    network = Network((read.recipe.n_features, n_outputs), loss=loss)
    return Problem(
        name=Path(source).name,
        request=request.with_settings({"seed": 0}),
        loss=loss,
        n_outputs=n_outputs,
        training=_checked(network, read.training.X, read.training.y),
        held_out=None
        if read.validation is None
        else _checked(network, read.validation.X, read.validation.y),
        recipe=json.loads(read.recipe.to_json()),
        notes=read.notes,
    )


def _checked(network: Network, X: np.ndarray, y: np.ndarray | None) -> Samples:
    assert y is not None  # of rows without a target there are none
    return checked_data(network, X, y, None, X.dtype.name)


def _tutorial(request: Request) -> Problem:
    asked = Request(data=TUTORIAL, engine=request.engine)
    if replace(request, validation=None) != asked or request.validation not in (None, "none"):
        raise InputError(
            "The tutorial's rings are trained as glassnet demo does, on all twenty points: leave "
            "out what chooses columns or rows, or name a table."
        )
    points = rings()
    network = Network((2, 1))
    return Problem(
        name=TUTORIAL,
        request=replace(DEMO, engine=request.engine),
        loss=network.loss,
        n_outputs=1,
        training=checked_data(network, points.X, points.y, None, "float64"),
        held_out=None,
    )
