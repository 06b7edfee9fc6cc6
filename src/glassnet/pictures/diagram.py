"""The network as a graph, with three faces: forward, with the loss, with the gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from glassnet.core.backprop import Trace
from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.errors import InputError, types_checked
from glassnet.pictures.colours import NEGATIVE, POSITIVE
from glassnet.pictures.display import Display, axes_or_new, inches, new_figure
from glassnet.pictures.equations import backward_lines, forward_lines, loss_lines
from glassnet.pictures.inputs import shown_names

Face = Literal["forward", "loss", "gradients"]
FACES: tuple[Face, ...] = get_args(Face)
Point = tuple[float, float]

COLUMN = 2.7  # distance between layers; a neuron's radius is RADIUS, neighbours are 1 apart
RADIUS = 0.36
LETTER = 0.125  # of a name
LETTER_INCHES = 0.07
ROW = 1.15
PLAIN = "#8a8a8a"  # links without numbers
MOST_NUMBERS = 4  # in one fan of links
SMALLEST_CAPTION = 0.6  # below this scale it would not be read
MOST_NEURONS = 10  # of a layer that is shown whole
ENDS = 4  # neurons shown at either end of a longer one


@dataclass(eq=False)
class DiagramDisplay(Display):
    """A drawn network.

    Parameters
    ----------
    ax_ : Axes
        Where it is drawn.
    positions : list of dict
        Where the neurons shown are, by layer, the inputs first.
    links : list of arrays of shape (n_l, n_{l-1}), optional
        The matrices that colour and widen the links; None if these are plain.
    """

    positions: list[dict[int, Point]]
    links: list[Array] | None


@types_checked
def network_diagram(
    network: Network,
    parameters: Parameters | None = None,
    trace: Trace | None = None,
    *,
    face: Face = "forward",
    numbers: bool = False,
    names: Sequence[object] | None = None,
    outputs: Sequence[object] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> DiagramDisplay:
    """Draw a network of any size from its inputs on the left to its outputs on the right.

    Layers of more than ten neurons are abridged to eight.

    Parameters
    ----------
    network : Network
        The network.
    parameters : Parameters, optional
        They colour (blue above zero, vermilion below) and widen the links by weight, and the marks
        below the neurons by bias.
    trace : Trace, optional
        Gives the parameters and, in the face "gradients", dW and db averaged over the samples.
    face : {"forward", "loss", "gradients"}
        "forward" shows how z and a are computed, "loss" adds the loss and the label, "gradients"
        turns the arrows round and shows how each dW comes about.
    numbers : bool
        Write weights and biases or their gradients, and for a trace of one sample x, a, y and the
        loss, or dz, in the neurons; those of links only where they do not overlap.
    names : sequence, optional
        Names of the features, beside the inputs.
    outputs : sequence, optional
        Names of the outputs, beside them in the face "forward".
    title : str, optional
        The title.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    DiagramDisplay
        The drawn picture.

    Raises
    ------
    InputError
        For an unknown face, numbers without parameters or a trace, parameters of another network,
        and names that do not fit.
    """
    if face not in FACES:
        raise InputError(f"Unknown face {face!r:.80}: choose one of {', '.join(FACES)}.")
    if trace is not None:
        parameters = trace.parameters
    if numbers and (trace if face == "gradients" else parameters) is None:
        needed = "a trace" if face == "gradients" else "parameters or a trace"
        raise InputError(f"There are no numbers to write in this diagram without {needed}.")
    if parameters is not None and parameters.network != network:
        raise InputError(f"The parameters are those of {parameters.network}, not of {network}.")
    values = parameters
    if face == "gradients":
        values = None if trace is None else _average_gradient(trace)
    left = [] if names is None else shown_names(names, network.sizes[0], "features")
    right = [] if outputs is None else shown_names(outputs, network.sizes[-1], "outputs")
    width, height = _size(network, face)
    room = (_letters(left), _letters(right) if face == "forward" else 0.0)
    ax = axes_or_new(ax, width + sum(room) * LETTER_INCHES / LETTER, height)
    drawing = _Drawing(ax, network, face, values, trace, numbers)
    drawing.draw(title or _TITLES[face])
    drawing.name(0, left, room[0])
    if face == "forward":
        drawing.name(network.n_layers, right, room[1])
    links = None if values is None else [W for W, _ in values.layers]
    return DiagramDisplay(ax, drawing.positions, links)


def _letters(names: list[str]) -> float:
    """How far the longest of the names reaches, in the units of the drawing."""
    return LETTER * max(map(len, names), default=0)


@types_checked
def three_faces(
    network: Network,
    parameters: Parameters | None = None,
    trace: Trace | None = None,
    *,
    numbers: bool = False,
) -> tuple[DiagramDisplay, ...]:
    """Draw the three faces of a network one below the other, neurons in line, in a new figure.

    Parameters
    ----------
    network : Network
        The network.
    parameters : Parameters, optional
        As for `network_diagram`.
    trace : Trace, optional
        As for `network_diagram`.
    numbers : bool
        As for `network_diagram`.

    Returns
    -------
    tuple of DiagramDisplay
        The drawn pictures, from the top.
    """
    width, height = _size(network, "gradients")
    figure = new_figure(width, 3 * height)
    displays = tuple(
        network_diagram(network, parameters, trace, face=face, numbers=numbers, ax=ax)
        for face, ax in zip(FACES, figure.subplots(3, 1), strict=True)
    )
    displays[0].ax_.set_xlim(displays[-1].ax_.get_xlim())
    return displays


def _size(network: Network, face: Face) -> tuple[float, float]:
    """Inches for a diagram on its own."""
    n_columns = len(network.sizes) + (face != "forward")
    tallest = max(size if size <= MOST_NEURONS else 2 * ENDS + 1 for size in network.sizes)
    return 1.6 * n_columns + 0.6, max(3.3, 0.75 * tallest + 1.6)


def _scale(ax: Axes, network: Network, face: Face) -> float:
    """How much smaller than on its own a diagram must be drawn in these axes, 1 at most."""
    needed = np.array(_size(network, face))
    # Axes as laid out at first take about three quarters of their place.
    return float(min(1, (1.3 * np.array(inches(ax)) / needed).min()))


_TITLES = {
    "forward": "Forward",
    "loss": "Forward, with the loss",
    "gradients": "The gradients flow back",
}


def _average_gradient(trace: Trace) -> Parameters:
    return Parameters(trace.network, trace.gradient.vector / trace.weight_sum)


class _Drawing:
    """One diagram being drawn: what is shared by its parts."""

    def __init__(
        self,
        ax: Axes,
        network: Network,
        face: Face,
        values: Parameters | None,
        trace: Trace | None,
        numbers: bool,
    ) -> None:
        self.ax = ax
        self.network = network
        self.face = face
        self.values = values
        self.trace = trace
        self.numbers = numbers
        self.single = trace is not None and trace.x.shape[1] == 1
        self.positions = [_column(layer, size) for layer, size in enumerate(network.sizes)]
        # Large heads of many arrows would hide the neuron they point at.
        self.head = 7 if max(len(column) for column in self.positions) <= 5 else 4
        self.left_out = False
        self.scale = _scale(ax, network, face)
        self.ink = mpl.rcParams["text.color"]
        self.paper = ax.get_facecolor()

    def draw(self, title: str) -> None:
        for layer in range(1, len(self.network.sizes)):
            self._links(layer)
            self._biases(layer)
        for layer in range(len(self.network.sizes)):
            self._neurons(layer)
        if self.face != "forward":
            self._loss()
        self._headings()
        self._caption()
        self.ax.set_title(title, fontsize=12 * self.scale)
        self._frame()

    def _links(self, layer: int) -> None:
        W = None if self.values is None else self.values.layers[layer - 1][0]
        largest = None if W is None else np.abs(W).max()
        # Numbers stand where the links of one neuron fan out; too many of them would overlap.
        fan, neurons = len(self.positions[layer]), len(self.positions[layer - 1])
        if self.face == "gradients":
            fan, neurons = neurons, fan
        readable = self.numbers and (fan <= MOST_NUMBERS or neurons == 1)
        self.left_out = self.left_out or (self.numbers and not readable)
        for i, end in self.positions[layer].items():
            for j, begin in self.positions[layer - 1].items():
                weight = None if W is None else float(W[i, j])
                self._arrow(begin, end, weight, largest)
                if readable and weight is not None:
                    self._link_number(weight, begin, end)

    def _link_number(self, value: float, begin: Point, end: Point) -> None:
        near = (RADIUS + 0.2) / COLUMN
        if self.face == "gradients":
            self._number(value, _between(begin, end, 1 - near), ha="right")
        else:
            self._number(value, _between(begin, end, near), ha="left")

    def _arrow(self, begin: Point, end: Point, weight: float | None, largest: float | None) -> None:
        if self.face == "gradients":
            begin, end = end, begin
        length = np.hypot(end[0] - begin[0], end[1] - begin[1])
        gap = (RADIUS + 0.04) / length
        width = 1.0 if weight is None else 0.5 + 2.5 * abs(weight) / (largest or 1.0)
        self.ax.add_patch(
            FancyArrowPatch(
                _between(begin, end, gap),
                _between(begin, end, 1 - gap),
                arrowstyle="-|>",
                mutation_scale=self.head * self.scale,
                shrinkA=0,
                shrinkB=0,
                linewidth=width * self.scale,
                color=_colour(weight),
                alpha=0.85,
                linestyle="--" if self.face == "gradients" else "-",
                zorder=1,
            )
        )

    def _biases(self, layer: int) -> None:
        b = None if self.values is None else self.values.layers[layer - 1][1][:, 0]
        for i, (x, y) in self.positions[layer].items():
            mark = (x, y - RADIUS - 0.14)
            colour = _colour(None if b is None else float(b[i]))
            self.ax.add_collection(
                LineCollection([[mark, (x, y - RADIUS)]], colors=[colour], zorder=1)
            )
            self.ax.plot(*mark, marker="s", markersize=4 * self.scale, color=colour, zorder=2)
            if self.numbers and b is not None:
                self._number(float(b[i]), (mark[0] + 0.1, mark[1] - 0.02), ha="left")

    def _neurons(self, layer: int) -> None:
        for i, (x, y) in self.positions[layer].items():
            self.ax.add_patch(
                Circle((x, y), RADIUS, facecolor=self.paper, edgecolor=self.ink, zorder=2)
            )
            self._inside((x, y), self._neuron_text(layer, i))
        size, shown = self.network.sizes[layer], len(self.positions[layer])
        if shown < size:
            x = layer * COLUMN
            self._text((x, 0), f"⋮\n{size - shown} more", 8)

    def _neuron_text(self, layer: int, i: int) -> str:
        if self.numbers and self.single:
            assert self.trace is not None
            if self.face == "gradients" and layer:
                return _short(self.trace.dz[layer - 1][i, 0])
            a = self.trace.a[layer - 1] if layer else self.trace.x
            return _short(a[i, 0])
        if layer == 0:
            return f"$x_{{{i + 1}}}$"
        letter = "dz" if self.face == "gradients" else "a"
        index = f"{layer}" if self.network.sizes[layer] == 1 else f"{layer},{i + 1}"
        return f"${letter}_{{{index}}}$"

    def _loss(self) -> None:
        column = len(self.network.sizes) * COLUMN
        label, loss = (column, -ROW), (column, 0.0)
        for (x, y), name in ((loss, "L"), (label, "y")):
            self.ax.add_patch(
                FancyBboxPatch(
                    (x - RADIUS, y - RADIUS),
                    2 * RADIUS,
                    2 * RADIUS,
                    boxstyle="round,pad=0,rounding_size=0.1",
                    facecolor=self.paper,
                    edgecolor=self.ink,
                    zorder=2,
                )
            )
            self._inside((x, y), self._loss_text(name))
        for position in self.positions[-1].values():
            self._arrow(position, loss, None, None)
        if self.face == "loss":
            self._arrow(label, loss, None, None)

    def _loss_text(self, name: str) -> str:
        if not (self.numbers and self.single):
            return f"${name}$"
        assert self.trace is not None
        if name == "L":
            return _short(self.trace.loss)
        label = self.trace.y[:, 0]
        if self.network.loss == "categorical_cross_entropy":
            return f"class {label.argmax()}"
        return "\n".join(_short(value) for value in label[:3]) + "\n..." * (len(label) > 3)

    def _headings(self) -> None:
        top = max(y for column in self.positions for _, y in column.values()) + 0.75
        lines_of = backward_lines if self.face == "gradients" else forward_lines
        for layer in range(len(self.network.sizes)):
            self._heading(layer * COLUMN, top, lines_of(self.network, layer))
        if self.face != "forward":
            x = len(self.network.sizes) * COLUMN
            self._heading(x, RADIUS + 0.15, loss_lines(self.network))

    def _heading(self, x: float, y: float, lines: list[str]) -> None:
        self._text((x, y), "\n".join(lines), 7.5, va="bottom", linespacing=1.45)

    def _caption(self) -> None:
        if self.scale < SMALLEST_CAPTION:
            return
        what = "average gradient" if self.face == "gradients" else "weight"
        text = "squares: biases"
        if self.values is not None:
            text = f"blue: {what} above zero, vermilion: below; width: its size; {text}"
        if self.left_out:
            text += "; numbers of crowded links left out"
        middle = self.ax.transAxes
        self._text((0.5, 0.0), text, 7, va="bottom", color="grey", transform=middle)

    def _frame(self) -> None:
        points = [point for column in self.positions for point in column.values()]
        heights = [y for _, y in points]
        right = (len(self.positions) - (self.face == "forward")) * COLUMN
        bottom = min(*heights, -ROW if self.face != "forward" else 0) - 1.0
        self.ax.set(xlim=(-0.9, right + 1.0), ylim=(bottom, max(heights) + 1.5))
        self.ax.set_aspect("equal")
        self.ax.axis("off")

    def name(self, layer: int, names: list[str], room: float) -> None:
        """Write names beside the neurons of the first or last layer, in room made for them."""
        if not names:
            return
        side = -1 if layer == 0 else 1
        for i, (x, y) in self.positions[layer].items():
            at = (x + side * (RADIUS + 0.12), y)
            self._text(at, names[i], 8, ha="right" if layer == 0 else "left")
        left, right = self.ax.get_xlim()
        self.ax.set_xlim(left - room * (side < 0), right + room * (side > 0))

    def _inside(self, at: Point, text: str) -> None:
        self._text(at, text, 9 if text.startswith("$") else 7, zorder=4)

    def _number(self, value: float, at: Point, ha: str) -> None:
        ground = {"facecolor": self.paper, "edgecolor": "none", "pad": 0.5, "alpha": 0.85}
        self._text(at, _short(value), 6.5, ha=ha, zorder=3, bbox=ground)

    def _text(self, at: Point, text: str, size: float, **style: Any) -> None:
        placed = {"ha": "center", "va": "center"} | style
        drawn = self.ax.text(*at, text, fontsize=size * self.scale, **placed)
        drawn.set_in_layout(False)  # it stands within the axes; to measure it would take long


def _column(layer: int, size: int) -> dict[int, Point]:
    """Where the neurons of a layer stand; the middle of a large layer is left out."""
    shown = list(range(size))
    gap = 0
    if size > MOST_NEURONS:
        shown = [*range(ENDS), *range(size - ENDS, size)]
        gap = 1
    rows = len(shown) + gap
    places = [k if k < len(shown) // 2 or not gap else k + 1 for k in range(len(shown))]
    return {
        i: (layer * COLUMN, ROW * ((rows - 1) / 2 - place))
        for i, place in zip(shown, places, strict=True)
    }


def _colour(value: float | None) -> str:
    if value is None or value == 0:
        return PLAIN
    return POSITIVE if value > 0 else NEGATIVE


def _between(begin: Point, end: Point, along: float) -> Point:
    return begin[0] + along * (end[0] - begin[0]), begin[1] + along * (end[1] - begin[1])


def _short(value: float) -> str:
    """Two to three digits that fit into a neuron, such as 12.3, -0.012 or 1.2e-7."""
    if value == 0 or abs(value) >= 0.1:
        return f"{value:.3g}"
    return f"{value:.2g}".replace("e-0", "e-")
