"""Where an output over the plane passes one half, in pieces of straight lines."""

from __future__ import annotations

import numpy as np

from glassnet.core.parameters import Array

HALF = 0.5


def boundary(output: Array) -> np.ndarray:
    """(n, 2, 2) float32: n pieces, each from one place (right, up) to another; the plane is 1 wide.

    `output` (cells, cells) is of the cells' centres, row by row from below. Between them it
    is taken to run straight (marching squares: Lorensen and Cline 1987, in the plane).
    """
    above = output > HALF
    across, along = above[:, 1:] != above[:, :-1], above[1:] != above[:-1]
    row, column = np.ogrid[: len(output), : len(output)]
    # Of the sides between a centre and the next to the right, and the next up: where it passes.
    right = column[:, :-1] + _passed(output[:, :-1], output[:, 1:], across)
    up = row[:-1] + _passed(output[:-1], output[1:], along)
    sides = [  # below, to the right, above, to the left; whether it passes there, and where
        (across[:-1], right[:-1], row[:-1]),
        (along[:, 1:], column[:, 1:], up[:, 1:]),
        (across[1:], right[1:], row[1:]),
        (along[:, :-1], column[:, :-1], up[:, :-1]),
    ]
    passes = np.stack([side[0] for side in sides], axis=-1)  # none, two or four of a square
    ends = np.empty((*passes.shape, 2), dtype=np.float32)
    for k, (_, x, y) in enumerate(sides):
        ends[..., k, 0], ends[..., k, 1] = x, y
    return (ends[passes].reshape(-1, 2, 2) + np.float32(0.5)) / np.float32(len(output))


def _passed(a: Array, b: Array, passes: np.ndarray) -> Array:
    """What share of the way from a to b lies below one half, where it passes there."""
    return np.divide(HALF - a, b - a, out=np.zeros_like(a), where=passes)
