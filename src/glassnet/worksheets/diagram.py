"""The network of a sheet as a line drawing (SVG): neurons by name, each line with its weight."""

from __future__ import annotations

from html import escape
from itertools import pairwise

from glassnet.worksheets.equations import given
from glassnet.worksheets.worksheet import Worksheet

ACROSS, DOWN, RADIUS, MARGIN = 150, 74, 21, 30
MOST_LABELS = 6  # lines between two layers that still leave room for their weights
# Where on its line a weight stands: nearer to its source, where lines are apart, and for each
# target a little further, so that no two weights stand beside each other.
ALONG, FURTHER = 0.24, 0.12

Point = tuple[float, float]


def diagram(sheet: Worksheet) -> str:
    """The network as an SVG element that takes the colour of the text around it."""
    sizes = sheet.network.sizes
    width = ACROSS * (len(sizes) - 1) + 2 * (MARGIN + RADIUS)
    height = DOWN * max(sizes) + MARGIN / 2
    places = [
        [_place(layer, k, size, max(sizes)) for k in range(size)]
        for layer, size in enumerate(sizes)
    ]
    lines = "".join(_lines(sheet, layer, *pair) for layer, pair in enumerate(pairwise(places)))
    neurons = "".join(
        _neuron(sheet, layer, k, place)
        for layer, column in enumerate(places)
        for k, place in enumerate(column)
    )
    words = "-".join(map(str, sizes))
    return (
        f'<svg class="network" role="img" aria-label="A {words} network" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width:g}">{lines}{neurons}</svg>'
    )


def _place(layer: int, k: int, size: int, largest: int) -> Point:
    return MARGIN + RADIUS + ACROSS * layer, DOWN * (k + (largest - size) / 2) + DOWN / 2


def _lines(sheet: Worksheet, layer: int, left: list[Point], right: list[Point]) -> str:
    W = sheet.parameters.layers[layer][0]
    drawn = []
    for k, (x2, y2) in enumerate(right):
        for j, (x1, y1) in enumerate(left):
            drawn.append(f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"/>')
            if W.size <= MOST_LABELS:
                along = ALONG + FURTHER * k
                x, y = x1 + along * (x2 - x1) + 8, y1 + along * (y2 - y1)
                drawn.append(
                    f'<text class="weight" x="{x:g}" y="{y + 4:g}">{_sign(W[k, j])}</text>'
                )
    return "".join(drawn)


def _neuron(sheet: Worksheet, layer: int, k: int, place: Point) -> str:
    x, y = place
    name = f"a{layer}[{k}]" if layer else f"x[{k}]"
    drawn = f'<circle cx="{x:g}" cy="{y:g}" r="{RADIUS}"/>'
    drawn += f'<text x="{x:g}" y="{y + 4:g}">{escape(name)}</text>'
    if layer:
        b = _sign(sheet.parameters.layers[layer - 1][1][k, 0])
        drawn += f'<text class="bias" x="{x:g}" y="{y + RADIUS + 14:g}">b = {b}</text>'
    return drawn


def _sign(value: float) -> str:
    return given(value).replace("-", "\N{MINUS SIGN}")
