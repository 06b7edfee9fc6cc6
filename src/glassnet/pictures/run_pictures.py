"""The pictures of a run: learning curves, boundary, weights and the network itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from glassnet.core.parameters import Array
from glassnet.core.samples import Samples
from glassnet.data.preprocessing import (
    BooleanColumn,
    CategoryColumn,
    Column,
    DateColumn,
    NumericColumn,
    Recipe,
)
from glassnet.errors import InputError
from glassnet.models.model import probabilities
from glassnet.pictures.plane import Plane
from glassnet.storage.output_folder import output_folder, write_listing
from glassnet.training.run import Run

if TYPE_CHECKING:
    from glassnet.pictures import Film
    from glassnet.pictures.display import Display

PROGRAM = "glassnet show"
MOST_FRAMES = 120
MOST_ROWS = 2**16
FRAMES_A_SECOND = 12
LAST_DAY = 2.9e6  # since 1970: calendars end with the year 9999
LARGEST_LANDSCAPE = 1_000_000  # rows times parameters; the loss is computed 1600 times


@dataclass(frozen=True)
class Slice:
    """Which plane to cut through the features of a run.

    `features` are the names of the two along the axes, the two that weigh most if left out;
    `held` is where the others are: "median", "mean", or the number of a sample; `at` moves some
    of them to values in the table's units, by the name of a feature, or of a column: a category,
    a date such as 2001-02-03, true or false.
    """

    features: Sequence[str] = ()
    held: str | int = "median"
    at: Mapping[str, float | str] | None = None


def run_pictures(run: Run, plane: Slice | None = None) -> dict[str, Callable[[], Display]]:
    """How to draw each picture of a run, by the name of its file; nothing is drawn yet."""
    from glassnet import pictures

    plane = plane or Slice()
    names = feature_names(run)
    drawn: dict[str, Callable[[], Display]] = {
        "learning_curves.png": lambda: pictures.learning_curves(
            run.history.loss,
            run.history.validation,
            run.history.training,
            best_epoch=run.kept_epoch if run.kept_epoch < run.epochs else None,
        ),
        "network.png": lambda: pictures.network_diagram(
            run.network, run.parameters, names=_given_names(run), outputs=_neuron_names(run)
        ),
        "weights.png": lambda: pictures.weights(run.parameters, names, _neuron_names(run)),
    }
    if run.samples is not None and run.network.sizes[0] > 1:
        drawn["boundary.png"] = lambda: boundary(run, plane)
    elif run.samples is not None and run.network.is_regression:
        drawn["curve.png"] = lambda: _curve(run)
    if _has_landscape(run):
        drawn["landscape.png"] = lambda: pictures.loss_landscape(
            run, *run.data[:2], sample_weight=run.data[2]
        )
    if not len(run.history.loss):
        del drawn["learning_curves.png"]
    return drawn


def boundary(run: Run, plane: Slice) -> Display:
    """Draw the run's outputs over two features, in the table's units, the others held.

    Raises InputError for a run whose samples were not saved, or features that it has not.
    """
    from glassnet.pictures import boundary_slice
    from glassnet.pictures.inputs import shown_name

    samples = _samples(run)
    units = Units.of(run)
    regression = run.network.is_regression
    names = feature_names(run)
    pair = _pair(run, plane.features, names)
    some = samples.chosen(_spaced(samples))
    point = _point(plane, samples, units, names, pair)
    title, held, note = None, None, ""
    if run.recipe is not None:
        over = " and ".join(shown_name(names[i]) for i in pair)
        title = f"{shown_name(run.recipe.target.names[0])} over {over}"
        held = held_values(run.recipe, point, pair)
        note = filled_in(run.recipe, some.X, pair)
    return boundary_slice(
        lambda rows: units.answers(run, rows),
        units.outwards(some.X),
        units.targets(some.Y) if regression else some.labels,
        features=pair,
        held=point,
        held_values=held,
        dates=_dates(run),
        names=names,
        classes=output_names(run),
        regression=regression,
        title=title,
        note=note,
    )


def held_values(recipe: Recipe, point: Array, pair: Sequence[int]) -> list[str]:
    """What the point (n_features,), in the table's units, holds each column at, as people say it.

    Columns along the axes, in `pair`, are left out: they are held at nothing.
    """
    said = []
    for start, column in _starts(recipe):
        own = range(start, start + len(column.feature_names))
        value = point[start]
        missing = column.has_missing and point[own[-1]] > 0.5
        match column:
            case NumericColumn() if start not in pair:
                said.append(f"{column.name} = {_digits(value, column.scale)}")
            case DateColumn():
                day = np.datetime64(int(np.floor(value)), "D")
                along = start in pair  # then only its place in the year and in the week is held
                said.append(f"season and weekday of {day}" if along else f"{column.name} = {day}")
            case BooleanColumn() if start not in pair:
                answer = "unknown" if missing or not value else str(bool(value > 0)).lower()
                said.append(f"{column.name} = {answer}")
            case CategoryColumn():
                categories = zip(own, column.categories, strict=False)
                said += [f"{column.name} = {c}" for i, c in categories if point[i] > 0.5]
    return said


def filled_in(recipe: Recipe, X: Array, pair: Sequence[int]) -> str:
    """How many of the rows of X (n, n_features) lack a value along the axes, as a note; or ""."""
    lacking = np.zeros(len(X), bool)
    for start, column in _starts(recipe):
        measured = isinstance(column, NumericColumn | DateColumn | BooleanColumn)
        if start in pair and measured and column.has_missing:
            lacking |= X[:, start + len(column.feature_names) - 1] > 0.5
    count = int(lacking.sum())
    if not count:
        return ""
    if count == 1:
        return "1 sample lacks a value along the axes and is drawn where it was filled in"
    return f"{count:,} samples lack a value along the axes and are drawn where it was filled in"


def _digits(value: float, scale: float) -> str:
    """A value to about a hundredth of the column's standard deviation."""
    decimals = min(max(2 - int(np.floor(np.log10(scale))), 0), 12)
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text


