"""All that decides what the page shows: what is trained and how, and what was changed on the way.

A scenario is small JSON that comes in links from anywhere, so all of it is checked. Training is
deterministic: a scenario and an epoch are enough to come back to the same digits.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from difflib import get_close_matches
from numbers import Real
from typing import Any

from glassnet.core.activations import HIDDEN
from glassnet.core.network import Network
from glassnet.core.parameters import INITIALISERS
from glassnet.data.datasets import Dataset, blobs, hill, moons, rings, saddle, slope, spirals, xor
from glassnet.errors import InputError, whole_number
from glassnet.optim.optimizers import Adam, GradientDescent, Optimizer, RMSprop
from glassnet.optim.schedules import Cosine, RestOfCosine, Schedule
from glassnet.playground.features import FEATURES, INPUTS, offered
from glassnet.playground.points import MOST_SAMPLES, Points
from glassnet.training.settings import COMMON, DEFAULT_SCHEDULE, CommonSettings, Settings

MOST_LAYERS = 8
MOST_NEURONS = 128  # of all hidden layers together: 8 of 16, or 100 as tables are trained with
MOST_EPOCHS = 5_000_000
MOST_CHANGES = 100
LARGEST_WEIGHT = 1e6
MOST_TESTED = 0.5  # share of the points
OPENED = "opened"  # the data and the start of the run that the server was given
OWN = "own"  # the data that the scenario brings along
SETS = {
    "rings": rings,
    "moons": moons,
    "xor": xor,
    "spirals": spirals,
    "blobs": blobs,
    "hill": hill,
    "saddle": saddle,
    "slope": slope,
}
STARTS = (*INITIALISERS, OPENED)
# What may change while a training goes on; any other change begins a new one.
RULE = {"optimizer", "learning_rate", "momentum", "cosine_epochs"}
ON_THE_WAY = RULE | (COMMON.keys() - {"seed", "stop_below", "max_epochs"})
# What decides with which weights a training begins.
STARTING = {"data", "features", "hidden", "initialiser", "seed"}
GOALS = {"stop_below", "max_epochs"}


@dataclass(frozen=True)
class Spec(CommonSettings):
    """What is trained and how. The default is the tutorial, as `glassnet demo` trains it.

    Raises InputError for what makes no training, or more than the page can show.
    """

    data: str = "rings"
    n_samples: int | None = None  # None: the tutorial's twenty points, or as many as the set has
    noise: float = 0.0
    data_seed: int = 0  # of the set, and of the choice of the points to test on
    test_share: float = 0.0
    features: tuple[str, ...] = ("x1", "x2")
    hidden: tuple[int, ...] = (3, 3)
    activation: tuple[str, ...] = ("sigmoid", "sigmoid")
    initialiser: str = "legacy_numpy"
    optimizer: str = "GradientDescent"
    learning_rate: float = 0.4
    momentum: float = 0.0
    cosine_epochs: int | None = None  # in which the learning rate falls to 0; None: it stays
    stop_below: float | None = 0.005
    max_epochs: int = 20_000
    precision: str = "float64"

    def __post_init__(self) -> None:
        _one_of("data set", self.data, (*SETS, OPENED, OWN))
        _whole("The number of points", self.n_samples, 4, MOST_SAMPLES, or_none=True)
        _between("The noise", self.noise, 0, 2)
        _between("The share held out to test", self.test_share, 0, MOST_TESTED)
        _one_of("precision", self.precision, ("float64", "float32"))
        _whole("The seed", self.seed, 0, 2**32 - 1)
        _whole("The seed that the data are drawn with", self.data_seed, 0, 2**32 - 1)
        self._check_network()
        _one_of("start", self.initialiser, STARTS)
        _one_of("optimizer", self.optimizer, tuple(RULES))
        _between("The learning rate", self.learning_rate, 1e-6, 100)
        _between("The momentum", self.momentum, 0, 0.999)
        _whole("The epoch by which the rate is 0", self.cosine_epochs, 1, MOST_EPOCHS, or_none=True)
        _whole("The batch", self.batch_size, 1, MOST_SAMPLES, or_none=True)
        for name in ("l1", "l2"):
            _between(name.upper(), getattr(self, name), 0, 10)
        _between("The loss to stop below", self.stop_below, 0, 1e6, or_none=True)
        _whole("The epoch to stop at", self.max_epochs, 1, MOST_EPOCHS)
        for one in COMMON.values():
            one.check(getattr(self, one.name))

    def _check_network(self) -> None:
        for name in self.features:
            _one_of("feature", name, FEATURES)
        if not self.features or len(set(self.features)) < len(self.features):
            raise InputError("A network needs at least one feature, and each only once.")
        if len(self.hidden) > MOST_LAYERS:
            raise InputError(
                f"The page shows {MOST_LAYERS} hidden layers at most, not {len(self.hidden)}: "
                "take some away, or train in Python."
            )
        for size in self.hidden:
            _whole("The number of neurons in a hidden layer", size, 1, MOST_NEURONS)
        if sum(self.hidden) > MOST_NEURONS:
            raise InputError(
                f"The page shows {MOST_NEURONS} neurons at most in all hidden layers, not "
                f"{sum(self.hidden)}: take some away, or train in Python."
            )
        for name in self.activation:
            _one_of("activation", name, tuple(HIDDEN))
        if len(self.activation) != len(self.hidden):
            raise InputError(
                f"{len(self.hidden)} hidden layers and {len(self.activation)} activations do not "
                "fit: name one activation for each hidden layer."
            )

    @classmethod
    def from_json(cls, described: Any) -> Spec:
        """The spec that a JSON object describes; what it leaves out is as in the tutorial.

        Raises InputError if it is not that.
        """
        return cls().changed(described)

    def changed(self, described: Any) -> Spec:
        """The spec with some fields set from a JSON object. Raises InputError for others."""
        if not isinstance(described, Mapping):
            raise InputError("What is trained must be described by a JSON object.")
        kinds = {field.name: field.type for field in fields(self)}
        values: dict[str, Any] = {}
        for name, value in described.items():
            if name not in kinds:
                near = get_close_matches(name[:40], kinds, 1)
                hint = f"perhaps {near[0]} is meant" if near else f"choose from {', '.join(kinds)}"
                raise InputError(f"There is no setting {name!r:.40} on the page: {hint}.")
            values[name] = _converted(name, str(kinds[name]), value)
        return replace(self, **values)

    def dataset(self) -> Dataset:
        """The named data set with this size and noise."""
        if self.data == "rings":
            return rings(self.n_samples, noise=self.noise, seed=self.data_seed)
        size = {} if self.n_samples is None else {"n_samples": self.n_samples}
        return SETS[self.data](noise=self.noise, seed=self.data_seed, **size)

    def network(self, n_classes: int) -> Network:
        """The network for data of so many classes; none is a regression."""
        n_outputs = n_classes if n_classes > 2 else 1
        loss = None if n_classes else "mean_squared_error"
        return Network((len(self.features), *self.hidden, n_outputs), self.activation, loss)

    def with_own_data(self) -> Spec:
        """The spec for points of its own, which have the size and noise they have."""
        return replace(self, data=OWN, n_samples=None, noise=0.0)

    def with_columns(self, n_inputs: int) -> Spec:
        """The spec for points of a table, all of whose inputs the network sees."""
        return replace(self.with_own_data().drawing_a_start(), features=INPUTS[:n_inputs])

    def drawing_a_start(self) -> Spec:
        """The spec with weights that are drawn, if they are those of a run."""
        return replace(self, initialiser="glorot_uniform") if self.initialiser == OPENED else self

    def fitting(self, n_inputs: int) -> Spec:
        """The spec without the features that points of so many inputs have not."""
        known = offered(n_inputs)
        features = tuple(name for name in self.features if name in known)
        return replace(self, features=features or ("x1", "x2"))

    def settings(self, first: int = 0) -> Settings:
        """How to train from epoch `first` of the page's time on, as the library takes it."""
        common = {name: getattr(self, name) for name in COMMON}
        # Goals count from the start of the page's time.
        common["max_epochs"] = max(self.max_epochs - first, 1)
        return Settings(
            optimizer=RULES[self.optimizer](self),
            schedule=self._schedule(first),
            dtype=self.precision,
            **common,
        )

    def _schedule(self, first: int) -> Schedule:
        if self.cosine_epochs is None:
            return DEFAULT_SCHEDULE
        if first:
            return RestOfCosine(self.cosine_epochs, first)
        return Cosine(self.cosine_epochs)


