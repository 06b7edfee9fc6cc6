"""A slice of the loss around a run's parameters, with the way that training took drawn in.

The loss is a function of all parameters at once; a picture shows it on a plane through the run's
end p*, L(p* + s d1 + t d2), along two directions d1 and d2 (Li et al. 2018, "Visualizing the Loss
Landscape of Neural Nets").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator
from numpy.typing import ArrayLike

from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.core.samples import checked_data
from glassnet.errors import InputError, numbers_of, types_checked, whole_number
from glassnet.optim.penalty import Penalty
from glassnet.pictures.display import Display, axes_or_new, colour_bar, new_figure
from glassnet.training.run import Run

MOST_STEPS = 200  # snapshots that a path is drawn through and its directions are found from
MARGIN = 0.25  # around the path, as a share of its size
LEVELS = 24  # of the filled contours; every third has a line
FLAT = 1e-9  # of the path's length: less than that is no direction


@dataclass(eq=False)
class LandscapeDisplay(Display):
    """A drawn slice of the loss: L at p* + s directions[0] + t directions[1].

    Parameters
    ----------
    ax_ : Axes
        Where it is drawn.
    s : array of shape (columns,)
        Steps along the first direction, rising.
    t : array of shape (rows,)
        Steps along the second direction, rising.
    losses : array of shape (rows, columns)
        The losses.
    directions : array of shape (2, n_parameters)
        The directions.
    path : array of shape (n_steps, 2)
        (s, t) of the run's snapshots, from its start to its end at (0, 0).
    explained : array of shape (2,), optional
        The share of the path's variance along each direction; None unless these are the path's own.
    """

    s: Array
    t: Array
    losses: Array
    directions: Array
    path: Array
    explained: Array | None


@types_checked
def loss_landscape(
    run: Run,
    X: ArrayLike,
    y: ArrayLike,
    *,
    directions: Literal["path", "random"] | ArrayLike = "path",
    sample_weight: ArrayLike | None = None,
    seed: int = 0,
    resolution: int = 40,
    extent: tuple[tuple[float, float], tuple[float, float]] | None = None,
    surface: bool = False,
    title: str | None = None,
    ax: Axes | None = None,
) -> LandscapeDisplay:
    """Draw L(p* + s d1 + t d2) around the run's end p*, on resolution x resolution points.

    L is what the run made smaller: the average loss on X and y, and the penalty if there is one.

    Parameters
    ----------
    run : Run
        The run.
    X, y : arrays of shape (n_samples, n_features) and (n_samples,)
        The data.
    directions : {"path", "random"} or array of shape (2, n_parameters)
        "path": the two principal components of the run's snapshots, which show the most of its way.
        "random": normal numbers, the weights of each neuron scaled to the size of its own (filter
        normalisation), which show how sharp the minimum is; the path would be next to nothing, so
        that it is not drawn.
    sample_weight : array of shape (n_samples,), optional
        What each sample counts.
    seed : int
        For random directions.
    resolution : int
        Points along each direction.
    extent : ((s_low, s_high), (t_low, t_high)), optional
        Without it the path and a margin, or -1..1.
    surface : bool
        Draw a surface in three dimensions in the place of contours; then `ax` must be 3-D.
    title : str, optional
        The title.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    LandscapeDisplay
        The drawn picture.

    Raises
    ------
    InputError
        If X or y do not fit, or there are no two directions.

    References
    ----------
    Li, Xu, Taylor, Studer and Goldstein, "Visualizing the loss landscape of neural nets" (2018).
    """
    whole_number("resolution", resolution, 2)
    slice_ = _Slice.of(run, directions, seed)
    path = slice_.project(_steps(run))
    loss = _Loss.of(run, X, y, sample_weight)
    random = isinstance(directions, str) and directions == "random"
    (left, right), (low, high) = extent or (((-1.0, 1.0),) * 2 if random else _around(path))
    s, t = np.linspace(left, right, resolution), np.linspace(low, high, resolution)
    grid = np.stack(np.meshgrid(s, t), axis=-1)  # (rows, columns, 2)
    losses = loss.at(slice_.points(grid))
    shown = path[-1:] if random else path
    if surface:
        ax = new_figure(7, 5.4).add_subplot(projection="3d") if ax is None else ax
        _draw_surface(ax, grid, losses, shown, loss.at(slice_.points(shown)))
    else:
        ax = axes_or_new(ax, 6.6, 5)
        _draw_contours(ax, s, t, losses)
        _draw_path(ax, shown)
        ax.set(xlim=(left, right), ylim=(low, high))
    # Three dimensions leave little room beside the axes.
    first, second = (label.replace(": ", "\n") if surface else label for label in slice_.labels)
    ax.set(xlabel=first, ylabel=second, title=title or "Loss around the end of the training")
    return LandscapeDisplay(ax, s, t, losses, slice_.directions, path, slice_.explained)


@dataclass(frozen=True, eq=False)
class _Slice:
    """A plane through the run's end, spanned by two directions."""

    centre: Array  # (n_parameters,)
    directions: Array  # (2, n_parameters)
    labels: tuple[str, str]
    explained: Array | None

    @classmethod
    def of(cls, run: Run, directions: str | ArrayLike, seed: int) -> _Slice:
        centre = run.parameters.vector.astype(np.float64)
        if isinstance(directions, str):
            if directions == "path":
                return cls._principal(centre, _steps(run))
            if directions == "random":
                drawn = _filter_normalised(run.network, centre, seed)
                words = "random direction {}, filter-normalised"
                return cls(centre, drawn, (words.format(1), words.format(2)), None)
            raise InputError(
                f"Unknown directions {directions!r:.80}: choose path, random, or give two vectors."
            )
        chosen = numbers_of("directions", directions)
        if chosen.shape != (2, len(centre)) or np.linalg.matrix_rank(chosen) < 2:
            raise InputError(
                f"directions must be two different vectors of shape {(2, len(centre))}, but have "
                f"shape {chosen.shape}."
            )
        return cls(centre, chosen, ("direction 1", "direction 2"), None)

    @classmethod
    def _principal(cls, centre: Array, steps: Array) -> _Slice:
        _, sizes, components = np.linalg.svd(steps - steps.mean(axis=0), full_matrices=False)
        if len(sizes) < 2 or not sizes[1] > FLAT * sizes[0]:
            raise InputError(
                "The path of this run has no two directions: keep more snapshots (record_every=1), "
                "or choose directions='random'."
            )
        # A direction may as well be its opposite; let the path come from the left and from below.
        components = components[:2]
        components *= np.where(components @ (steps[0] - centre) > 0, -1, 1)[:, np.newaxis]
        explained = sizes[:2] ** 2 / (sizes**2).sum()
        labels = [
            f"principal direction {number}: {_percent(share)} of the path's variance"
            for number, share in enumerate(explained, start=1)
        ]
        return cls(centre, components, (labels[0], labels[1]), explained)

    def points(self, coordinates: Array) -> Array:
        """(..., 2) coordinates as (..., n_parameters) parameter vectors."""
        return self.centre + coordinates @ self.directions

    def project(self, vectors: Array) -> Array:
        """(n, 2): the coordinates of the nearest points of the plane."""
        coordinates, *_ = np.linalg.lstsq(self.directions.T, (vectors - self.centre).T, rcond=None)
        return coordinates.T


