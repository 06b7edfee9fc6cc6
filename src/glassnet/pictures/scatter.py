"""The samples as points in the plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from glassnet.core.network import Network
from glassnet.core.parameters import Array
from glassnet.core.samples import checked_samples, checked_targets
from glassnet.errors import types_checked
from glassnet.pictures.colours import Scale, check_scale, class_colour, class_marker
from glassnet.pictures.display import Display, axes_or_new, tidy

# Two features and one number each: what a scatter of any data can be checked against.
IN_THE_PLANE = Network((2, 1), loss="mean_squared_error")

# ((x1 low, x1 high), (x2 low, x2 high))
Extent = tuple[tuple[float, float], tuple[float, float]]


@dataclass(eq=False)
class PointsDisplay(Display):
    """A drawn scatter.

    Parameters
    ----------
    ax_ : Axes
        Where it is drawn.
    X : array of shape (n_samples, 2)
        The points as drawn.
    y : array of shape (n_samples,)
        Their classes or values.
    """

    X: Array
    y: np.ndarray


@types_checked
def points(
    X: ArrayLike,
    y: ArrayLike,
    *,
    scale: Scale = "tutorial",
    extent: Extent | None = None,
    title: str = "Input 2D points",
    ax: Axes | None = None,
) -> PointsDisplay:
    """Draw samples as points coloured by y.

    Class numbers are told apart by colour, in the scale "safe" by shape too; values that are not
    whole numbers run through viridis.

    Parameters
    ----------
    X : array of shape (n_samples, 2)
        The points.
    y : array of shape (n_samples,)
        Their classes or values.
    scale : {"tutorial", "safe"}
        Red and green, or colours and shapes that every reader can tell apart.
    extent : ((x1_low, x1_high), (x2_low, x2_high)), optional
        The part of the plane that is shown.
    title : str
        The title.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    PointsDisplay
        The drawn picture.

    Raises
    ------
    InputError
        Unless X has two features and y one finite number a row.
    """
    check_scale(scale)
    samples = checked_samples(IN_THE_PLANE, X)
    labels = checked_targets(IN_THE_PLANE, samples, y)[:, 0]
    ax = axes_or_new(ax, 5, 5)
    tidy(ax)
    whole = (labels == np.floor(labels)).all()
    values = None if whole else (float(labels.min()), float(labels.max()))
    draw_points(ax, samples, labels, scale, values, size=55)
    (left, right), (bottom, top) = extent or surroundings(samples)
    ax.set(xlim=(left, right), ylim=(bottom, top), xlabel="$x_1$", ylabel="$x_2$", title=title)
    if 1 / 3 < (right - left) / (top - bottom) < 3:
        ax.set_aspect("equal")
    else:  # features in units of their own
        ax.set_box_aspect(1)
    return PointsDisplay(ax, samples, labels)


def surroundings(X: Array) -> Extent:
    """The range of each feature and a sixth of it more on either side.

    For the tutorial's points, which reach from -1.5 to 1.5, that is its -2..2.
    """
    low, high = X.min(axis=0), X.max(axis=0)
    margin = np.where(high > low, (high - low) / 6, 1)
    (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
    return (left, right), (bottom, top)


def draw_points(
    ax: Axes,
    X: Array,
    y: np.ndarray,
    scale: Scale,
    values: tuple[float, float] | None,
    size: float,
) -> None:
    """Points with a white edge, so that they stand out from any ground.

    `y` holds class numbers or, where `values` gives their range, values on viridis.
    """
    style: dict[str, Any] = {"s": size, "linewidths": 0.9, "edgecolors": "white", "zorder": 3}
    if values is not None:
        low, high = values
        ax.scatter(X[:, 0], X[:, 1], c=y, cmap="viridis", vmin=low, vmax=high, **style)
        return
    n_classes = max(int(y.max()) + 1, 2)
    for number in np.unique(y).astype(int):
        x1, x2 = X[y == number].T
        ax.scatter(
            x1,
            x2,
            color=class_colour(number, n_classes, scale),
            marker=class_marker(number, scale),
            label=f"class {number}",
            **style,
        )
