"""The network of a sheet as a line drawing: neurons by name, each line with its weight."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from glassnet.worksheets.equations import given
from glassnet.worksheets.worksheet import Worksheet

ACROSS, DOWN, RADIUS, MARGIN = 150, 74, 21, 30
MOST_LABELS = 6  # lines between two layers that still leave room for their weights
# Where on its line a weight stands: nearer to its source, where lines are apart, and for each
# target a little further, so that no two weights stand beside each other.
ALONG, FURTHER = 0.24, 0.12

Point = tuple[float, float]


class Text(NamedTuple):
    """Words in a drawing: the name of a neuron, its "bias", or the "weight" of a line."""

    kind: str
    x: float
    y: float
    words: str


class Diagram(NamedTuple):
    """The elements of the drawing, in the units of its width and height."""

    sizes: str
    width: float
    height: float
    lines: list[tuple[Point, Point]]
    circles: list[Point]
    texts: list[Text]
    radius: float = RADIUS


def diagram(sheet: Worksheet) -> Diagram:
    """Return the network from left to right, a column of neurons for each layer."""
    sizes = sheet.network.sizes
    places = [
        [_place(layer, k, size, max(sizes)) for k in range(size)]
        for layer, size in enumerate(sizes)
    ]
    neurons = [
        text
        for layer, column in enumerate(places)
        for k, place in enumerate(column)
        for text in _neuron(sheet, layer, k, place)
    ]
    return Diagram(
        sizes="-".join(map(str, sizes)),
        width=ACROSS * (len(sizes) - 1) + 2 * (MARGIN + RADIUS),
        height=DOWN * max(sizes) + MARGIN / 2,
        lines=[(a, b) for left, right in pairwise(places) for b in right for a in left],
        circles=[place for column in places for place in column],
        texts=neurons
        + [text for l, pair in enumerate(pairwise(places)) for text in _weights(sheet, l, *pair)],
    )


def _place(layer: int, k: int, size: int, largest: int) -> Point:
    return MARGIN + RADIUS + ACROSS * layer, DOWN * (k + (largest - size) / 2) + DOWN / 2


def _weights(sheet: Worksheet, layer: int, left: list[Point], right: list[Point]) -> list[Text]:
    """The weights of the lines between two layers, unless there are too many."""
    W = sheet.parameters.layers[layer][0]
    if W.size > MOST_LABELS:
        return []
    texts = []
    for k, (x2, y2) in enumerate(right):
        along = ALONG + FURTHER * k
        for j, (x1, y1) in enumerate(left):
            x, y = x1 + along * (x2 - x1) + 8, y1 + along * (y2 - y1) + 4
            texts.append(Text("weight", x, y, given(W[k, j])))
    return texts


def _neuron(sheet: Worksheet, layer: int, k: int, place: Point) -> list[Text]:
    """The name of a neuron, and its bias unless it is an input."""
    x, y = place
    if not layer:
        return [Text("", x, y + 4, f"x[{k + 1}]")]
    b = given(sheet.parameters.layers[layer - 1][1][k, 0])
    return [
        Text("", x, y + 4, f"a{layer}[{k + 1}]"),
        Text("bias", x, y + RADIUS + 14, f"b = {b}"),
    ]
