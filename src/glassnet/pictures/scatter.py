"""The samples as points in the plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from glassnet.errors import InputError
from glassnet.parameters import Array
from glassnet.pictures.colours import Scale, check_scale, class_colour, class_marker
from glassnet.pictures.display import Display, axes_or_new, tidy

# ((x1 low, x1 high), (x2 low, x2 high))
Extent = tuple[tuple[float, float], tuple[float, float]]


@dataclass(eq=False)
class PointsDisplay(Display):
    """A drawn scatter: `X` (n_samples, 2) and `y` (n_samples,) as drawn."""

    X: Array
    y: np.ndarray


def points(
    X: ArrayLike,
    y: ArrayLike,
    *,
    scale: Scale = "tutorial",
    extent: Extent | None = None,
    title: str = "Input 2D points",
    ax: Axes | None = None,
) -> PointsDisplay:
    """Draw samples X (n_samples, 2) as points coloured by y.

    Class numbers are told apart by colour, in the scale "safe" by shape too; values of a
    regression run through viridis. Raises InputError unless X has two features.
    """
    check_scale(scale)
    samples, labels = two_features(X), np.asarray(y)
    if labels.shape != (len(samples),):
        raise InputError(
            "X and y must have one row per sample each, "
            f"but X has shape {samples.shape} and y has shape {labels.shape}."
        )
    ax = axes_or_new(ax, 5, 5)
    tidy(ax)
    draw_points(ax, samples, labels, scale, size=55)
    (left, right), (bottom, top) = extent or surroundings(samples)
    ax.set(xlim=(left, right), ylim=(bottom, top), xlabel="$x_1$", ylabel="$x_2$", title=title)
    ax.set_aspect("equal")
    return PointsDisplay(ax, samples, labels)


def two_features(X: ArrayLike) -> Array:
    """X as (n_samples, 2). Raises InputError for any other shape."""
    samples = np.asarray(X, dtype=np.float64)
    if samples.ndim != 2 or samples.shape[1] != 2:
        raise InputError(
            f"A picture in the plane needs X of shape (n_samples, 2), not {samples.shape}."
        )
    return samples


def surroundings(X: Array) -> Extent:
    """The range of each feature and a sixth of it more on either side.

    For the tutorial's points, which reach from -1.5 to 1.5, that is its -2..2.
    """
    low, high = X.min(axis=0), X.max(axis=0)
    margin = np.where(high > low, (high - low) / 6, 1)
    (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
    return (left, right), (bottom, top)


def draw_points(ax: Axes, X: Array, y: np.ndarray, scale: Scale, size: float) -> None:
    """Points with an edge of paper colour, so that they stand out from any ground."""
    style: dict[str, Any] = {"s": size, "linewidths": 0.9, "edgecolors": "white", "zorder": 3}
    if y.dtype.kind == "f" and (y != np.floor(y)).any():
        ax.scatter(X[:, 0], X[:, 1], c=y, cmap="viridis", **style)
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