@dataclass(frozen=True, eq=False)
class _Loss:
    """The objective of a run, as a function of the parameters."""

    run: Run
    X: Array
    Y: Array
    weight: Array | None
    penalty: Penalty

    @classmethod
    def of(cls, run: Run, X: ArrayLike, y: ArrayLike, weight: ArrayLike | None) -> _Loss:
        data = checked_data(run.network, X, y, weight, run.settings.dtype)
        return cls(run, *data, Penalty(run.settings.l1, run.settings.l2))

    def at(self, vectors: Array) -> Array:
        """The loss at vectors (..., n_parameters); not a number where it is not finite."""
        flat = vectors.reshape(-1, vectors.shape[-1]).astype(self.run.settings.dtype)
        losses = np.array([self._at(Parameters(self.run.network, vector)) for vector in flat])
        losses[~np.isfinite(losses)] = np.nan
        return losses.reshape(vectors.shape[:-1])

    def _at(self, parameters: Parameters) -> float:
        loss_sum, weight_sum, _ = self.run.engine.evaluate(
            self.run.network, parameters, self.X, self.Y, self.weight
        )
        penalty = self.penalty.loss_and_gradient(parameters)[0] if any(self.penalty) else 0.0
        return loss_sum / weight_sum + penalty


def _steps(run: Run) -> Array:
    """(n_steps, n_parameters): snapshots of the run, evenly spaced, start and end among them."""
    snapshots = run.history.snapshots
    chosen = np.linspace(0, len(snapshots) - 1, min(len(snapshots), MOST_STEPS)).astype(np.intp)
    return snapshots[chosen].astype(np.float64)


