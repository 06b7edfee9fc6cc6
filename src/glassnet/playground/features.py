"""What a network on the page may see of a point (x1, x2): its coordinates and simple functions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from glassnet.parameters import Array

# By the names that the page and its links use, in the order in which they are shown.
FEATURES: dict[str, Callable[[Array, Array], Array]] = {
    "x1": lambda x1, x2: x1,
    "x2": lambda x1, x2: x2,
    "x1^2": lambda x1, x2: x1 * x1,
    "x2^2": lambda x1, x2: x2 * x2,
    "x1*x2": lambda x1, x2: x1 * x2,
    "sin x1": lambda x1, x2: np.sin(np.pi * x1 / 2),
    "sin x2": lambda x1, x2: np.sin(np.pi * x2 / 2),
}


def features_of(points: Array, names: tuple[str, ...]) -> Array:
    """The features (n, len(names)) of points (n, 2). The sines are sin(pi x / 2)."""
    x1, x2 = points.T
    return np.column_stack([FEATURES[name](x1, x2) for name in names])