RULES: dict[str, Callable[[Spec], Optimizer]] = {
    "GradientDescent": lambda spec: GradientDescent(spec.learning_rate, spec.momentum),
    "Adam": lambda spec: Adam(spec.learning_rate),
    "RMSprop": lambda spec: RMSprop(spec.learning_rate, momentum=spec.momentum),
}


@dataclass(frozen=True)
class Change:
    """What was changed after `epoch` epochs: numbers of the vector of parameters, or settings.

    Training goes on from there, its optimizer without a memory.
    """

    epoch: int
    values: tuple[tuple[int, float], ...] = ()
    spec: Spec | None = None


@dataclass(frozen=True)
class Scenario:
    """What is trained from the start, and the changes on the way, in the order of their epochs.

    `points` are those of own data, and None for any other. Raises InputError where they are
    missing: in a link that was made without them.
    """

    spec: Spec = field(default_factory=Spec)
    changes: tuple[Change, ...] = ()
    points: Points | None = None

    def __post_init__(self) -> None:
        if self.spec.data == OWN and self.points is None:
            raise InputError(
                "This link is to own data that it does not hold: ask for a link with the data, or "
                "drop their file on the page."
            )
        if self.spec.data != OWN and self.points is not None:
            raise InputError(f"A scenario of the data {self.spec.data} brings no points along.")

    @property
    def now(self) -> Spec:
        """What is trained in the end."""
        specs = [change.spec for change in self.changes if change.spec is not None]
        return specs[-1] if specs else self.spec

    def then(self, change: Change) -> Scenario:
        """The scenario in which this is the next change, and none comes after its epoch.

        Changes after the same epoch are one. Raises InputError for more than are kept.
        """
        before = [earlier for earlier in self.changes if earlier.epoch <= change.epoch]
        if before and before[-1].epoch == change.epoch:
            earlier = before.pop()
            values = tuple({**dict(earlier.values), **dict(change.values)}.items())
            change = Change(change.epoch, values, change.spec or earlier.spec)
        if len(before) >= MOST_CHANGES:
            raise InputError(
                f"There are {MOST_CHANGES} changes on the way already: go back to the start first."
            )
        return replace(self, changes=(*before, change))

    def restarted(self, spec: Spec, points: Points | None) -> Scenario:
        """Return a scenario from the start with this spec, of these own points if there are any.

        What was set by hand before the first epoch stays where the start is the same.
        """
        same = STARTING.isdisjoint(difference(spec, self.spec)) and points is self.points
        by_hand = tuple(
            replace(change, spec=None) for change in self.changes if same and change.epoch == 0
        )
        return Scenario(spec, by_hand, points)

    def with_goals(self, goals: Spec) -> Scenario:
        """The same scenario, but training ends as this spec says."""

        def aimed(spec: Spec) -> Spec:
            return replace(spec, stop_below=goals.stop_below, max_epochs=goals.max_epochs)

        changes = tuple(
            change if change.spec is None else replace(change, spec=aimed(change.spec))
            for change in self.changes
        )
        return replace(self, spec=aimed(self.spec), changes=changes)

    def to_json(self) -> dict[str, Any]:
        """A JSON object that says it all, with what is as in the tutorial left out."""
        changes: list[dict[str, Any]] = []
        before = self.spec
        for change in self.changes:
            described: dict[str, Any] = {"epoch": change.epoch}
            if change.values:
                described["values"] = [list(pair) for pair in change.values]
            if change.spec is not None:
                described["spec"] = difference(change.spec, before)
                before = change.spec
            changes.append(described)
        scenario = {"spec": difference(self.spec, Spec()), "changes": changes}
        return scenario if self.points is None else {**scenario, "points": self.points.to_json()}

    @classmethod
    def from_json(cls, described: Any, points: Points | None = None) -> Scenario:
        """The scenario that a JSON object tells; own data that it leaves out are these points.

        Raises InputError if it is none.
        """
        known = {"spec", "changes", "points"}
        if not isinstance(described, Mapping) or not set(described) <= known:
            raise InputError("A scenario is a JSON object with the keys spec, changes and points.")
        spec = Spec.from_json(described.get("spec", {}))
        if "points" in described:
            scenario = cls(spec, points=Points.from_json(described["points"]))
        else:
            scenario = cls(spec, points=points if spec.data == OWN else None)
        changes = described.get("changes", [])
        if not isinstance(changes, list):
            raise InputError("The changes of a scenario are a JSON list.")
        for change in changes:
            scenario = scenario.then(_change(change, scenario.now))
        return scenario


