"""Uniform and normal random numbers that are the same bits on every platform."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TAIL = 3.6541528853610088  # from here on numpy's normal numbers are made of logarithms
GRID = 2.0**32

Shape = int | tuple[int, ...]


def uniform(
    generator: np.random.Generator, low: float, high: float, shape: Shape
) -> NDArray[np.float64]:
    """Return what `generator.uniform` draws where its product and sum are rounded each.

    Some processors round them once.
    """
    return low + (high - low) * generator.random(shape)


def normal(generator: np.random.Generator, shape: Shape) -> NDArray[np.float64]:
    """Return what `generator.normal` draws, with 32 binary digits after the point in its tails.

    One number in 4000 lies there, and its last bits are those of the C library's logarithm.
    """
    values = generator.standard_normal(shape)
    return np.where(np.abs(values) < TAIL, values, np.rint(values * GRID) / GRID)
