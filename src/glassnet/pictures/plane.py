"""A plane through the inputs of a network: two features along its axes, the others held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glassnet.core.parameters import Array


@dataclass(frozen=True, eq=False)
class Section:
    """Between points (m, 2) of a plane and inputs x (m, n_features) of a network.

    The axes show features i and j of `features` in units of their own, v = x * scale + mean, with
    `mean` and `scale` (n_features,); `point` (n_features,), in these units, is where the others
    are held. `names` stand along the axes, and `dates` says along which the values are
    days since 1970-01-01.
    """

    features: tuple[int, int]
    point: Array
    mean: Array
    scale: Array
    names: tuple[str, str]
    dates: tuple[bool, bool] = (False, False)

    @classmethod
    def whole(cls) -> Section:
        """The plane of a network that has two inputs."""
        return cls((0, 1), np.zeros(2), np.zeros(2), np.ones(2), ("$x_1$", "$x_2$"))

    def inputs(self, points: Array) -> Array:
        """The inputs that points (m, 2) of the plane stand for: (m, n_features)."""
        rows = np.tile(self.point, (len(points), 1))
        rows[:, self.features] = points
        inputs: Array = (rows - self.mean) / self.scale
        return inputs

    def points(self, X: Array) -> Array:
        """Where inputs (m, n_features) lie, seen from above the plane: (m, 2)."""
        seen: Array = (X * self.scale + self.mean)[:, self.features]
        return seen
