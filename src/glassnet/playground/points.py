"""The points of a page: their numbers in their own units, and what a network sees of them.

They travel as JSON, within a scenario or an edit, and come from anywhere: all of it is checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from glassnet.core.parameters import Array
from glassnet.data.datasets import Dataset
from glassnet.errors import InputError

MOST_SAMPLES = 1000
LEAST_INPUTS, MOST_INPUTS = 2, 6
MOST_CLASSES = 8  # as many as there are colours that can be told apart
LONGEST_NAME = 80
LARGEST = 1e12  # in its own units
FARTHEST = 1e6  # as the network sees it

Row = tuple[tuple[float, ...], float]  # the inputs in their own units, and class number or value


@dataclass(frozen=True)
class Measure:
    """A column of numbers v; the network sees (v - mean)/scale.

    Raises InputError for a name or numbers that make none.
    """

    name: str
    mean: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        _check_name("The name of a column", self.name)
        for what, value in (("mean", self.mean), ("scale", self.scale)):
            _check_number(f"The {what} of {self.name!r}", value)
        if self.scale <= 0:
            raise InputError(
                f"The scale of {self.name!r:.80} must be above 0, not {self.scale!r:.80}."
            )

    def seen(self, values: Array) -> Array:
        """Values in their own units as the network sees them."""
        return (values - self.mean) / self.scale

    @classmethod
    def of(cls, name: str, values: Array) -> Measure:
        """The column standardised by mean and population standard deviation of its values (n,).

        One whose values are all alike keeps its own units.
        """
        mean, scale = float(values.mean()), float(values.std())
        return cls(name, mean, scale) if scale > 0 else cls(name)


@dataclass(frozen=True)
class Points:
    """Rows of two to six inputs in their own units, each with a class number or a value.

    `classes` are the names of the classes; of a regression there are none, and then `target`
    says how its values are standardised. The first two inputs are the axes of the plane.

    Raises InputError for more than the page can show.
    """

    inputs: tuple[Measure, ...]
    target: Measure
    classes: tuple[str, ...]
    rows: tuple[Row, ...]

    def __post_init__(self) -> None:
        names = [measure.name for measure in self.inputs]
        if not LEAST_INPUTS <= len(names) <= MOST_INPUTS or len(set(names)) < len(names):
            raise InputError(
                f"Points have {LEAST_INPUTS} to {MOST_INPUTS} inputs, each of another name, "
                f"not {len(names)}."
            )
        if len(self.classes) == 1 or len(self.classes) > MOST_CLASSES:
            raise InputError(
                f"The page shows 2 to {MOST_CLASSES} classes, not {len(self.classes)}: leave some "
                "out, or take the target as a number."
            )
        for name in self.classes:
            _check_name("The name of a class", name)
        if len(set(self.classes)) < len(self.classes):
            raise InputError("Two classes have the same name: give each its own.")
        if not 1 <= len(self.rows) <= MOST_SAMPLES:
            raise InputError(f"The page takes 1 to {MOST_SAMPLES} points, not {len(self.rows)}.")
        if self.classes and max(target for _, target in self.rows) >= len(self.classes):
            raise InputError("Some points are of a class that is taken away: remove them first.")
        self._check_extent()

    def _check_extent(self) -> None:
        """Numbers far beyond the scale of their column can be neither drawn nor trained on."""
        farthest = np.abs(self.dataset.X).max(axis=0)
        beyond = np.flatnonzero(~(farthest <= FARTHEST))
        if len(beyond):
            name = self.inputs[beyond[0]].name
            raise InputError(f"Column {name!r:.80} holds a number too far from the others.")

    @cached_property
    def dataset(self) -> Dataset:
        """What is trained on: X (n, n_inputs) standardised, and y, a regression's too."""
        raw = np.array([inputs for inputs, _ in self.rows])
        X = np.column_stack([m.seen(v) for m, v in zip(self.inputs, raw.T, strict=True)])
        targets = np.array([target for _, target in self.rows])
        y = targets.astype(np.intp) if self.classes else self.target.seen(targets)
        names = tuple(measure.name for measure in self.inputs)
        return Dataset("own", X, y, len(self.classes), names, self.classes)

    @classmethod
    def of(cls, dataset: Dataset) -> Points:
        """The points of a data set, to the digit, in the units in which it is trained on."""
        n = dataset.n_classes
        classes = dataset.class_names or tuple(map(str, range(n)))
        rows = zip(map(tuple, dataset.X.tolist()), dataset.y.tolist(), strict=True)
        inputs = tuple(Measure(name) for name in dataset.feature_names)
        return cls(inputs, Measure("class" if n else "value"), classes, tuple(rows))

    @classmethod
    def standardised(
        cls,
        inputs: Sequence[str],
        X: Array,
        target: str,
        y: np.ndarray,
        classes: tuple[str, ...] = (),
    ) -> Points:
        """Points of a table, X (n, n_inputs) and y (n,), with every column standardised."""
        measures = tuple(Measure.of(name, v) for name, v in zip(inputs, X.T, strict=True))
        goal = Measure(target) if classes else Measure.of(target, y)
        rows = zip(map(tuple, X.tolist()), y.tolist(), strict=True)
        return cls(measures, goal, classes, tuple(rows))

    def edited(self, request: Mapping[str, Any]) -> Points:
        """These points after an edit by hand.

        `classes` are new names of the classes, `put` pairs of a row and its new numbers, `remove`
        rows or "all", `add` new rows, each as in JSON. Raises InputError for others.
        """
        classes = request.get("classes")
        points = self if classes is None else replace(self, classes=_texts(classes))
        rows = list(points.rows)
        for pair in _listed(request.get("put", [])):
            if not isinstance(pair, list) or len(pair) != 2:
                raise InputError("A point is put as a pair: its row, and its numbers.")
            rows[_row_number(pair[0], len(rows))] = points._row(pair[1])
        gone = request.get("remove", [])
        removed = (
            set(range(len(rows)))
            if gone == "all"
            else {_row_number(row, len(rows)) for row in _listed(gone)}
        )
        kept = [row for number, row in enumerate(rows) if number not in removed]
        added = [points._row(values) for values in _listed(request.get("add", []))]
        return replace(points, rows=tuple(kept + added))

    def _row(self, values: Any) -> Row:
        """One row as JSON gives it: the inputs, then class number or value."""
        if not isinstance(values, list) or len(values) != len(self.inputs) + 1:
            raise InputError(
                f"A point is a list of {len(self.inputs) + 1} numbers: "
                f"{', '.join(measure.name for measure in self.inputs)} and {self.target.name}."
            )
        *inputs, target = values
        for measure, value in zip(self.inputs, inputs, strict=True):
            _check_number(measure.name, value)
        if not self.classes:
            _check_number(self.target.name, target)
            return tuple(map(float, inputs)), float(target)
        if type(target) is not int or not 0 <= target < len(self.classes):
            raise InputError(
                f"The class of a point is a number from 0 to {len(self.classes) - 1}, not "
                f"{target!r:.40}."
            )
        return tuple(map(float, inputs)), target

    def to_json(self) -> dict[str, Any]:
        """A JSON object that says it all."""
        target = (
            {"name": self.target.name, "classes": list(self.classes)}
            if self.classes
            else _measure_to_json(self.target)
        )
        return {
            "inputs": [_measure_to_json(measure) for measure in self.inputs],
            "target": target,
            "rows": [[*inputs, target] for inputs, target in self.rows],
        }

    @classmethod
    def from_json(cls, described: Any) -> Points:
        """The points that a JSON object describes. Raises InputError if it is none."""
        if not isinstance(described, Mapping) or set(described) != {"inputs", "target", "rows"}:
            raise InputError("Points are a JSON object with the keys inputs, target and rows.")
        inputs = tuple(_measure(measure) for measure in _listed(described["inputs"]))
        target = described["target"]
        classes: tuple[str, ...] = ()
        if isinstance(target, Mapping) and "classes" in target:
            classes = _texts(target["classes"])
            target = {name: value for name, value in target.items() if name != "classes"}
        rows = _listed(described["rows"])
        if not LEAST_INPUTS <= len(inputs) <= MOST_INPUTS or not 0 < len(rows) <= MOST_SAMPLES:
            raise InputError(
                f"The page takes 1 to {MOST_SAMPLES} points of {LEAST_INPUTS} to {MOST_INPUTS} "
                f"inputs, not {len(rows)} of {len(inputs)}."
            )
        # One row to know the columns by, until the others are checked by them.
        first: Row = (tuple(measure.mean for measure in inputs), 0)
        points = cls(inputs, _measure(target), classes, (first,))
        return replace(points, rows=tuple(points._row(row) for row in rows))


