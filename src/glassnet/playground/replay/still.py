"""A still picture of a training: its plane and its loss, as SVG for where no script may run.

It is drawn without matplotlib, in milliseconds and some ten thousand characters, and is light or
dark as the page around it.
"""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.core.parameters import Array
from glassnet.core.samples import Samples
from glassnet.explain.render.html import document as filled_in
from glassnet.playground.boundary import boundary
from glassnet.playground.frames import shades
from glassnet.playground.replay.captions import title
from glassnet.playground.replay.source import ReplaySource, Window

SIDE = 240  # of the plane, and the height of the curve
PLANE_CELLS = 48
MOST_POINTS = 200
CURVE_POINTS = 120
ANSWERS = np.array([[213, 94, 0], [247, 247, 247], [0, 114, 178]])  # from 0 over one half to 1
CLASSES = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442", "#555555")
PALE = 0.55  # of the colour of a class on the plane, beneath its points


def still(source: ReplaySource) -> str:
    """Return the picture of a training at its end, as SVG."""
    window, losses = source.window, source.losses
    return filled_in(
        Path(__file__).with_name("templates"),
        "still.svg.j2",
        title=title(source),
        side=SIDE,
        loss=f"{losses[-1]:.4g}" if len(losses) else None,
        epochs=len(losses),
        curve=_curve(losses),
        **({} if window is None or source.samples is None else _plane(source, window)),
    )


def as_image(svg: str) -> str:
    """Return a picture as an image of a page, within it."""
    return f'<img alt="The training at its end" src="{address(svg)}">'


def address(svg: str) -> str:
    """Return a picture as the address of an image."""
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


def _curve(losses: Array) -> str:
    """The loss by epoch on a logarithmic scale, as points in a box of SIDE by SIDE."""
    kept = np.unique(np.linspace(0, len(losses) - 1, CURVE_POINTS).astype(int))
    height = np.log(np.maximum(losses[kept], 1e-12)) if len(losses) else np.empty(0)
    seen = np.isfinite(height)
    kept, height = kept[seen], height[seen]
    if not len(height):
        return ""
    span = max(height.max() - height.min(), 1e-9)
    x, y = SIDE * kept / max(len(losses) - 1, 1), SIDE * (height.max() - height) / span
    return _points(np.column_stack([x, y]))


def _plane(source: ReplaySource, window: Window) -> dict[str, Any]:
    """The answer over the plane, where it is one half, and the samples: to be filled in."""
    assert source.samples is not None
    rows = np.linspace(0, len(source.samples.X) - 1, MOST_POINTS).astype(int)
    some = source.samples.chosen(np.unique(rows))
    places = SIDE * (window.squared(window.points[np.unique(rows)]) * [1, -1] + 1) / 2
    colours = _colours_of(source, some)
    found: dict[str, Any] = {
        "axes": window.names,
        "marks": [(*place, colour) for place, colour in zip(places.tolist(), colours, strict=True)],
    }
    if window.is_line:
        along = np.linspace(-1, 1, CURVE_POINTS)
        x = window.low[0] + (along + 1) / 2 * (window.high[0] - window.low[0])
        a = _answers(source, window.inputs(np.column_stack([x, x])))
        y = window.squared(np.column_stack([x, source.values(a).reshape(len(a), -1)[:, 0]]))[:, 1]
        return {**found, "boundary": [_points(SIDE * np.column_stack([along + 1, 1 - y]) / 2)]}
    a = _answers(source, window.inputs(window.centres(PLANE_CELLS)))
    pixels = _pixels(source, a).reshape(PLANE_CELLS, PLANE_CELLS, 3)[::-1]
    found["plane"] = b64encode(png(pixels)).decode()
    if source.network.loss == "binary_cross_entropy":
        pieces = boundary(a.reshape(PLANE_CELLS, PLANE_CELLS).astype(np.float64))
        found["boundary"] = [_points(SIDE * (p * [1, -1] + [0, 1])) for p in pieces]
    return found


def _answers(source: ReplaySource, inputs: Array) -> Array:
    """The outputs of the network at its end."""
    last = source.parameters_at(int(source.epochs[-1]))
    inputs = inputs.astype(last.vector.dtype)
    return source.run.engine.outputs(source.network, last, inputs)


def _pixels(source: ReplaySource, a: Array) -> np.ndarray:
    """The colour of each answer, (n, 3)."""
    if source.network.loss == "categorical_cross_entropy":
        palette = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in CLASSES])
        strongest = palette[a.argmax(axis=1) % len(CLASSES)]
        return (255 - PALE * a.max(axis=1, keepdims=True) * (255 - strongest)).astype(np.uint8)
    return _between(a[:, 0], *_limits(source))


def _between(values: Array, low: float, high: float) -> np.ndarray:
    """The colours of values from low to high, (n, 3)."""
    share = shades(values, low, high) / 255
    return np.column_stack(
        [np.interp(share, (0, 0.5, 1), ANSWERS[:, channel]) for channel in range(3)]
    ).astype(np.uint8)


def _limits(source: ReplaySource) -> tuple[float, float]:
    """The answers at the ends of the scale: 0 and 1, or the targets of a regression."""
    assert source.samples is not None
    if not source.network.is_regression:
        return 0.0, 1.0
    y = source.samples.Y[:, 0]
    return float(y.min()), float(y.max())


def _colours_of(source: ReplaySource, some: Samples) -> list[str]:
    if not source.network.is_regression:
        return [CLASSES[label % len(CLASSES)] for label in some.labels.tolist()]
    return [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in _between(some.Y[:, 0], *_limits(source))]


def _points(places: Array) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places.tolist())


def png(pixels: np.ndarray) -> bytes:
    """Pixels (rows, columns, 3) of eight bits as PNG: small, and no library is loaded for it."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows, columns, _ = pixels.shape
    lines = b"".join(b"\0" + row.tobytes() for row in pixels)
    head = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(lines, 9)), chunk(b"IEND", b"")]
    )