def difference(spec: Spec, other: Spec) -> dict[str, Any]:
    """The fields in which a spec differs from another, as JSON values."""
    before = asdict(other)
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(spec).items()
        if value != before[name]
    }


def _change(described: Any, now: Spec) -> Change:
    known = {"epoch", "values", "spec"}
    if not isinstance(described, Mapping) or not set(described) <= known:
        raise InputError("A change is a JSON object with the keys epoch, values and spec.")
    epoch = described.get("epoch")
    _whole("The epoch of a change", epoch, 0, MOST_EPOCHS)
    spec = now.changed(described["spec"]) if "spec" in described else None
    if spec is not None and not set(difference(spec, now)) <= ON_THE_WAY:
        raise InputError("Data and network cannot change on the way of a training.")
    return Change(int(epoch or 0), checked_values(described.get("values", [])), spec)


def checked_values(pairs: Any) -> tuple[tuple[int, float], ...]:
    """Places in the vector of parameters with their new values. Raises InputError for others."""
    if not isinstance(pairs, list) or any(
        not isinstance(pair, list) or len(pair) != 2 for pair in pairs
    ):
        raise InputError("New values of parameters are a list of pairs: place and value.")
    for place, value in pairs:
        whole_number("The place of a parameter", place, 0)
        _between("A weight", value, -LARGEST_WEIGHT, LARGEST_WEIGHT)
    return tuple((int(place), float(value)) for place, value in pairs)


