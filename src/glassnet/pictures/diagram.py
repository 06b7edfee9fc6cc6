"""The network as a graph, with three faces: forward, with the loss, with the gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from glassnet.backprop import Trace
from glassnet.errors import InputError
from glassnet.network import Network
from glassnet.parameters import Array, Parameters
from glassnet.pictures.colours import NEGATIVE, POSITIVE
from glassnet.pictures.display import Display, axes_or_new, new_figure

Face = Literal["forward", "loss", "gradients"]
FACES: tuple[Face, ...] = get_args(Face)
Point = tuple[float, float]

COLUMN = 2.7  # distance between layers; a neuron's radius is RADIUS, neighbours are 1 apart
RADIUS = 0.36
ROW = 1.15
PLAIN = "#8a8a8a"  # links without numbers
MOST_NEURONS = 8  # shown of one layer, the rest is abridged

_LOSS_EQUATION = {
    "binary_cross_entropy": "$L=-y\\,\\log a_{n}$\n$-(1-y)\\,\\log(1-a_{n})$",
    "categorical_cross_entropy": r"$L=-\sum_k y_k\,\log a_{{n},k}$",
    "mean_squared_error": r"$L=\mathrm{mean}_k\,(a_{{n},k}-y_k)^2$",
}
_OUTPUT_GRADIENT = {
    "binary_cross_entropy": r"$dz_{n}=a_{n}-y$",
    "categorical_cross_entropy": r"$dz_{n}=a_{n}-y$",
    "mean_squared_error": r"$dz_{n}=\frac{2}{n_{n}}(a_{n}-y)$",
}


@dataclass(eq=False)
class DiagramDisplay(Display):
    """A drawn network: `positions` of the neurons shown, by layer, the inputs first, and the
    matrices by layer that colour and widen the links: `links` (n_l, n_{l-1}), None if plain.
    """

    positions: list[dict[int, Point]]
    links: list[Array] | None


def network_diagram(
    network: Network,
    parameters: Parameters | None = None,
    trace: Trace | None = None,
    *,
    face: Face = "forward",
    numbers: bool = False,
    title: str | None = None,
    ax: Axes | None = None,
) -> DiagramDisplay:
    """Draw a network of any size from its inputs on the left to its outputs on the right.

    face       "forward" shows how z and a are computed, "loss" adds the loss and the label,
               "gradients" turns the arrows round and shows how each dW comes about
    parameters colour (blue above zero, vermilion below) and widen the links by weight, and the
               marks below the neurons by bias
    trace      its parameters and, in the face "gradients", its dW and db averaged over samples
    numbers    write them: weights and biases or their gradients, and for a trace of one sample
               x, a, y and the loss, or dz, in the neurons

    Layers of more than eight neurons are abridged. Raises InputError for an unknown face, for
    numbers without parameters or a trace, and for parameters of another network.
    """
    if face not in FACES:
        raise InputError(f"Unknown face {face!r}: choose one of {', '.join(FACES)}.")
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
    ax = axes_or_new(ax, *_size(network, face))
    drawing = _Drawing(ax, network, face, values, trace, numbers)
    drawing.draw(title or _TITLES[face])
    links = None if values is None else [W for W, _ in values.layers]
    return DiagramDisplay(ax, drawing.positions, links)


def three_faces(
    network: Network,
    parameters: Parameters | None = None,
    trace: Trace | None = None,
    *,
    numbers: bool = False,
) -> tuple[DiagramDisplay, ...]:
    """Draw the three faces of a network one below the other, neurons in line, in a new figure.

    The arguments are those of `network_diagram`.
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
    tallest = min(max(network.sizes), MOST_NEURONS + 1)
    return 1.6 * n_columns + 0.6, max(3.3, 0.75 * tallest + 1.6)


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
        # Heads of many arrows would hide the neuron they point at.
        self.arrow = "-|>" if max(len(column) for column in self.positions) <= 5 else "-"
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
        self.ax.set_title(title)
        self._frame()

    def _links(self, layer: int) -> None:
        W = None if self.values is None else self.values.layers[layer - 1][0]
        largest = None if W is None else np.abs(W).max()
        for i, end in self.positions[layer].items():
            for j, begin in self.positions[layer - 1].items():
                weight = None if W is None else float(W[i, j])
                self._arrow(begin, end, weight, largest)
                if self.numbers and weight is not None:
                    # Near where the links fan out, so that their numbers do not collide.
                    along = 0.78 if self.face == "gradients" else 0.22
                    self._number(weight, _between(begin, end, along))

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
                arrowstyle=self.arrow,
                mutation_scale=7,
                shrinkA=0,
                shrinkB=0,
                linewidth=width,
                color=_colour(weight),
                alpha=0.85,
                linestyle="--" if self.face == "gradients" else "-",
                zorder=1,
            )
        )

    def _biases(self, layer: int) -> None:
        b = None if self.values is None else self.values.layers[layer - 1][1][:, 0]
        for i, (x, y) in self.positions[layer].items():
            mark = (x - 0.30, y - 0.48)
            colour = _colour(None if b is None else float(b[i]))
            self.ax.add_collection(
                LineCollection([[mark, (x - 0.15, y - 0.29)]], colors=[colour], zorder=1)
            )
            self.ax.plot(*mark, marker="s", markersize=4, color=colour, zorder=2)
            if self.numbers and b is not None:
                self._number(float(b[i]), (mark[0] + 0.12, mark[1] - 0.02), ha="left")

    def _neurons(self, layer: int) -> None:
        for i, (x, y) in self.positions[layer].items():
            self.ax.add_patch(
                Circle((x, y), RADIUS, facecolor=self.paper, edgecolor=self.ink, zorder=2)
            )
            self._inside((x, y), self._neuron_text(layer, i))
        size, shown = self.network.sizes[layer], len(self.positions[layer])
        if shown < size:
            x = layer * COLUMN
            self.ax.text(x, 0, f"⋮\n{size - shown} more", ha="center", va="center", fontsize=8)

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
        return _short(label[0]) if len(label) == 1 else f"class {label.argmax()}"

    def _headings(self) -> None:
        top = max(y for column in self.positions for _, y in column.values()) + 0.75
        last = self.network.n_layers
        for layer in range(len(self.network.sizes)):
            lines = (
                self._backward_lines(layer)
                if self.face == "gradients"
                else _forward_lines(layer, self.network)
            )
            self._heading(layer * COLUMN, top, lines)
        if self.face != "forward":
            equation = _LOSS_EQUATION[self.network.loss].replace("{n}", str(last))
            self._heading(len(self.network.sizes) * COLUMN, RADIUS + 0.15, [equation])

    def _backward_lines(self, layer: int) -> list[str]:
        if layer == 0:
            return ["inputs"]
        last = self.network.n_layers
        transposed = r"^{\top}"
        before = f"a_{layer - 1}" if layer > 1 else "x"
        dW = rf"$dW_{layer}=dz_{layer}\,{before}{transposed}$"
        if layer == last:
            return [_OUTPUT_GRADIENT[self.network.loss].replace("{n}", str(layer)), dW]
        return [
            rf"$da_{layer}=W_{layer + 1}{transposed}dz_{layer + 1}$",
            rf"$dz_{layer}=da_{layer}*g'(z_{layer})$",
            dW,
        ]

    def _heading(self, x: float, y: float, lines: list[str]) -> None:
        self.ax.text(
            x, y, "\n".join(lines), ha="center", va="bottom", fontsize=7.5, linespacing=1.45
        )

    def _caption(self) -> None:
        what = "average gradient" if self.face == "gradients" else "weight"
        if self.values is None:
            text = "squares: biases"
        else:
            text = f"blue: {what} above zero, vermilion: below; width: its size; squares: biases"
        self.ax.text(
            0.5,
            0.0,
            text,
            ha="center",
            va="bottom",
            fontsize=7,
            color="grey",
            transform=self.ax.transAxes,
        )

    def _frame(self) -> None:
        points = [point for column in self.positions for point in column.values()]
        heights = [y for _, y in points]
        right = (len(self.positions) - (self.face == "forward")) * COLUMN
        bottom = min(*heights, -ROW if self.face != "forward" else 0) - 1.0
        self.ax.set(xlim=(-0.9, right + 1.0), ylim=(bottom, max(heights) + 1.5))
        self.ax.set_aspect("equal")
        self.ax.axis("off")

    def _inside(self, at: Point, text: str) -> None:
        size = 9 if text.startswith("$") else 7
        self.ax.text(*at, text, ha="center", va="center", fontsize=size, zorder=4)

    def _number(self, value: float, at: Point, ha: str = "center") -> None:
        self.ax.text(
            *at,
            _short(value),
            ha=ha,
            va="center",
            fontsize=6.5,
            zorder=3,
            bbox={"facecolor": self.paper, "edgecolor": "none", "pad": 0.6, "alpha": 0.85},
        )


def _column(layer: int, size: int) -> dict[int, Point]:
    """Where the neurons of a layer stand; the middle of a large layer is left out."""
    shown = list(range(size))
    gap = 0
    if size > MOST_NEURONS:
        half = MOST_NEURONS // 2
        shown = [*range(half), *range(size - half, size)]
        gap = 1
    rows = len(shown) + gap
    places = [k if k < len(shown) // 2 or not gap else k + 1 for k in range(len(shown))]
    return {
        i: (layer * COLUMN, ROW * ((rows - 1) / 2 - place))
        for i, place in zip(shown, places, strict=True)
    }


def _forward_lines(layer: int, network: Network) -> list[str]:
    if layer == 0:
        return ["inputs"]
    name = [*network.activation, network.output_activation][layer - 1].replace("_", " ")
    before = f"a_{layer - 1}" if layer > 1 else "x"
    return [
        rf"$z_{layer}=W_{layer}\,{before}+b_{layer}$",
        rf"$a_{layer}=$ {name}$(z_{layer})$",
    ]


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
