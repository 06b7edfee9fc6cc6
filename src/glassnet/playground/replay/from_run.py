"""What the replay of a run of the library shows: its plane, names and units."""

from __future__ import annotations

import numpy as np

from glassnet.core.parameters import Array
from glassnet.core.samples import Samples
from glassnet.pictures.run_pictures import (
    Slice,
    Units,
    feature_names,
    held_values,
    output_names,
    plane_of,
)
from glassnet.playground.replay.source import Leg, ReplaySource, Window
from glassnet.training.run import Run

LEAST_MARGIN = 1e-9


def of_run(run: Run) -> ReplaySource:
    """A run of the library, whatever it was trained on, and wherever."""
    run = run.to_local()
    regression = run.network.is_regression
    names = output_names(run)
    if names is None:
        n = run.network.sizes[-1]
        names = [f"y{k + 1}" for k in range(n)] if regression else list(map(str, range(max(n, 2))))
    target = "class" if run.recipe is None else run.recipe.target.names[0]
    return ReplaySource(
        (Leg(0, run.epochs, run, run.explanation),),
        _window(run),
        tuple(feature_names(run)),
        names[0] if regression else target,
        tuple(names),
        Units.of(run).targets,
    )


def _window(run: Run) -> Window | None:
    """The plane of two features, or of the only one and the target; None without samples."""
    if run.samples is None:
        return None
    if run.network.sizes[0] == 1:
        return _line(run, run.samples)
    cut = plane_of(run, Slice())
    points = cut.points(run.samples.X)
    held = () if run.recipe is None else tuple(held_values(run.recipe, cut.point, cut.features))
    if run.recipe is None:
        names = feature_names(run)
        others = [i for i in range(len(names)) if i not in cut.features]
        held = tuple(f"{names[i]} = {cut.point[i]:.4g}" for i in others)
    return Window(points, *_surroundings(points), cut.names, cut.inputs, held, cut.dates)


def _line(run: Run, samples: Samples) -> Window:
    """One feature, and the target above it."""
    regression = run.network.is_regression
    units = Units.of(run)
    above = units.targets(samples.Y).reshape(len(samples.X), -1)[:, 0]
    y = above if regression else samples.labels
    points = np.column_stack([units.outwards(samples.X)[:, 0], y]).astype(np.float64)
    names = (feature_names(run)[0], (output_names(run) or ["y"])[0] if regression else "class")

    def inputs(points: Array) -> Array:
        return (points[:, :1] - units.mean) / units.scale

    return Window(points, *_surroundings(points), names, inputs, is_line=True)


def _surroundings(points: Array) -> tuple[Array, Array]:
    """The range along each axis and a sixth of it more: for the tutorial's points -2 to 2."""
    low, high = points.min(axis=0), points.max(axis=0)
    span = high - low
    margin = np.where(span > LEAST_MARGIN * np.maximum(np.abs(low), np.abs(high)), span / 6, 1.0)
    return low - margin, high + margin
