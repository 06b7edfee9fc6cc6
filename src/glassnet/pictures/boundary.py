"""The decision boundary: a network's outputs over a plane as coloured cells, or as a curve."""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from numpy.typing import ArrayLike

from glassnet import engines
from glassnet.core.network import CLASS_LOSSES, Network, refuse_labels
from glassnet.core.parameters import Array, Parameters
from glassnet.core.samples import checked_samples, checked_targets
from glassnet.engines.interface import Engine
from glassnet.errors import InputError, types_checked, whole_number
from glassnet.pictures.colours import (
    POSITIVE,
    Scale,
    answer_colormap,
    answer_colours,
    check_scale,
    class_colour,
)
from glassnet.pictures.display import Display, axes_or_new, colour_bar, legend_beside, tidy
from glassnet.pictures.plane import Plane
from glassnet.pictures.scatter import Extent, draw_points, surroundings

WHOLE = Plane.whole()


@dataclass(frozen=True, eq=False)
class Grid:
    """A grid of cells over two features, and a network's outputs at the cells' centres.

    `x1` and `x2` are (resolution,), rising; `a` is (resolution, resolution, n_outputs), with
    a[i, j] at (x1[j], x2[i]): rows go up with x2.
    """

    extent: Extent
    x1: Array
    x2: Array

    @classmethod
    def of(cls, extent: Extent, resolution: int) -> Grid:
        """Divide the extent into resolution x resolution cells."""
        whole_number("resolution", resolution, 2)
        centres = (np.arange(resolution) + 0.5) / resolution
        (left, right), (bottom, top) = extent
        return cls(extent, left + (right - left) * centres, bottom + (top - bottom) * centres)

    @property
    def centres(self) -> Array:
        """(resolution^2, 2): the cells' centres, row by row."""
        return np.stack(np.meshgrid(self.x1, self.x2), axis=-1).reshape(-1, 2)

    def outputs(
        self, engine: Engine, network: Network, parameters: Parameters, plane: Plane = WHOLE
    ) -> Array:
        """The network's outputs at the centres: (resolution, resolution, n_outputs)."""
        inputs = plane.inputs(self.centres).astype(parameters.vector.dtype)
        a = engine.outputs(network, parameters, inputs)
        return a.reshape(len(self.x2), len(self.x1), -1)

    def paint(self, ax: Axes, colours: Array) -> None:
        """Draw cells of these colours (rows, columns, 3), and the axes just around them."""
        (left, right), (bottom, top) = self.extent
        ax.imshow(
            colours,
            extent=(left, right, bottom, top),
            origin="lower",  # row 0 is the smallest x2, so it belongs at the bottom
            interpolation="nearest",
            aspect="auto",
        )
        ax.set(xlim=(left, right), ylim=(bottom, top))


@dataclass(eq=False)
class BoundaryDisplay(Display):
    """A drawn boundary: cells whose centres are x1 and x2, both rising.

    Parameters
    ----------
    ax_ : Axes
        Where it is drawn.
    x1 : array of shape (columns,)
        The centres along the first axis.
    x2 : array of shape (rows,)
        The centres along the second axis.
    a : array of shape (rows, columns, n_outputs)
        The outputs.
    colours : array of shape (rows, columns, 3)
        The colours.
    """

    x1: Array
    x2: Array
    a: Array
    colours: Array


@types_checked
def decision_boundary(
    network: Network,
    parameters: Parameters,
    X: ArrayLike | None = None,
    y: ArrayLike | None = None,
    *,
    scale: Scale = "tutorial",
    extent: Extent | None = None,
    resolution: int = 40,
    line: bool = True,
    output: int = 0,
    title: str | None = None,
    ax: Axes | None = None,
) -> BoundaryDisplay:
    """Draw the outputs of a network of two features as a plane of resolution x resolution cells.

    Two classes are coloured by the scale (see `colours`), more by mixing the classes' colours, a
    regression by viridis.

    Parameters
    ----------
    network : Network
        A network of two inputs.
    parameters : Parameters
        Its weights and biases.
    X, y : arrays of shape (n_samples, 2) and (n_samples,), optional
        Samples drawn over it; they set the extent where none is given.
    scale : {"tutorial", "safe"}
        Red and green, or colours and shapes that every reader can tell apart.
    extent : ((x1_low, x1_high), (x2_low, x2_high)), optional
        The part of the plane that is shown; -2..2 where there are no samples.
    resolution : int
        Cells along each axis.
    line : bool
        Draw where the decision changes.
    output : int
        Which output of a regression with several is shown, from 0.
    title : str, optional
        The title.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    BoundaryDisplay
        The drawn picture.

    Raises
    ------
    InputError
        Unless the network has two inputs, or if X and y do not fit it.
    """
    check_scale(scale)
    refuse_labels(network)
    samples, labels = samples_in_the_plane(network, X, y, output)
    if parameters.network != network:
        raise InputError(f"The parameters are those of {parameters.network}, not of {network}.")
    if extent is None:
        extent = ((-2, 2), (-2, 2)) if samples is None else surroundings(samples)
    grid = Grid.of(extent, resolution)
    regression = network.is_regression
    outputs = grid.outputs(engines.choose("auto"), network, parameters)
    a = outputs[..., [output]] if regression else outputs
    limits = value_limits(network.loss, a, labels)
    colours = answer_colours(network.loss, a, scale, limits or (0, 1))
    ax = axes_or_new(ax, 5.6, 5)
    grid.paint(ax, colours)
    if line and not regression:
        draw_decision_lines(ax, grid, a)
    if samples is not None and labels is not None:
        draw_points(ax, samples, labels, scale, limits, size=40)
    if a.shape[-1] == 1:
        index = f"{network.n_layers},{output + 1}" if outputs.shape[-1] > 1 else network.n_layers
        draw_colour_bar(ax, network.loss, scale, limits or (0, 1), f"$a_{{{index}}}$")
    elif labels is not None:
        legend_beside(ax)
    ax.set(xlabel="$x_1$", ylabel="$x_2$")
    ax.set_title(title or ("Regression" if regression else "Decision boundary"))
    ax.set_box_aspect(1)
    return BoundaryDisplay(ax, grid.x1, grid.x2, a, colours)


