"""The pictures of a replay's frames: neurons, the answer over the plane, and weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from glassnet.core.parameters import Array, Parameters
from glassnet.playground.boundary import boundary
from glassnet.playground.frames import shades
from glassnet.playground.replay.source import ReplaySource, Window
from glassnet.playground.view import BOUNDS, around_zero

MOST_LAYERS, MOST_NEURONS, MOST_INPUTS = 9, 16, 16  # of a network that is drawn
LAYER_CELLS = 64  # along an edge of the picture of a layer's weights


class Drawing:
    """Draws the network of a source at any of its parameters, as arrays of a frame."""

    def __init__(self, source: ReplaySource, neuron_cells: int, plane_cells: int) -> None:
        self.source = source
        self._neuron_cells, self._plane_cells = neuron_cells, plane_cells
        self.network, self.engine = source.network, source.run.engine

    @property
    def is_drawn(self) -> bool:
        """Whether the network is small enough for each of its neurons to be drawn."""
        n_in, *layers = self.network.sizes
        small = len(layers) <= MOST_LAYERS and max(layers) <= MOST_NEURONS
        return small and n_in <= MOST_INPUTS and self.source.window is not None

    @property
    def cells(self) -> int:
        """Along an edge of a neuron's picture: the fewer, the more there are."""
        n = sum(self.network.sizes[1:])
        return min(32 if n <= 20 else 24 if n <= 50 else 16, self._neuron_cells)

    def features(self, window: Window | None) -> list[dict[str, Any]]:
        """Names of the inputs, and their pictures where they are drawn."""
        if window is None or not self.is_drawn:
            return [{"name": name, "picture": []} for name in self.source.inputs]
        values = window.inputs(window.centres(self.cells))
        pictures = shades(values, *around_zero(values).T).T
        return [
            {"name": name, "picture": picture.tolist()}
            for name, picture in zip(self.source.inputs, pictures, strict=True)
        ]

    def of(self, window: Window, parameters: Parameters) -> dict[str, np.ndarray]:
        """The pictures of the neurons, and of the answer over the plane or along the line."""
        kind, arrays = parameters.vector.dtype, dict[str, np.ndarray]()
        if self.is_drawn:
            cells = window.inputs(window.centres(self.cells)).astype(kind)
            layers = self.engine.activations(self.network, parameters, cells)
            ranges = np.concatenate(list(self._ranges(layers)))
            arrays["neurons"] = shades(np.concatenate(layers, axis=1), *ranges.T).T
        if window.is_line:
            along = window.inputs(_along(window)).astype(kind)
            answers = self.source.in_units(self.engine.outputs(self.network, parameters, along))
            parts = 2 * (answers - window.low[1]) / (window.high[1] - window.low[1]) - 1
            arrays["line"] = np.clip(np.nan_to_num(parts), -9, 9).T.astype(np.float32)
        else:
            plane = window.inputs(window.centres(self._plane_cells)).astype(kind)
            a = self.engine.outputs(self.network, parameters, plane)
            a = a[:, :1] if self.source.is_regression else a
            arrays["plane"] = shades(a.T, *self.source.answers)
            if self.network.loss == "binary_cross_entropy":
                arrays["boundary"] = boundary(a.reshape(self._plane_cells, self._plane_cells))
            else:
                arrays["boundary"] = np.empty((0, 2, 2), np.float32)
        return arrays

    def weights(self, parameters: Parameters, largest: Sequence[float]) -> dict[str, np.ndarray]:
        """The pictures of each layer's weights, given the largest of any frame."""
        layers = zip(parameters.layers, largest, strict=True)
        return {
            f"weights{l}": shades(*_blocks(W, most or 1.0))
            for l, ((W, _), most) in enumerate(layers, start=1)
        }

    def _ranges(self, layers: list[Array]) -> Iterator[Array]:
        """The values at the ends of the scale, (neurons, 2) of each layer."""
        functions = (*self.network.activation, self.network.output_activation)
        for a, function in zip(layers, functions, strict=True):
            if a is layers[-1]:
                yield np.tile(self.source.answers, (a.shape[1], 1))
            elif function in BOUNDS:
                yield np.tile(BOUNDS[function], (a.shape[1], 1))
            else:
                yield around_zero(a)


def _blocks(W: Array, largest: float) -> tuple[Array, float, float]:
    """A layer's weights in few enough cells, each the largest of those in it, and its scale."""
    rows, columns = (min(n, LAYER_CELLS) for n in W.shape)
    row_of = np.arange(W.shape[0]) * rows // W.shape[0]
    column_of = np.arange(W.shape[1]) * columns // W.shape[1]
    low, high = np.zeros((rows, columns)), np.zeros((rows, columns))
    places = np.ix_(row_of, column_of)
    np.minimum.at(low, places, W)
    np.maximum.at(high, places, W)
    return np.where(-low > high, low, high), -largest, largest


def _along(window: Window) -> Array:
    """Points along the first axis, from end to end."""
    x = np.linspace(window.low[0], window.high[0], 241)
    return np.column_stack([x, np.zeros_like(x)])