def _measure_to_json(measure: Measure) -> dict[str, Any]:
    return {"name": measure.name, "mean": measure.mean, "scale": measure.scale}


def _measure(described: Any) -> Measure:
    known = {"name", "mean", "scale"}
    if not isinstance(described, Mapping) or not {"name"} <= set(described) <= known:
        raise InputError("A column of points is a JSON object with the keys name, mean and scale.")
    return Measure(**described)


def _listed(values: Any) -> list[Any]:
    if not isinstance(values, list):
        raise InputError(f"Points come in JSON lists, not as {values!r:.40}.")
    return values


def _texts(names: Any) -> tuple[str, ...]:
    return tuple(_listed(names))


def _row_number(number: Any, n_rows: int) -> int:
    if type(number) is not int or not 0 <= number < n_rows:
        raise InputError(f"There is no point {number!r:.40}: there are 0 to {n_rows - 1}.")
    return number


def _check_name(what: str, name: Any) -> None:
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME:
        raise InputError(f"{what} must be a text of 1 to {LONGEST_NAME} letters.")


def _check_number(name: str, value: Any) -> None:
    if type(value) not in (int, float):
        raise InputError(f"{name} must be a number, not {value!r:.40}.")
    if not abs(value) <= LARGEST:
        raise InputError(f"{name} must be between -{LARGEST:g} and {LARGEST:g}, not {value!r:.40}.")


def shown(measures: Iterable[Measure], values: Iterable[float]) -> str:
    """Numbers with the names of their columns, in a line."""
    return ", ".join(f"{m.name} = {v:.6g}" for m, v in zip(measures, values, strict=True))
