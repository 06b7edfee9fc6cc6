"""A slice through what a model answers: over two of its features, the others held at a point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from glassnet.core.parameters import Array
from glassnet.errors import InputError, instance_of, types_checked, whole_number
from glassnet.pictures.boundary import (
    Grid,
    draw_colour_bar,
    draw_decision_lines,
    value_limits,
)
from glassnet.pictures.colours import (
    Scale,
    answer_colours,
    check_scale,
    class_colour,
    class_marker,
    is_dark,
)
from glassnet.pictures.display import (
    Display,
    axes_or_new,
    caption,
    headline,
    legend_beside,
    show_dates,
)
from glassnet.pictures.inputs import column, numbers, shown_name, shown_names
from glassnet.pictures.scatter import Extent, surroundings

Held = Literal["median", "mean"] | ArrayLike
MOST_POINTS = 1000  # drawn; of more, that many at random
FEW_POINTS = 500  # that are drawn large
FAINTEST = 0.12  # opacity of points far from the slice
MOST_HELD = 5  # features named in the caption
LONGEST_HELD = 40  # characters of one of them


@dataclass(eq=False)
class SliceDisplay(Display):
    """A drawn slice through the inputs of a model.

    Parameters
    ----------
    ax_ : Axes
        Where it is drawn.
    x1 : array of shape (columns,)
        The centres of the cells along the first axis, rising.
    x2 : array of shape (rows,)
        The centres of the cells along the second axis, rising.
    a : array of shape (rows, columns, n_outputs)
        The outputs.
    colours : array of shape (rows, columns, 3)
        The colours.
    held : array of shape (n_features,)
        The point that the slice goes through.
    shown : array of shape (n,)
        The rows of X that are drawn.
    opacity : array of shape (n,)
        How opaque they are drawn.
    """

    x1: Array
    x2: Array
    a: Array
    colours: Array
    held: Array
    shown: np.ndarray
    opacity: Array


@types_checked
def boundary_slice(
    outputs: Callable[[Array], ArrayLike],
    X: ArrayLike,
    y: ArrayLike | None = None,
    *,
    features: tuple[int, int] = (0, 1),
    held: Held = "median",
    held_values: Sequence[str] | None = None,
    dates: Sequence[int] = (),
    names: Sequence[object] | None = None,
    classes: Sequence[object] | None = None,
    regression: bool = False,
    output: int = 0,
    scale: Scale = "safe",
    extent: Extent | None = None,
    resolution: int = 100,
    line: bool = True,
    title: str | None = None,
    note: str = "",
    ax: Axes | None = None,
) -> SliceDisplay:
    """Draw what a model answers over two features while all others are held at one point.

    Samples are the fainter the farther from the slice they lie: exp(-d^2 / 2), d their root mean
    square distance in standard deviations over the features held; 1000 are drawn at most.

    Parameters
    ----------
    outputs : callable
        Takes rows (m, n_features) in the units of X and returns (m,) or (m, n_outputs):
        probabilities of class 1 or of every class, or values of a regression.
    X, y : arrays of shape (n_samples, n_features) and (n_samples,)
        Samples with their class numbers or values; they set the extent and the point.
    features : tuple of int
        The columns of X along the two axes, from 0.
    held : {"median", "mean"} or array of shape (n_features,)
        Where the others are held; the values at `features` do not matter.
    held_values : sequence of str, optional
        What the caption says of that point, such as "age = 40"; each number unless given.
    dates : sequence of int
        The columns of X that are days since 1970-01-01, shown as dates along an axis.
    names, classes : sequence, optional
        Names of the features, and of the classes or the outputs of a regression.
    regression : bool
        Whether the outputs are values; `output` is which one of several is shown, from 0.
    output, scale, extent, resolution, line, title : optional
        As for `decision_boundary`.
    note : str
        What to say after the caption, such as what else is held.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    SliceDisplay
        The drawn picture.

    Raises
    ------
    InputError
        If the arguments do not fit one another.
    """
    check_scale(scale)
    samples = numbers(X, "X", 2)
    pair = _two_features(features, samples.shape[1])
    point = _point(held, samples)
    instance_of("dates", dates, list, tuple)
    labels = None if y is None else _labels(y, samples, output)
    grid = Grid.of(extent or surroundings(samples[:, pair]), resolution)
    a = _answers_on(grid, outputs, point, pair, regression, output)
    answer = _Answer.of(a, labels, regression, scale, classes, output)
    ax = axes_or_new(ax, 6, 5)
    answer.paint(ax, grid, line)
    shown, opacity = _draw_samples(ax, answer, samples, labels, point, pair)
    answer.explain(ax)
    _name_axes(ax, known := shown_names(names, samples.shape[1], "feature"), pair, dates)
    headline(ax, title or ("Regression" if regression else "Decision boundary"))
    said = _point_in_words(known, point, pair) if held_values is None else held_values
    caption(ax, _caption(said, len(samples), note))
    return SliceDisplay(ax, grid.x1, grid.x2, a, answer.colours, point, shown, opacity)


def _answers_on(
    grid: Grid,
    outputs: Callable[[Array], ArrayLike],
    point: Array,
    pair: list[int],
    regression: bool,
    output: int,
) -> Array:
    """What the model answers at the centres of the grid: (rows, columns, n_outputs)."""
    rows = np.tile(point, (len(grid.centres), 1))
    rows[:, pair] = grid.centres
    a = _answers(outputs(rows), len(rows), regression, output)
    return a.reshape(len(grid.x2), len(grid.x1), -1)


def _draw_samples(
    ax: Axes, answer: _Answer, samples: Array, labels: Array | None, point: Array, pair: list[int]
) -> tuple[np.ndarray, Array]:
    """Draw samples over the slice; return which, and how opaque each is."""
    shown = _chosen(len(samples))
    opacity = _nearness(samples, point, pair)[shown]
    answer.draw_points(ax, samples[shown][:, pair], labels, shown, opacity)
    return shown, opacity


def _point_in_words(names: Sequence[str], point: Array, pair: list[int]) -> list[str]:
    return [f"{names[k]} = {point[k]:.4g}" for k in range(len(names)) if k not in pair]


def _name_axes(ax: Axes, names: Sequence[str], pair: list[int], dates: Sequence[int]) -> None:
    ax.set(xlabel=names[pair[0]], ylabel=names[pair[1]])
    ax.set_box_aspect(1)
    for axis, feature in zip((ax.xaxis, ax.yaxis), pair, strict=True):
        if feature in dates:
            show_dates(axis)


def _two_features(features: tuple[int, int], n_features: int) -> list[int]:
    pair = [whole_number("features", number, 0) for number in features]
    if len(pair) != 2 or pair[0] == pair[1] or max(pair) >= n_features:
        raise InputError(
            f"A slice needs two different features from 0 to {n_features - 1}, not {features}."
        )
    return pair


def _point(held: Held, X: Array) -> Array:
    if isinstance(held, str):
        if held not in ("median", "mean"):
            raise InputError(
                f'Features are held at "median", "mean" or a point, not at {held!r:.80}.'
            )
        return np.median(X, axis=0) if held == "median" else X.mean(axis=0)
    point = numbers(held, "The point held", 1)
    if len(point) != X.shape[1]:
        raise InputError(
            f"The point held needs a value for each of {X.shape[1]} features, not {len(point)}."
        )
    return point


def _labels(y: ArrayLike, X: Array, output: int) -> Array:
    values = numbers(y, "y", 2)[:, output] if np.ndim(y) == 2 and np.shape(y)[1] > 1 else y
    labels = column(values, "y")
    if len(labels) != len(X):
        raise InputError(f"X and y must have one row each, but have {len(X)} and {len(labels)}.")
    return labels


def _answers(outputs: ArrayLike, n_rows: int, regression: bool, output: int) -> Array:
    """Outputs (n_rows, n_outputs), of a regression the one that is shown."""
    a = numbers(outputs, "What the model answers", 2 if np.ndim(outputs) == 2 else 1)
    if len(a) != n_rows:
        raise InputError(f"The model must answer each of {n_rows} rows, not give {len(a)} answers.")
    a = a.reshape(n_rows, -1)
    if not regression:
        return a
    if not 0 <= output < a.shape[1]:
        raise InputError(f"There are outputs 0 to {a.shape[1] - 1}, not {output}.")
    return a[:, [output]]


def _chosen(n_samples: int) -> np.ndarray:
    """Rows to draw: all, or some at random, always the same."""
    if n_samples <= MOST_POINTS:
        return np.arange(n_samples)
    return np.sort(np.random.default_rng(0).choice(n_samples, MOST_POINTS, replace=False))


def _nearness(X: Array, point: Array, pair: list[int]) -> Array:
    """(n_samples,): 1 on the slice, and falling with the distance from it."""
    others = np.delete(np.arange(X.shape[1]), pair)
    spread = X[:, others].std(axis=0)
    others, spread = others[spread > 0], spread[spread > 0]
    if len(others) == 0:
        return np.ones(len(X))
    squares = np.square((X[:, others] - point[others]) / spread).mean(axis=1)
    return np.maximum(np.exp(-squares / 2), FAINTEST)


@dataclass(frozen=True, eq=False)
class _Answer:
    """The outputs over the plane, and the colours of outputs and samples."""

    a: Array
    loss: str
    scale: Scale
    limits: tuple[float, float] | None
    names: list[str]

    @classmethod
    def of(
        cls,
        a: Array,
        labels: Array | None,
        regression: bool,
        scale: Scale,
        classes: Sequence[object] | None,
        output: int,
    ) -> _Answer:
        if regression:
            name = "prediction" if classes is None else shown_name(classes[output])
            loss = "mean_squared_error"
            return cls(a, loss, scale, value_limits(loss, a, labels), [name])
        binary = a.shape[-1] == 1
        names = shown_names(classes, 2 if binary else a.shape[-1], "class")
        if labels is not None and not set(np.unique(labels)) <= set(range(len(names))):
            raise InputError(f"y must hold class numbers from 0 to {len(names) - 1}.")
        loss = "binary_cross_entropy" if binary else "categorical_cross_entropy"
        return cls(a, loss, scale, None, names)

    @property
    def colours(self) -> Array:
        """(rows, columns, 3) of the cells."""
        return answer_colours(self.loss, self.a, self.scale, self.limits or (0, 1)).clip(0, 1)

    def paint(self, ax: Axes, grid: Grid, line: bool) -> None:
        """The cells, and the lines where the decision changes."""
        grid.paint(ax, self.colours)
        if line and self.limits is None:
            draw_decision_lines(ax, grid, self.a)

    def draw_points(
        self, ax: Axes, places: Array, labels: Array | None, shown: np.ndarray, opacity: Array
    ) -> None:
        """The samples, faint ones first, each with a white edge as faint as itself."""
        order = np.argsort(opacity, kind="stable")
        places, opacity = places[order], opacity[order]
        values = np.zeros(len(order)) if labels is None else labels[shown][order]
        known = labels is not None and self.limits is None
        for number in np.unique(values).astype(int) if known else [0]:
            own = values == number if known else np.ones(len(values), dtype=bool)
            ax.scatter(
                places[own, 0],
                places[own, 1],
                s=30 if len(order) <= FEW_POINTS else 16,
                c=self._ink(values[own], opacity[own], number, labels is not None),
                marker=class_marker(number, self.scale) if known else "o",
                edgecolors=[(1, 1, 1, alpha) for alpha in opacity[own]],
                linewidths=0.7,
                zorder=3,
            )

    def _ink(self, values: Array, opacity: Array, number: int, labelled: bool) -> Array:
        if self.limits is not None and labelled:
            low, high = self.limits
            ink = np.asarray(mpl.colormaps["viridis"]((values - low) / ((high - low) or 1)))
        elif labelled:
            ink = np.tile(self._class_ink(number), (len(values), 1))
        else:
            ink = np.tile(mpl.colors.to_rgba("#333333"), (len(values), 1))
        ink[:, 3] = opacity
        return ink

    def _class_ink(self, number: int) -> tuple[float, float, float, float]:
        return mpl.colors.to_rgba(class_colour(number, len(self.names), self.scale))

    def explain(self, ax: Axes) -> None:
        """A colour bar with the classes at its ends, or a legend of three or more."""
        if self.loss == "categorical_cross_entropy":
            self._legend(ax)
            return
        label = f"probability of {self.names[1]}" if self.limits is None else self.names[0]
        bar = draw_colour_bar(ax, self.loss, self.scale, self.limits or (0, 1), label)
        if self.limits is None:
            bar.set_ticks([0, 0.5, 1], labels=[self.names[0], "0.5", self.names[1]])

    def _legend(self, ax: Axes) -> None:
        edge = "white" if is_dark(ax) else "grey"
        handles = [
            Line2D([], [], linestyle="", marker=class_marker(k, self.scale), label=name,
                   color=self._class_ink(k), markeredgecolor=edge)
            for k, name in enumerate(self.names)
        ]  # fmt: skip
        legend_beside(ax, handles=handles)


def _caption(held_values: Sequence[str], n_samples: int, note: str) -> str:
    parts = [shown_name(value, LONGEST_HELD) for value in held_values[:MOST_HELD]]
    if len(held_values) > MOST_HELD:
        parts.append(f"and {len(held_values) - MOST_HELD} more")
    said = []
    if parts:
        said.append("held at " + ", ".join(parts))
        said.append("points fade with their distance from that")
    if n_samples > MOST_POINTS:
        said.append(f"{MOST_POINTS:,} of {n_samples:,} samples, drawn at random")
    return "; ".join([*said, note] if note else said)