def _filter_normalised(network: Network, centre: Array, seed: int) -> Array:
    """Two random directions; the part of each neuron (its row of W and b) is as long as its own."""
    generator = np.random.default_rng(whole_number("seed", seed, 0))
    drawn = generator.normal(size=(2, len(centre)))
    own = Parameters(network, centre).layers
    for direction in drawn:
        for (W, b), part in zip(own, Parameters(network, direction).layers, strict=True):
            scale = _row_lengths(W, b) / _row_lengths(*part)
            for array in part:  # a view: the direction itself is scaled
                np.multiply(array, scale, out=array)
    return drawn


def _row_lengths(W: Array, b: Array) -> Array:
    """(n_out, 1): the length of each neuron's own part of the vector."""
    return np.sqrt((W * W).sum(axis=1, keepdims=True) + b * b)


def _around(path: Array) -> tuple[tuple[float, float], tuple[float, float]]:
    """The path's extent with a margin; neither side is less than a quarter of the other."""
    low, high = path.min(axis=0), path.max(axis=0)
    size = high - low
    size = np.maximum(size, size.max() / 4)
    middle, half = (low + high) / 2, size * (0.5 + MARGIN)
    (left, bottom), (right, top) = (middle - half).tolist(), (middle + half).tolist()
    return (left, right), (bottom, top)


def _percent(share: float) -> str:
    return f"{share:.0%}" if share < 0.995 else f"{share:.1%}"


def _levels(losses: Array) -> Array:
    """Contour levels over the finite losses, evenly spaced on a logarithmic scale."""
    positive = losses[np.isfinite(losses) & (losses > 0)]
    low, high = (positive.min(), positive.max()) if len(positive) else (0.1, 1.0)
    if not high > low * (1 + 1e-6):
        low, high = low / 2, low * 2
    return np.geomspace(low, high, LEVELS)


def _draw_contours(ax: Axes, s: Array, t: Array, losses: Array) -> None:
    levels = _levels(losses)
    clipped = np.ma.masked_invalid(np.clip(losses, levels[0], levels[-1]))
    norm = mpl.colors.LogNorm(levels[0], levels[-1])
    filled = ax.contourf(s, t, clipped, levels=levels, norm=norm, cmap="viridis_r")
    ax.contour(s, t, clipped, levels=levels[::3], colors="black", linewidths=0.4, alpha=0.5)
    bar = colour_bar(ax, filled, "loss")
    bar.ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    bar.ax.yaxis.set_major_formatter("{x:.3g}")
    bar.ax.minorticks_off()


# White on a dark seam: seen on every colour of the scale, and on light and dark paper.
_SEAM = [patheffects.Stroke(linewidth=3.2, foreground="black"), patheffects.Normal()]


def _draw_path(ax: Any, path: Array, *height: Array) -> None:
    """The path, a ring at its start and a star at its end."""
    columns = (*path.T, *height)
    if len(path) > 1:
        ax.plot(*columns, color="white", linewidth=1.6, path_effects=_SEAM, zorder=5)
    ends = [(-1, "*", 190, "end")] + [(0, "o", 60, "start")] * (len(path) > 1)
    for index, marker, size, label in reversed(ends):
        place = [column[index : index + 1 or None] for column in columns]
        ax.scatter(
            *place, marker=marker, s=size, color="white", edgecolors="black", zorder=6, label=label
        )
    # Markers are white with a black edge, so that the legend needs a ground of its own.
    ax.legend(loc="best", fontsize="small", facecolor="#777777", labelcolor="white", framealpha=0.9)


def _draw_surface(ax: Any, grid: Array, losses: Array, path: Array, height: Array) -> None:
    """The surface of log10 loss, because it falls by orders of magnitude; the path lies on it."""
    ax.computed_zorder = False  # the path lies on the surface, so it must be drawn after it
    z = np.log10(np.maximum(losses, np.finfo(float).tiny))
    style = {"cmap": "viridis_r", "linewidth": 0, "alpha": 0.85, "rcount": 80, "ccount": 80}
    ax.plot_surface(grid[..., 0], grid[..., 1], z, **style)
    _draw_path(ax, path, np.log10(np.maximum(height, np.finfo(float).tiny)))
    ax.set_zlabel("log10 loss")
    ax.view_init(elev=38, azim=-60)
    ax.set_box_aspect(None, zoom=0.86)  # labels need room within the figure
    ax.xaxis.labelpad = ax.yaxis.labelpad = 12
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.set_pane_color((0, 0, 0, 0))  # whatever colour the paper has
