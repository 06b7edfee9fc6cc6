"""The points of a run that is opened: what it was trained on, and the units that came from."""

from __future__ import annotations

import numpy as np

from glassnet.core.parameters import Array
from glassnet.data.preprocessing import NumericColumn, Recipe
from glassnet.playground.points import LONGEST_NAME, Measure, Points

MOST_DIGITS = 16  # after the point, of numbers as they are written down


def points_of_run(X: Array, y: np.ndarray, n_classes: int, recipe: Recipe | None) -> Points:
    """X (n, n_features) and y (n,) as they were trained on, in the units of the table.

    A run without a recipe has no other units, nor has a feature whose numbers they would change.
    """
    columns = [
        _in_units(measure, values) for measure, values in zip(_inputs(X, recipe), X.T, strict=True)
    ]
    measures, own = zip(*columns, strict=True)
    rows = map(tuple, np.column_stack(own).tolist())
    if n_classes:
        names = tuple(map(str, range(n_classes)))
        target = Measure("class")
        if recipe is not None and recipe.target.classes is not None:
            names, target = tuple(map(str, recipe.target.classes)), Measure(recipe.target.names[0])
        return Points(measures, target, names, tuple(zip(rows, map(int, y), strict=True)))
    target, values = _in_units(_target(recipe), y)
    return Points(measures, target, (), tuple(zip(rows, values.tolist(), strict=True)))


def _inputs(X: Array, recipe: Recipe | None) -> list[Measure]:
    if recipe is None:
        return [Measure(f"x{k + 1}") for k in range(X.shape[1])]
    scales = {c.name: (c.mean, c.scale) for c in recipe.columns if isinstance(c, NumericColumn)}
    return [
        Measure(name[:LONGEST_NAME], *scales.get(name, (0.0, 1.0))) for name in recipe.feature_names
    ]


def _target(recipe: Recipe | None) -> Measure:
    if recipe is None:
        return Measure("value")
    target = recipe.target
    return Measure(target.names[0], target.mean[0], target.scale[0])


def _in_units(measure: Measure, seen: Array) -> tuple[Measure, Array]:
    """The numbers v with (v - mean)/scale exactly `seen`, those with the fewest digits of them.

    Where there are none for one of them, all stay as they are.
    """
    about = measure.mean + measure.scale * seen.astype(np.float64)
    found = np.full(len(about), np.nan)
    near = [np.round(about, digits) for digits in range(MOST_DIGITS + 1)]
    near += [about, np.nextafter(about, np.inf), np.nextafter(about, -np.inf)]
    for candidate in near:
        fits = np.isnan(found) & (measure.seen(candidate).astype(seen.dtype) == seen)
        found[fits] = candidate[fits]
    if np.isnan(found).any():
        return Measure(measure.name), seen.astype(np.float64)
    return measure, found