def _converted(name: str, kind: str, value: Any) -> Any:
    """A JSON value as a field takes it; whether it may stand there the spec itself says.

    Raises InputError for what is no list where there must be one.
    """
    if kind.startswith("tuple"):
        if not isinstance(value, list):
            raise InputError(f"The setting {name} must be a list, not {_written(value)}.")
        return tuple(value)
    if kind.startswith("float") and type(value) is int and abs(value) <= sys.float_info.max:
        return float(value)
    return value


def _one_of(what: str, name: Any, known: tuple[str, ...]) -> None:
    if name not in known:
        raise InputError(f"Unknown {what} {_written(name)}: choose one of {', '.join(known)}.")


def _whole(name: str, value: Any, least: int, most: int, *, or_none: bool = False) -> None:
    if or_none and value is None:
        return
    if type(value) is not int or not least <= value <= most:
        allowed = f"a whole number from {least} to {most}{', or none' * or_none}"
        raise InputError(f"{name} must be {allowed}, not {_written(value)}.")


def _between(name: str, value: Any, least: float, most: float, *, or_none: bool = False) -> None:
    if or_none and value is None:
        return
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not (is_number and least <= value <= most):
        allowed = f"a number from {least:g} to {most:g}{', or none' * or_none}"
        raise InputError(f"{name} must be {allowed}, not {_written(value)}.")


def _written(value: Any) -> str:
    """A value as a link has it."""
    return "none" if value is None else f"{value!r:.40}"
