"""The complete calculation of a point of the data, or of any place in the plane, on request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.errors import InputError
from glassnet.explain import explain
from glassnet.explain.html import fragment
from glassnet.parameters import Array
from glassnet.playground.features import features_of
from glassnet.playground.timeline import Timeline

PHASES = ("forward", "loss", "backward", "update")


def calculation(timeline: Timeline, epoch: int, request: Mapping[str, Any]) -> dict[str, Any]:
    """The library's explanation after `epoch` epochs, of a "row" or of a place "x" as a "label".

    Raises InputError if there is no such point.
    """
    if "row" in request:
        segment = timeline.segment_at(epoch)
        explanation = explain(
            segment.training.so_far(),
            timeline.X,
            timeline.dataset.y,
            sample=index(request["row"], len(timeline.X) - 1),
            epoch=epoch - segment.first,
        )
    else:
        x = features_of(_point(request.get("x")), timeline.story.spec.features)
        label = index(request.get("label"), timeline.dataset.n_classes - 1)
        explanation = explain(timeline.parameters_at(epoch), x, [label], sample=0)
        explanation = replace(
            explanation,
            title=f"Every number of this place, as if it were of class {label}",
            # The sum over samples is of this one alone.
            steps=tuple(s for s in explanation.steps if s.phase in PHASES),
        )
    return {"title": explanation.title, "epoch": epoch, "html": fragment(explanation)}


def index(value: Any, most: int) -> int:
    """A whole number from 0 to `most`. Raises InputError for anything else."""
    if type(value) is not int or not 0 <= value <= most:
        raise InputError(f"There is no {value!r:.40} here: choose from 0 to {most}.")
    return value


def _point(x: Any) -> Array:
    fits = isinstance(x, list) and len(x) == 2 and all(type(v) in (int, float) for v in x)
    if not fits or not np.isfinite(x).all() or np.abs(x).max() > 1e6:
        raise InputError("A point of the plane is two numbers.")
    return np.array([x], dtype=np.float64)
