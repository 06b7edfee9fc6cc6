"""What a network on the page may see of a point: its inputs, and simple functions of two."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from glassnet.core.elementary import sin
from glassnet.core.parameters import Array
from glassnet.errors import InputError

# By the names that the page and its links use, in the order in which they are shown; x1 and x2
# are the inputs on the axes of the plane.
PLANE: dict[str, Callable[[Array, Array], Array]] = {
    "x1": lambda x1, x2: x1,
    "x2": lambda x1, x2: x2,
    "x1^2": lambda x1, x2: x1 * x1,
    "x2^2": lambda x1, x2: x2 * x2,
    "x1*x2": lambda x1, x2: x1 * x2,
    "sin x1": lambda x1, x2: sin(np.pi * x1 / 2),
    "sin x2": lambda x1, x2: sin(np.pi * x2 / 2),
}
FURTHER = ("x3", "x4", "x5", "x6")  # inputs that data may have beside those
FEATURES = (*PLANE, *FURTHER)
INPUTS = ("x1", "x2", *FURTHER)


def offered(n_inputs: int) -> tuple[str, ...]:
    """The features of points with so many inputs."""
    return (*PLANE, *FURTHER[: n_inputs - 2])


def features_of(points: Array, names: tuple[str, ...]) -> Array:
    """The features (n, len(names)) of points (n, n_inputs). The sines are sin(pi x / 2).

    Raises InputError for an input that the points have not.
    """
    n_inputs = points.shape[1]
    absent = [name for name in names if name not in offered(n_inputs)]
    if absent:
        raise InputError(f"These points have {n_inputs} inputs, and no {absent[0]}.")
    x1, x2 = points.T[:2]
    return np.column_stack(
        [
            PLANE[name](x1, x2) if name in PLANE else points[:, 2 + FURTHER.index(name)]
            for name in names
        ]
    )
