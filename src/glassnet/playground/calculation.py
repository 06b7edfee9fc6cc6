"""The complete calculation of a point of the data, or of any place in the plane, on request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.core.parameters import Array
from glassnet.errors import InputError
from glassnet.explain import Explanation, explain
from glassnet.explain.render.html import fragment
from glassnet.playground.features import features_of
from glassnet.playground.points import LARGEST, Points, shown
from glassnet.playground.protocol import Request
from glassnet.playground.timeline import Timeline

PHASES = ("forward", "loss", "backward", "update")


def calculation(timeline: Timeline, epoch: int, request: Request) -> tuple[str, str]:
    """Return title and HTML of the explanation of a "row", or of a place "x", after some epochs.

    A place is in the data's own units, and is seen as a "label", or of a regression as having the
    value "target". Raises InputError if there is no such point.
    """
    if request["row"] is not None:
        explanation = _of_row(timeline, epoch, index("point", request["row"], len(timeline.X) - 1))
    else:
        explanation = _of_place(timeline, epoch, request)
    return explanation.title, fragment(explanation)


def _of_row(timeline: Timeline, epoch: int, row: int) -> Explanation:
    points = timeline.points
    inputs, target = points.rows[row]
    y = timeline.dataset.y[[row]]
    if timeline.held_out[row]:
        explanation = _alone(timeline, epoch, timeline.X[[row]], y)
        title = f"Every number of point {row}, which is not trained on"
        return _in_own_units(replace(explanation, title=title), points, inputs, target)
    segment = timeline.segment_at(epoch)
    explanation = explain(
        segment.training.so_far(),
        *timeline.trained_on,
        sample=timeline.place_in_training(row),
        epoch=epoch - segment.first,
    )
    if timeline.held_out.any():  # then the samples' numbers are not the points'
        explanation = replace(explanation, title=f"Every number of point {row}")
    return _in_own_units(explanation, points, inputs, target)


def _of_place(timeline: Timeline, epoch: int, request: Request) -> Explanation:
    points = timeline.points
    x1, x2 = _place(request.get("x"))
    inputs = (x1, x2, *(measure.mean for measure in points.inputs[2:]))
    if points.classes:
        target: float = index("class", request.get("label"), len(points.classes) - 1)
        as_if = f"of class {points.classes[int(target)]}"
    else:
        target = _number(request.get("target"))
        as_if = f"{points.target.name} = {target:.6g}"
    there = replace(points, rows=((inputs, target),)).dataset
    X = features_of(there.X, timeline.scenario.spec.features)
    explanation = _alone(timeline, epoch, X, there.y)
    title = f"Every number of this place, as if it were {as_if}"
    return _in_own_units(replace(explanation, title=title), points, inputs, target)


def _alone(timeline: Timeline, epoch: int, X: Array, y: np.ndarray) -> Explanation:
    """The calculation of one row that is not trained on, and so without any sum or update."""
    explanation = explain(timeline.parameters_at(epoch), X, y, sample=0)
    facts = dict(explanation.facts)
    del facts["sample"]  # it is no row of those trained on
    steps = tuple(s for s in explanation.steps if s.phase in PHASES)
    return replace(explanation, steps=steps, facts={"place": facts.pop("numbers"), **facts})


def _in_own_units(
    explanation: Explanation, points: Points, inputs: tuple[float, ...], target: float
) -> Explanation:
    """With a fact that gives the numbers before they were standardised, where they were."""
    if all((m.mean, m.scale) == (0, 1) for m in (*points.inputs, points.target)):
        return explanation
    answer = points.classes[int(target)] if points.classes else f"{target:.6g}"
    values = f"{shown(points.inputs, inputs)}; {points.target.name} = {answer}"
    return replace(explanation, facts={"point": values, **explanation.facts})


def index(what: str, value: Any, most: int) -> int:
    """A whole number from 0 to `most`. Raises InputError, which says of what, for anything else."""
    if type(value) is not int or not 0 <= value <= most:
        raise InputError(f"There is no {what} {value!r:.40} here: choose from 0 to {most}.")
    return value


def _place(x: Any) -> list[float]:
    if not isinstance(x, list) or len(x) != 2:
        raise InputError("A place in the plane is two numbers.")
    return [_number(value) for value in x]


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not abs(value) <= LARGEST:
        raise InputError(f"{value!r:.40} is no number that could stand here.")
    return float(value)
