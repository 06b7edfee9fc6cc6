"""What there is to see of a network at one moment: every neuron's picture, boundary, outputs."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

import glassnet as gn
from glassnet.metrics import accuracy, confusion_matrix
from glassnet.model import decisions
from glassnet.parameters import Array
from glassnet.playground.features import FEATURES, features_of
from glassnet.playground.frames import shades
from glassnet.playground.timeline import Timeline

NEURON_CELLS = 32  # along an edge of a neuron's picture
PLANE_CELLS = 72  # and of the boundary's
LARGEST = 1e300  # of values with a scale of their own; a training that diverges passes it
LEAST_EXTENT = 2.0  # the tutorial's plane, -2 to 2
BOUNDS = {"sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0), "tanh": (-1.0, 1.0)}


class View:
    """The plane of a timeline's data and features, on which its networks are drawn."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.network = timeline.network
        self.engine = timeline.segments[0].training.engine
        self.samples = timeline.segments[0].training.samples
        farthest = float(np.abs(timeline.dataset.X).max())
        self.extent = max(LEAST_EXTENT, np.ceil(farthest * 2.2) / 2)
        self._cells = self._inputs(NEURON_CELLS)
        self._plane = self._inputs(PLANE_CELLS)

    def _centres(self, cells: int) -> Array:
        """The centres of cells x cells cells, row by row from the least x2 up."""
        along = self.extent * ((2 * np.arange(cells) + 1) / cells - 1)
        return np.stack(np.meshgrid(along, along), axis=-1).reshape(-1, 2)

    def _inputs(self, cells: int) -> Array:
        return features_of(self._centres(cells), self.timeline.story.spec.features)

    @cached_property
    def scene(self) -> dict[str, Any]:
        """What stays as it is while this network is trained on these data, as JSON values."""
        dataset = self.timeline.dataset
        pictures = features_of(self._centres(NEURON_CELLS), tuple(FEATURES)).T
        return {
            "sizes": self.network.sizes,
            "activation": self.network.activation,
            "loss": self.network.loss,
            "names": self.timeline.parameters_at(0).names,
            "points": dataset.X.tolist(),
            "labels": dataset.y.tolist(),
            "n_classes": dataset.n_classes,
            "axes": dataset.feature_names,
            "classes": dataset.class_names or [str(k) for k in range(dataset.n_classes)],
            "extent": self.extent,
            "cells": NEURON_CELLS,
            "plane_cells": PLANE_CELLS,
            "features": [
                {"name": name, "picture": shades(p, *around_zero(p)).tolist()}
                for name, p in zip(FEATURES, pictures, strict=True)
            ],
        }

    def pictures(self, parameters: gn.Parameters) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """The arrays of a frame, and what they come to: loss and points on the right side."""
        engine, network = self.engine, self.network
        layers = engine.activations(network, parameters, self._cells)
        neurons = np.concatenate(layers, axis=1).T
        ranges = np.array(list(self._ranges(layers)))
        plane = engine.outputs(network, parameters, self._plane).T
        loss, total, outputs = engine.evaluate(network, parameters, *self.samples)
        standing, decided = self._standing(outputs)
        arrays = {
            "parameters": parameters.vector,
            "neurons": np.stack(
                [shades(a, *limits) for a, limits in zip(neurons, ranges, strict=True)]
            ),
            "ranges": ranges,
            "plane": shades(plane, 0.0, 1.0),
            "outputs": outputs,
            "decided": decided,
        }
        return arrays, {"loss": or_none(loss / total), **standing}

    def _standing(self, outputs: Array) -> tuple[dict[str, Any], np.ndarray]:
        """How many points are right and which class is taken for which; each point's class."""
        dataset = self.timeline.dataset
        decided = decisions(self.network, outputs)
        confusion = confusion_matrix(dataset.y, decided, dataset.n_classes)
        standing = {"right": int(np.trace(confusion)), "confusion": confusion.tolist()}
        return standing, decided.astype(np.uint8)

    def _ranges(self, layers: list[Array]) -> Any:
        """The values at the ends of the scale, neuron by neuron."""
        functions = (*self.network.activation, self.network.output_activation)
        for a, function in zip(layers, functions, strict=True):
            for values in a.T:
                yield BOUNDS.get(function) or around_zero(values)

    def judge(self, parameters: gn.Parameters) -> Array:
        """The score of the training points, and score and loss of those held out."""
        outputs = self.engine.outputs(self.network, parameters, self.timeline.X)
        score = accuracy(self.timeline.dataset.y, decisions(self.network, outputs))
        return np.array([score, np.nan, np.nan])

    def gradient(self, parameters: gn.Parameters) -> gn.Trace:
        """The forward and backward pass over all points."""
        dataset = self.timeline.dataset
        return gn.trace(self.network, parameters, self.timeline.X, dataset.y)


def around_zero(values: Array) -> tuple[float, float]:
    """The ends of a scale around 0 that reaches to all values."""
    most = float(np.abs(values).max())
    return (-most, most) if 0 < most < LARGEST else (-1.0, 1.0)


def or_none(value: float) -> float | None:
    """A number as JSON takes it."""
    return value if np.isfinite(value) else None
