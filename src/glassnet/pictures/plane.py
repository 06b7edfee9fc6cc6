"""A plane through the inputs of a network: two features along its axes, the others held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glassnet.core.parameters import Array


@dataclass(frozen=True, eq=False)
class Plane:
    """Between points (m, 2) of a plane and inputs x (m, n_features) of a network.

    The axes show two features in units of their own, v = x * scale + mean.

    Parameters
    ----------
    features : tuple of int
        The features along the two axes, from 0.
    point : array of shape (n_features,)
        Where the other features are held, in these units.
    mean, scale : array of shape (n_features,)
        What leads from inputs to these units.
    names : tuple of str
        Names along the axes.
    dates : tuple of bool
        Whether an axis shows days since 1970-01-01.
    """

    features: tuple[int, int]
    point: Array
    mean: Array
    scale: Array
    names: tuple[str, str]
    dates: tuple[bool, bool] = (False, False)

    @classmethod
    def whole(cls) -> Plane:
        """The plane of a network that has two inputs."""
        return cls((0, 1), np.zeros(2), np.zeros(2), np.ones(2), ("$x_1$", "$x_2$"))

    def inputs(self, points: Array) -> Array:
        """Return the inputs that points of the plane stand for.

        Parameters
        ----------
        points : array of shape (m, 2)
            The points.

        Returns
        -------
        array of shape (m, n_features)
            The inputs.
        """
        rows = np.tile(self.point, (len(points), 1))
        rows[:, self.features] = points
        return (rows - self.mean) / self.scale

    def points(self, X: Array) -> Array:
        """Return where inputs lie, seen from above the plane.

        Parameters
        ----------
        X : array of shape (m, n_features)
            The inputs.

        Returns
        -------
        array of shape (m, 2)
            The points.
        """
        return (X * self.scale + self.mean)[:, self.features]