def samples_in_the_plane(
    network: Network,
    X: ArrayLike | None,
    y: ArrayLike | None,
    output: int = 0,
    plane: Plane = WHOLE,
) -> tuple[Array | None, Array | None]:
    """X (n_samples, 2) in the plane, and class numbers or values (n_samples,) of y as the network
    takes them.

    Raises InputError unless the plane fits the network's inputs, X and y fit it, and the output
    is one.
    """
    if network.sizes[0] != len(plane.point):
        raise InputError(
            f"A picture in the plane needs a network of two inputs, not of {network.sizes[0]}."
        )
    if not 0 <= output < network.sizes[-1]:
        raise InputError(f"There are outputs 0 to {network.sizes[-1] - 1}, not {output}.")
    if X is None:
        return None, None
    samples = checked_samples(network, X)
    points = plane.points(samples)
    if y is None:
        return points, None
    targets = checked_targets(network, samples, y)
    if network.loss == "categorical_cross_entropy":
        return points, targets.argmax(axis=1).astype(np.float64)
    return points, targets[:, output]


def value_limits(loss: str, a: Array, labels: Array | None) -> tuple[float, float] | None:
    """The range of a regression's outputs and values together; None for a classifier."""
    if loss in CLASS_LOSSES:
        return None
    values = a.ravel() if labels is None else np.concatenate([a.ravel(), labels])
    return float(values.min()), float(values.max())


def draw_decision_lines(ax: Axes, grid: Grid, a: Array) -> None:
    """Where each class's output equals the best of the others: for two classes a = 0.5."""
    shares = np.concatenate([1 - a, a], axis=-1) if a.shape[-1] == 1 else a
    n_lines = 1 if shares.shape[-1] == 2 else shares.shape[-1]
    for k in range(n_lines):
        lead = shares[..., k] - np.delete(shares, k, axis=-1).max(axis=-1)
        if lead.min() < 0 < lead.max():
            ax.contour(grid.x1, grid.x2, lead, levels=[0], colors="black", linewidths=1.1)


def draw_colour_bar(
    ax: Axes, loss: str, scale: Scale, limits: tuple[float, float], label: str
) -> Colorbar:
    """The scale of a single output, to the right of the axes."""
    mappable = mpl.cm.ScalarMappable(mpl.colors.Normalize(*limits), answer_colormap(loss, scale))
    return colour_bar(ax, mappable, label)


@dataclass(eq=False)
class CurveDisplay(Display):
    """A drawn curve.

    Parameters
    ----------
    ax_ : Axes
        Where it is drawn.
    x : array of shape (resolution,)
        The inputs.
    a : array of shape (resolution, n_outputs)
        The outputs.
    """

    x: Array
    a: Array


@types_checked
def fitted_curve(
    network: Network,
    parameters: Parameters,
    X: ArrayLike,
    y: ArrayLike,
    *,
    resolution: int = 400,
    title: str = "Fitted curve",
    ax: Axes | None = None,
) -> CurveDisplay:
    """Draw the outputs of a network of one feature over it, with the samples.

    A regression shows its values, a classifier the probability of each class, next to y.

    Parameters
    ----------
    network : Network
        A network of one input.
    parameters : Parameters
        Its weights and biases.
    X : array of shape (n_samples, 1)
        The samples.
    y : array of shape (n_samples,)
        Their classes or values.
    resolution : int
        Points of the curve.
    title : str
        The title.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    CurveDisplay
        The drawn picture.

    Raises
    ------
    InputError
        Unless the network has one input and X and y fit it.
    """
    if network.sizes[0] != 1:
        raise InputError(f"A fitted curve needs a network of one input, not of {network.sizes[0]}.")
    samples = checked_samples(network, X)
    targets = checked_targets(network, samples, y)
    low, high = float(samples.min()), float(samples.max())
    margin = (high - low) / 20 or 1.0
    x = np.linspace(low - margin, high + margin, resolution)
    rows = x[:, np.newaxis].astype(parameters.vector.dtype)
    a = engines.choose("auto").outputs(network, parameters, rows)
    ax = axes_or_new(ax, 6.5, 4)
    tidy(ax)
    for k, (curve, values) in enumerate(zip(a.T, targets.T, strict=True)):
        alone = a.shape[1] == 1
        colour = POSITIVE if alone else class_colour(k, a.shape[1], "safe")
        dots = "grey" if alone else colour
        ax.scatter(samples[:, 0], values, s=18, color=dots, alpha=0.5, label="samples" * alone)
        ax.plot(x, curve, color=colour, linewidth=2, label="network" if alone else f"output {k}")
    ax.set(xlabel="$x$", ylabel="$y$", title=title)
    ax.legend(fontsize="small", frameon=False)
    return CurveDisplay(ax, x, a)
