"""Every weight and bias as a coloured cell, layer by layer; or a first layer as images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle

from glassnet.core.parameters import Array, Parameters
from glassnet.errors import InputError, types_checked
from glassnet.pictures.colours import diverging, luminance
from glassnet.pictures.display import Display, axes_or_new, figure_of, inches, split
from glassnet.pictures.inputs import numbers, shown_names

MOST_SHOWN = 48  # rows or columns of one layer
MOST_IMAGES = 64  # neurons shown as images
MOST_NUMBERS = 120  # written into cells of one layer
IMAGES_WIDTH = 44  # of all images together, in cells of other layers
LEAST_HEIGHT = 0.4  # inches of a layer
GAP = 1  # empty cells between the weights and the biases
FAR = 3  # the scale ends at the 99th percentile where the largest is more than this times it


@dataclass(eq=False)
class WeightsDisplay(Display):
    """Drawn weights, on a scale from -limit to limit.

    Parameters
    ----------
    ax_ : Axes
        The first axes.
    layers : list of Axes
        The axes of each layer.
    rows : list of arrays
        Which neurons of each layer were drawn, from 0.
    columns : list of arrays
        Which inputs of each layer were drawn, from 0.
    limit : float
        The end of the scale.
    """

    layers: list[Axes]
    rows: list[np.ndarray]
    columns: list[np.ndarray]
    limit: float


@types_checked
def weights(
    parameters: Parameters,
    names: Sequence[object] | None = None,
    outputs: Sequence[object] | None = None,
    *,
    images: bool = False,
    title: str = "Weights and biases",
    ax: Axes | None = None,
) -> WeightsDisplay:
    """Draw every W and b as coloured cells on one scale: vermilion below zero, blue above.

    Rows are neurons and columns what they take in, as in W; b is the column apart. Of a layer
    larger than 48 the rows and columns with the largest weights are shown, in their order.

    Parameters
    ----------
    parameters : Parameters
        The weights and biases.
    names : sequence, optional
        Names of the features.
    outputs : sequence, optional
        Names of the outputs.
    images : bool
        Draw each neuron of the first layer as a square image of its weights, for inputs that are
        the pixels of one.
    title : str
        The title.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    WeightsDisplay
        The drawn picture.

    Raises
    ------
    InputError
        If names do not fit, or for images of inputs that are no square number.
    """
    network = parameters.network
    vector = numbers(parameters.vector, "The parameters", 1)
    features = None if names is None else shown_names(names, network.sizes[0], "features")
    answers = None if outputs is None else shown_names(outputs, network.sizes[-1], "outputs")
    sheets = [_Sheet.of(W, b) for W, b in parameters.layers]
    if images:
        sheets[0] = _Sheet.of_images(parameters.layers[0][0])
    limit = _limit(vector)
    own = ax is None
    ax = axes_or_new(ax, *_size(sheets, features))
    figure = figure_of(ax)
    axes = split(ax, [sheet.width for sheet in sheets], beside=True)
    for number, (panel, sheet) in enumerate(zip(axes, sheets, strict=True), start=1):
        image = _draw(panel, sheet, limit)
        panel.set_title(sheet.title.format(number), fontsize=10)
        if sheet.images:
            panel.set(xticks=[], yticks=[])
            continue
        _name_columns(panel, sheet, features if number == 1 else None)
        _name_rows(panel, sheet, answers if number == len(axes) else None)
        _write_numbers(panel, sheet, limit)
    bar = figure.colorbar(
        image,
        ax=axes,
        fraction=0.03,
        pad=0.02,
        extend="both" if limit < np.abs(vector).max() else "neither",
    )
    bar.outline.set_visible(False)
    if own:
        figure.suptitle(title)
    return WeightsDisplay(
        ax, axes, [sheet.rows for sheet in sheets], [sheet.columns for sheet in sheets], limit
    )


@dataclass(frozen=True, eq=False)
class _Sheet:
    """The cells of one layer, nan where there is none, and which neurons and inputs they are."""

    cells: Array
    frames: list[tuple[int, int, int, int]]  # left, top, width, height
    rows: np.ndarray
    columns: np.ndarray
    title: str
    images: bool = False

    @classmethod
    def of(cls, W: Array, b: Array) -> _Sheet:
        """W, a gap, and b, without the rows and columns of the smallest weights."""
        rows, columns = _largest(W, axis=1), _largest(W, axis=0)
        gap = np.full((len(rows), GAP), np.nan)
        cells = np.concatenate([W[rows][:, columns], gap, b[rows]], axis=1)
        title = "$W_{{{0}}},\\ b_{{{0}}}$"
        left_out = [
            f"{len(kept)} of {all_of} {what}"
            for kept, all_of, what in (
                (columns, W.shape[1], "inputs"),
                (rows, W.shape[0], "neurons"),
            )
            if len(kept) < all_of
        ]
        n, across = len(rows), len(columns)
        frames = [(0, 0, across, n), (across + GAP, 0, 1, n)]
        return cls(cells, frames, rows, columns, "\n".join([title, *left_out]))

    @classmethod
    def of_images(cls, W: Array) -> _Sheet:
        """The weights of each neuron as a square, the squares row by row."""
        n_neurons, n_inputs = W.shape
        side = isqrt(n_inputs)
        if side**2 != n_inputs:
            raise InputError(
                f"{n_inputs} inputs are not the pixels of a square image: leave out images."
            )
        rows = _largest(W, axis=1, most=MOST_IMAGES)
        across = isqrt(len(rows) - 1) + 1
        down = -(-len(rows) // across)
        cells = np.full((down * (side + 1) - 1, across * (side + 1) - 1), np.nan)
        frames = []
        for place, row in enumerate(rows):
            top, left = (side + 1) * (place // across), (side + 1) * (place % across)
            cells[top : top + side, left : left + side] = W[row].reshape(side, side)
            frames.append((left, top, side, side))
        shown = "all" if len(rows) == n_neurons else f"{len(rows)} of"
        title = f"$W_{{{{{{0}}}}}}$ of {shown} {n_neurons} neurons\nas images of the inputs"
        return cls(cells, frames, rows, np.arange(n_inputs), title, images=True)

    @property
    def width(self) -> float:
        """In cells of other layers: images have smaller ones."""
        return IMAGES_WIDTH if self.images else max(self.cells.shape[1], 2)


def _largest(W: Array, axis: int, most: int = MOST_SHOWN) -> np.ndarray:
    """The rows (axis 1) or columns (axis 0) of the largest sums of squares, in their order."""
    size = np.square(W).sum(axis=axis)
    if len(size) <= most:
        return np.arange(len(size))
    return np.sort(np.argsort(-size, kind="stable")[:most])


def _limit(vector: Array) -> float:
    """Where the scale ends: at the largest, unless few numbers are far larger than all others."""
    sizes = np.abs(vector)
    usual, largest = float(np.quantile(sizes, 0.99)), float(sizes.max())
    if 0 < FAR * usual < largest:
        return usual
    return largest or 1.0


def _size(sheets: list[_Sheet], features: list[str] | None) -> tuple[float, float]:
    """Inches for all layers side by side, cells as large as fits, and names below the first."""
    below = 0.07 * max(map(len, features or [""]))
    columns = sum(sheet.width for sheet in sheets)
    rows = max(IMAGES_WIDTH if sheet.images else len(sheet.cells) for sheet in sheets)
    cell = min(0.55, 11 / columns, 8 / rows)
    return max(columns * cell + 0.75 * len(sheets) + 1.2, 4.5), max(rows * cell + 1.6, 2.6) + below


def _draw(ax: Axes, sheet: _Sheet, limit: float) -> AxesImage:
    image = ax.imshow(
        sheet.cells,
        cmap=diverging(ax),
        vmin=-limit,
        vmax=limit,
        interpolation="nearest",
        aspect=_aspect(ax, sheet),
    )
    for left, top, width, height in sheet.frames:
        ax.add_patch(
            Rectangle(
                (left - 0.5, top - 0.5),
                width,
                height,
                fill=False,
                color="grey",
                lw=0.6,
                clip_on=False,
            )
        )
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0, labelsize=min(max(60 * _cell(ax, sheet), 4), 8))
    return image


def _name_columns(ax: Axes, sheet: _Sheet, names: list[str] | None) -> None:
    places, labels = _ticks(sheet.columns, names)
    bias = sheet.cells.shape[1] - 1
    upright = names is not None and max(map(len, labels)) > 3
    ax.set_xticks([*places, bias], [*labels, "b"], rotation=90 if upright else 0)


def _name_rows(ax: Axes, sheet: _Sheet, names: list[str] | None) -> None:
    places, labels = _ticks(sheet.rows, names)
    ax.set_yticks(places, labels)


def _ticks(which: np.ndarray, names: list[str] | None) -> tuple[list[int], list[str]]:
    """Every name, or some of the numbers, counted from 1 as in the equations."""
    every = 1
    if names is None:
        every = max(len(which) // 8, 1)
    places = list(range(0, len(which), every))
    return places, [names[which[k]] if names else str(which[k] + 1) for k in places]


def _write_numbers(ax: Axes, sheet: _Sheet, limit: float) -> None:
    if sheet.cells.size > MOST_NUMBERS or _cell(ax, sheet) < 0.36:
        return
    for (i, j), value in np.ndenumerate(sheet.cells):
        if not np.isnan(value):
            tint = diverging(ax)(0.5 + 0.5 * float(value) / limit)[:3]
            ink = "black" if luminance(tint) > 0.5 else "white"
            ax.text(j, i, f"{value:.2g}", ha="center", va="center", fontsize=7, color=ink)


def _aspect(ax: Axes, sheet: _Sheet) -> float:
    """Height of a cell over its width: 1, but more in a layer of few neurons, for a line of one
    neuron with many inputs would be a hair.
    """
    height = len(sheet.cells) * _cell(ax, sheet)
    return 1.0 if sheet.images else max(LEAST_HEIGHT / height, 1.0)


def _cell(ax: Axes, sheet: _Sheet) -> float:
    """Inches of a cell's side, about."""
    return 0.8 * inches(ax)[0] / sheet.width