def _starts(recipe: Recipe | None) -> Iterator[tuple[int, Column]]:
    """The columns of the recipe, each with the number of its first feature."""
    start = 0
    for column in recipe.columns if recipe is not None else ():
        yield start, column
        start += len(column.feature_names)


def plane_of(run: Run, plane: Slice) -> Plane:
    """The plane through the inputs of a run, its axes in the table's units.

    Raises InputError as `boundary` does, and for a network of one feature.
    """
    samples, units, names = _samples(run), Units.of(run), feature_names(run)
    if len(names) < 2:
        raise InputError("A film needs two features, and this network has one.")
    pair = _pair(run, plane.features, names)
    point = _point(plane, samples, units, names, pair)
    dates = _dates(run)
    return Plane(
        pair,
        point,
        units.mean,
        units.scale,
        (names[pair[0]], names[pair[1]]),
        (pair[0] in dates, pair[1] in dates),
    )


def film(run: Run, plane: Slice) -> Film:
    """The boundary of the plane as it came about, some hundred frames at most.

    Raises InputError as `boundary` does, and for a network of one feature.
    """
    from glassnet.pictures import training_film
    from glassnet.pictures.inputs import shown_name

    cut = plane_of(run, plane)
    X, y, _ = run.data
    return training_film(
        run.history,
        X,
        y,
        every=max(run.epochs // MOST_FRAMES, 1),
        rate=FRAMES_A_SECOND,
        scale="safe",
        plane=replace(cut, names=(shown_name(cut.names[0]), shown_name(cut.names[1]))),
    )


def write_run_pictures(
    run: Run,
    folder: Path,
    plane: Slice,
    *,
    only: Sequence[str] = (),
    dark: bool = False,
    force: bool = False,
) -> list[str]:
    """Draw the pictures of a run into a folder; returns the names of the files.

    Raises InputError, with nothing written, for a picture in `only` that there is not, and if
    the folder holds files of others (unless `force`).
    """
    from glassnet.pictures import dark_paper

    drawn = run_pictures(run, plane)
    chosen = [f"{name.removesuffix('.png')}.png" for name in only] or list(drawn)
    unknown = [name.removesuffix(".png") for name in chosen if name not in drawn]
    if unknown:
        known = ", ".join(name.removesuffix(".png") for name in drawn)
        raise InputError(
            f"There is no picture {unknown[0]!r:.80} of this run: choose from {known}."
        )
    with output_folder(folder, PROGRAM, force=force) as temporary:
        with dark_paper() if dark else nullcontext():
            for name in chosen:
                drawn[name]().save(temporary / name)
        write_listing(temporary, PROGRAM, chosen)
    return chosen


def feature_names(run: Run) -> list[str]:
    """The names of the columns of X."""
    if run.recipe is not None:
        return run.recipe.feature_names
    return [f"x{i}" for i in range(1, run.network.sizes[0] + 1)]


@dataclass(frozen=True, eq=False)
class Units:
    """Between the units of the table and those of X and y: v = x * scale + mean."""

    mean: Array
    scale: Array
    recipe: Recipe | None

    @classmethod
    def of(cls, run: Run) -> Units:
        """Those of a run: with a recipe the table's, else as X and y are."""
        n = run.network.sizes[0]
        mean, scale = np.zeros(n), np.ones(n)
        for start, column in _starts(run.recipe):
            if isinstance(column, NumericColumn | DateColumn):
                mean[start], scale[start] = column.mean, column.scale
        return cls(mean, scale, run.recipe)

    def outwards(self, X: Array) -> Array:
        """X (n, n_features) in the units of the table."""
        return X * self.scale + self.mean

    def answers(self, run: Run, rows: Array) -> Array:
        """Probabilities, or the values of a regression, for rows in the table's units."""
        a = run.outputs((rows - self.mean) / self.scale)
        if run.network.is_regression:
            return self.targets(a)
        return probabilities(run.network, a)

    def targets(self, Y: Array) -> Array:
        """The values that Y (n, n_outputs) stands for."""
        if self.recipe is None:
            return Y
        return self.recipe.target.decode(Y).astype(np.float64)


def _dates(run: Run) -> list[int]:
    """The features that are days since 1970-01-01, once they are in the table's units."""
    return [start for start, column in _starts(run.recipe) if isinstance(column, DateColumn)]


def _given_names(run: Run) -> list[str] | None:
    """The names of the features where a table gives them; else the diagram has its letters."""
    return None if run.recipe is None else run.recipe.feature_names


def _samples(run: Run) -> Samples:
    if run.samples is None:
        raise InputError(
            "The samples of this run were too large to be saved, so its boundary cannot be drawn."
        )
    return run.samples


def _pair(run: Run, wanted: Sequence[str], names: list[str]) -> tuple[int, int]:
    """The two features along the axes: those named, or the two with the largest weights."""
    if not wanted:
        W, _ = run.parameters.layers[0]
        size = np.linalg.norm(W, axis=0)
        measured = _measured(run)
        if measured.sum() >= 2:  # 0/1 features make poor axes
            size = np.where(measured, size, -1)
        first, second = sorted(np.argsort(-size, kind="stable")[:2].tolist())
        return first, second
    if len(wanted) != 2:
        raise InputError(f"A boundary needs two features, but {len(wanted)} are named.")
    first, second = (_number(name, names) for name in wanted)
    return first, second


def _measured(run: Run) -> np.ndarray:
    """Which features are numbers or dates, and not 0 or 1: (n_features,)."""
    if run.recipe is None:
        return np.ones(run.network.sizes[0], bool)
    return np.array(
        [
            i == 0 and isinstance(column, NumericColumn | DateColumn)
            for column in run.recipe.columns
            for i in range(len(column.feature_names))
        ]
    )


def _number(name: str, names: list[str]) -> int:
    if name not in names:
        shown = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
        raise InputError(f"There is no feature {name!r:.80}: the features are {shown}.")
    return names.index(name)


def _spaced(samples: Samples) -> slice:
    """Rows to draw and to take the median of: all, or enough of them, at equal distances."""
    return slice(None, None, -(-len(samples.X) // MOST_ROWS))


def _point(
    plane: Slice, samples: Samples, units: Units, names: list[str], pair: tuple[int, int]
) -> Array:
    """Where the features that are held are held, in the table's units."""
    point: Array
    n = len(samples.X)
    X = units.outwards(samples.X[_spaced(samples)])
    if isinstance(plane.held, int):
        if not 0 <= plane.held < n:
            raise InputError(f"There is no sample {plane.held}: they are 0 to {n - 1}.")
        point = units.outwards(samples.X[plane.held])
    elif plane.held in ("median", "mean"):
        point = np.median(X, axis=0) if plane.held == "median" else X.mean(axis=0)
    else:
        raise InputError(
            f"Features are held at the median, the mean or a sample's number, not "
            f"{plane.held!r:.80}."
        )
    moved: dict[int, float] = {}
    for name, value in (plane.at or {}).items():
        moved |= _moved(units.recipe, names, name, value)
    if moved.keys() & set(pair):
        raise InputError("A feature along an axis is not held: leave it out of what is held.")
    point[list(moved)] = list(moved.values())
    for start, column in _starts(units.recipe):
        if isinstance(column, DateColumn):  # its season and weekday are those of the date
            waves = replace(column, has_missing=False).encode(point[[start]])
            point[start + 1 : start + 5] = waves[0, 1:]
    point[list(moved)] = list(moved.values())
    return point


def _moved(
    recipe: Recipe | None, names: list[str], name: str, value: float | str
) -> dict[int, float]:
    """The features that a value of a feature, or of a column of the table, sets: by number."""
    for start, column in _starts(recipe):
        if column.name != name:
            continue
        if isinstance(column, CategoryColumn):
            if value not in column.categories:
                known = ", ".join(column.categories[:20])
                raise InputError(
                    f"Column {name!r:.80} has no category {value!r:.80}: it has {known}."
                )
            return {start + i: float(value == c) for i, c in enumerate(column.categories)}
        if isinstance(column, BooleanColumn) and str(value).lower() in ("true", "false"):
            return {start: 1.0 if str(value).lower() == "true" else -1.0}
        if isinstance(column, DateColumn) and (days := _days(str(value))) is not None:
            return {start: days}
    number = _number(name, names)
    is_date = any(i == number and isinstance(c, DateColumn) for i, c in _starts(recipe))
    try:
        found = float(value)
    except ValueError:
        found = math.nan
    if not abs(found) < (LAST_DAY if is_date else math.inf):
        example = "a date such as 2001-02-03" if is_date else "a number such as 40"
        raise InputError(f"{name} cannot be held at {value}: give {example}.")
    return {number: found}


def _days(text: str) -> float | None:
    """Days since 1970 of a date such as 2001-02-03; None if it is none."""
    try:
        return float((date.fromisoformat(text) - date(1970, 1, 1)).days)
    except ValueError:
        return None


def _has_landscape(run: Run) -> bool:
    """Whether the loss around the run's end can be had in a second or two."""
    if run.samples is None or len(run.history.snapshot_epochs) < 3:
        return False
    return len(run.samples.X) * run.network.n_parameters <= LARGEST_LANDSCAPE


def _curve(run: Run) -> Display:
    from glassnet.pictures import fitted_curve

    samples = _samples(run)
    return fitted_curve(run.network, run.parameters, samples.X, samples.Y[:, 0])


def output_names(run: Run) -> list[str] | None:
    """The names of the classes, or of a regression's outputs; None where they have none."""
    if run.recipe is None:
        return None
    target = run.recipe.target
    return [str(name) for name in (target.names if target.classes is None else target.classes)]


def _neuron_names(run: Run) -> list[str] | None:
    """The names of the output's neurons: of two classes there is one, for the second of them."""
    names = output_names(run)
    return names[-1:] if names and run.network.sizes[-1] == 1 else names
