"""The view of a network at one epoch: every neuron's picture, boundary, outputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from functools import cached_property
from typing import Any

import numpy as np

from glassnet.core import metrics
from glassnet.core.backprop import Trace, trace
from glassnet.core.parameters import Array, Parameters
from glassnet.core.samples import Samples
from glassnet.models.model import decisions
from glassnet.playground.boundary import boundary
from glassnet.playground.controls import CONTROLS
from glassnet.playground.features import features_of, offered
from glassnet.playground.frames import shades
from glassnet.playground.protocol import Scene
from glassnet.playground.timeline import Timeline

NEURON_CELLS = 32  # along an edge of a neuron's picture
FEWER_CELLS = 28  # of those of a large network: as many as it has pixels
LARGE = 64  # neurons, above which a network is
PLANE_CELLS = 72  # and of the boundary's
LARGEST = 1e38  # of values with a scale of their own; a training that diverges passes it
DRAWN = np.float32  # of what is drawn only: finer than its 256 shades, and twice as fast
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
        self.cells = NEURON_CELLS if sum(self.network.sizes[1:]) <= LARGE else FEWER_CELLS
        self._cells = self._inputs(self.cells)
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
        return features_of(self._places(cells), self.timeline.scenario.spec.features).astype(DRAWN)

    @property
    def is_regression(self) -> bool:
        """Whether the points have values, and no classes."""
        return self.network.is_regression

    @cached_property
    def answers(self) -> tuple[float, float]:
        """The answers at the ends of the scale."""
        y = self.timeline.dataset.y
        return (float(y.min()), float(y.max())) if self.is_regression else (0.0, 1.0)

    @cached_property
    def scene(self) -> Scene:
        """What stays as it is while this network is trained on these data, as JSON values.

        `points` are in the plane, as the network sees them; `rows` in their own units, as are
        the `labels` of a regression.
        """
        points, dataset = self.timeline.points, self.timeline.dataset
        names = offered(len(points.inputs))
        values = features_of(self._places(self.cells), names)
        pictures = shades(values, *around_zero(values).T).T
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
            "cells": self.cells,
            "plane_cells": PLANE_CELLS,
            "controls": CONTROLS,
            "features": [
                {"name": name, "picture": picture.tolist()}
                for name, picture in zip(names, pictures, strict=True)
            ],
        }

    def pictures(self, parameters: Parameters) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """The arrays of a frame, and what they come to: loss and points on the right side."""
        engine, network = self.engine, self.network
        with np.errstate(over="ignore"):  # see LARGEST
            seen = Parameters(network, parameters.vector.astype(DRAWN))
        layers = engine.activations(network, seen, self._cells)
        ranges = np.concatenate(list(self._ranges(layers)))
        neurons = shades(np.concatenate(layers, axis=1), *ranges.T)
        plane = engine.outputs(network, seen, self._plane).T
        outputs, standing = self._standing(parameters)
        arrays = {
            "parameters": parameters.vector,
            "neurons": neurons.T,
            "ranges": ranges,
            "plane": shades(plane, *self.answers),
            "boundary": self._boundary(plane),
            "outputs": outputs,
        }
        if not self.is_regression:
            arrays["decided"] = decisions(network, outputs).astype(np.uint8)
        return arrays, standing

    def _standing(self, parameters: Parameters) -> tuple[Array, dict[str, Any]]:
        """The outputs of all points, and how good they are where it trains and where it does not.

        That is the loss, how many are right and which class is taken for which; of a regression
        how far off they are on average, in the units of the target.
        """
        held_out = self.timeline.held_out
        outputs = np.empty((len(held_out), self.network.sizes[-1]))
        loss, outputs[~held_out] = self._evaluated(parameters, self.trained)
        standing = {"loss": loss, **self._quality(self.trained, outputs[~held_out])}
        if held_out.any():
            loss, outputs[held_out] = self._evaluated(parameters, self.tested)
            tested = {"loss": loss, **self._quality(self.tested, outputs[held_out])}
            standing |= {f"test_{name}": value for name, value in tested.items()}
        return outputs, standing

    def _evaluated(self, parameters: Parameters, samples: Samples) -> tuple[float | None, Array]:
        """The average loss of samples, if it is a number, and their outputs."""
        loss, total, a = self.engine.evaluate(self.network, parameters, *samples)
        return or_none(loss / total), a

    def _quality(self, samples: Samples, a: Array) -> dict[str, Any]:
        if self.is_regression:
            return {"off": or_none(metrics.mae(samples.Y, a) * self.timeline.points.target.scale)}
        n_classes = self.timeline.dataset.n_classes
        confusion = metrics.confusion_matrix(samples.labels, decisions(self.network, a), n_classes)
        return {"right": int(np.trace(confusion)), "confusion": confusion.tolist()}

    def _boundary(self, plane: Array) -> np.ndarray:
        """The pieces of the line between two classes; none between more, or of a regression."""
        if len(plane) > 1 or self.is_regression:
            return np.empty((0, 2, 2), dtype=np.float32)
        return boundary(plane.reshape(PLANE_CELLS, PLANE_CELLS))

    def _ranges(self, layers: list[Array]) -> Iterator[Array]:
        """The values at the ends of the scale, (neurons, 2) of each layer."""
        for a, function in zip(layers, self.network.activation, strict=False):
            if function in BOUNDS:
                yield np.tile(BOUNDS[function], (a.shape[1], 1))
            else:
                yield around_zero(a)
        yield np.tile(self.answers, (self.network.sizes[-1], 1))

    def judge(self, parameters: Parameters) -> Array:
        """The score of the training points, score and loss of those held out, and the loss.

        The score is the share that is right; of a regression R^2.
        """
        loss, a = self._evaluated(parameters, self.trained)
        judged = [self._score(self.trained, a), np.nan, np.nan, loss]
        if self.timeline.held_out.any():
            test_loss, a = self._evaluated(parameters, self.tested)
            judged[1:3] = self._score(self.tested, a), test_loss
        return np.array(judged, dtype=np.float64)  # None, which is no number, becomes nan

    def _score(self, samples: Samples, a: Array) -> float:
        if self.is_regression:
            return metrics.r2(samples.Y, a)
        return metrics.accuracy(samples.labels, decisions(self.network, a))

    def gradient(self, parameters: Parameters) -> Trace:
        """The forward and backward pass over the points that are trained on."""
        return trace(self.network, parameters, *self.timeline.trained_on)

    def passes(self, parameters: Parameters, row: int) -> dict[str, np.ndarray]:
        """a and dz of one point, neuron by neuron, and its loss."""
        timeline = self.timeline
        if timeline.held_out[row]:
            place = slice(row, row + 1)
            found = trace(self.network, parameters, timeline.X[place], timeline.dataset.y[place])
            column = 0
        else:
            found, column = self.gradient(parameters), timeline.place_in_training(row)
        return {
            "activity": np.concatenate([a[:, column] for a in found.a]),
            "deltas": np.concatenate([dz[:, column] for dz in found.dz]),
            "losses": found.losses[[column]],
        }


def around_zero(values: Array) -> Array:
    """(columns, 2): from minus the largest to the largest of each column."""
    most = np.abs(values).max(axis=0)
    most[~((0 < most) & (most < LARGEST))] = 1.0
    return np.column_stack([-most, most])


def or_none(value: float) -> float | None:
    """A number as JSON takes it."""
    return value if np.isfinite(value) else None
