"""What there is to see of a network at one moment: every neuron's picture, boundary, outputs."""

from __future__ import annotations

from dataclasses import asdict
from functools import cached_property
from typing import Any

import numpy as np

import glassnet as gn
from glassnet import metrics
from glassnet.model import decisions
from glassnet.parameters import Array
from glassnet.playground.features import features_of, offered
from glassnet.playground.frames import shades
from glassnet.playground.timeline import Timeline
from glassnet.samples import Samples

NEURON_CELLS = 32  # along an edge of a neuron's picture
PLANE_CELLS = 72  # and of the boundary's
LARGEST = 1e300  # of values with a scale of their own; a training that diverges passes it
LEAST_EXTENT = 2.0  # the tutorial's plane, -2 to 2
BOUNDS = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}  # of hidden layers


class View:
    """The plane of a timeline's data and features, on which its networks are drawn."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.network = timeline.network
        self.engine = timeline.segments[0].training.engine
        self.trained = timeline.samples.chosen(~timeline.held_out)
        self.tested = timeline.samples.chosen(timeline.held_out)
        farthest = float(np.abs(timeline.dataset.X[:, :2]).max())
        self.extent = max(LEAST_EXTENT, np.ceil(farthest * 2.2) / 2)
        self._cells = self._inputs(NEURON_CELLS)
        self._plane = self._inputs(PLANE_CELLS)

    def _places(self, cells: int) -> Array:
        """The centres of cells x cells cells, row by row from the least x2 up.

        Inputs beside the axes are at their mean.
        """
        along = self.extent * ((2 * np.arange(cells) + 1) / cells - 1)
        plane = np.stack(np.meshgrid(along, along), axis=-1).reshape(-1, 2)
        further = np.zeros((len(plane), self.timeline.dataset.X.shape[1] - 2))
        return np.column_stack([plane, further])

    def _inputs(self, cells: int) -> Array:
        spec = self.timeline.story.spec
        return features_of(self._places(cells), spec.features).astype(spec.precision)

    @property
    def is_regression(self) -> bool:
        """Whether the points have values, and no classes."""
        return self.network.loss == "mean_squared_error"

    @cached_property
    def answers(self) -> tuple[float, float]:
        """The answers at the ends of the scale."""
        y = self.timeline.dataset.y
        return (float(y.min()), float(y.max())) if self.is_regression else (0.0, 1.0)

    @cached_property
    def scene(self) -> dict[str, Any]:
        """What stays as it is while this network is trained on these data, as JSON values.

        `points` are in the plane, as the network sees them; `rows` in their own units, as are
        the `labels` of a regression.
        """
        points, dataset = self.timeline.points, self.timeline.dataset
        names = offered(len(points.inputs))
        pictures = features_of(self._places(NEURON_CELLS), names).T
        return {
            "sizes": self.network.sizes,
            "activation": self.network.activation,
            "loss": self.network.loss,
            "names": self.timeline.parameters_at(0).names,
            "points": dataset.X[:, :2].tolist(),
            "rows": [inputs for inputs, _ in points.rows],
            "labels": [target for _, target in points.rows],
            "held_out": self.timeline.held_out.tolist(),
            "n_classes": dataset.n_classes,
            "axes": dataset.feature_names[:2],
            "inputs": [asdict(measure) for measure in points.inputs],
            "target": asdict(points.target),
            "classes": points.classes,
            "answers": self.answers,
            "extent": self.extent,
            "cells": NEURON_CELLS,
            "plane_cells": PLANE_CELLS,
            "features": [
                {"name": name, "picture": shades(p, *_around_zero(p)).tolist()}
                for name, p in zip(names, pictures, strict=True)
            ],
        }

    def pictures(self, parameters: gn.Parameters) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """The arrays of a frame, and what they come to: loss and points on the right side."""
        engine, network = self.engine, self.network
        layers = engine.activations(network, parameters, self._cells)
        neurons = np.concatenate(layers, axis=1).T
        ranges = np.array(list(self._ranges(layers)))
        plane = engine.outputs(network, parameters, self._plane).T
        outputs, header = self._answered(parameters)
        arrays = {
            "parameters": parameters.vector,
            "neurons": np.stack(
                [shades(a, *limits) for a, limits in zip(neurons, ranges, strict=True)]
            ),
            "ranges": ranges,
            "plane": shades(plane, *self.answers),
            "outputs": outputs,
        }
        return arrays, header

    def _answered(self, parameters: gn.Parameters) -> tuple[Array, dict[str, Any]]:
        """The outputs of all points, and how good they are where it trains and where it does not.

        That is the loss, and how many are right; of a regression how far off they are on average,
        in the units of the target.
        """
        held_out = self.timeline.held_out
        outputs = np.empty((len(held_out), self.network.sizes[-1]))
        outputs[~held_out], good = self._judged(parameters, self.trained)
        outputs[held_out], tested = self._judged(parameters, self.tested)
        return outputs, good | {f"test_{name}": value for name, value in tested.items()}

    def _judged(
        self, parameters: gn.Parameters, samples: Samples
    ) -> tuple[Array, dict[str, float | None]]:
        """The outputs of samples, and how good they are; None for what cannot be said."""
        good: dict[str, float | None] = dict.fromkeys(("loss", "right", "off"))
        if not len(samples.X):
            return np.empty((0, self.network.sizes[-1])), good
        loss, total, a = self.engine.evaluate(self.network, parameters, *samples)
        if self.is_regression:
            good["off"] = _or_none(metrics.mae(samples.Y, a) * self.timeline.points.target.scale)
        else:
            good["right"] = int((decisions(self.network, a) == samples.labels).sum())
        return a, good | {"loss": _or_none(loss / total)}

    def _ranges(self, layers: list[Array]) -> Any:
        """The values at the ends of the scale, neuron by neuron."""
        for a, function in zip(layers, self.network.activation, strict=False):
            for values in a.T:
                yield BOUNDS.get(function) or _around_zero(values)
        yield from [self.answers] * self.network.sizes[-1]

    def gradient(self, parameters: gn.Parameters) -> gn.Trace:
        """The forward and backward pass over the points that are trained on."""
        return gn.trace(self.network, parameters, *self.timeline.trained_on)

    def passes(self, parameters: gn.Parameters, row: int) -> dict[str, np.ndarray]:
        """a and dz of one point, neuron by neuron, and its loss."""
        timeline = self.timeline
        if timeline.held_out[row]:
            place = slice(row, row + 1)
            trace = gn.trace(self.network, parameters, timeline.X[place], timeline.dataset.y[place])
            column = 0
        else:
            trace, column = self.gradient(parameters), timeline.place_in_training(row)
        return {
            "activity": np.concatenate([a[:, column] for a in trace.a]),
            "deltas": np.concatenate([dz[:, column] for dz in trace.dz]),
            "losses": trace.losses[[column]],
        }


def _around_zero(values: Array) -> tuple[float, float]:
    most = float(np.abs(values).max())
    return (-most, most) if 0 < most < LARGEST else (-1.0, 1.0)


def _or_none(value: float) -> float | None:
    """A number as JSON takes it."""
    return value if np.isfinite(value) else None
