"""Exercises to do by hand: a small network with friendly numbers, and every number of one update.

A sheet is drawn from its id alone and stays the same for ever: the draws are digits of SHA-256,
which no library and no version of Python can change, and an id ends with the version of the
drawing rules. The answers come from `trace` and from the optimizer's own update.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, product
from math import inf

import numpy as np

from glassnet.core.backprop import Trace, trace
from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.errors import InputError, Name, whole_number
from glassnet.optim.optimizers import GradientDescent

VERSION = "v2"  # of the drawing rules: a rule that changes gets a new one, old sheets stay
MOST_BLANKS = 300  # more than anybody calculates by hand
LARGEST_SEED = 10**15 - 1  # longer ones nobody can copy from a sheet
DRAFTS = 300  # of which the friendliest is handed out

TENTHS = [k / 10 for k in range(-9, 10) if k]  # weights
SMALL_TENTHS = [k / 10 for k in range(-5, 6) if k]  # biases
HALVES = [k / 2 for k in range(-4, 5) if k]  # inputs, and targets of a regression
RATES = [0.2, 0.5, 1.0]

# Beyond these |z| a function is so flat that its gradients round to nothing.
SATURATED = {"sigmoid": 2.5, "tanh": 1.5}
ABOVE_ZERO = ("sigmoid", "softplus")
KINKED = ("relu", "leaky_relu", "elu")


@dataclass(frozen=True)
class Exercise:
    """The specification of a sheet: network, seed, number of samples, and decimals to round to.

    `id` says all of it, such as 2-2-1/sigmoid/s7/v2 or 2-3-2/tanh/m2/d4/s7/v2 with two samples and
    four decimals; the network's loss is that of its output, or "regression" is part of the id.

    Raises InputError for a network with more blanks than can be filled by hand and for numbers
    out of range.
    """

    network: Network
    seed: int = 0
    samples: int = 1
    digits: int = 3

    def __post_init__(self) -> None:
        if whole_number("seed", self.seed, 0) > LARGEST_SEED:
            raise InputError(Name("seed"), f" must be a whole number of at most {LARGEST_SEED}.")
        whole_number("samples", self.samples, 1)
        if whole_number("digits", self.digits, 2) > 8:
            raise InputError(
                Name("digits"), f" must be a whole number from 2 to 8, not {self.digits}."
            )
        blanks = self._n_blanks()
        if blanks > MOST_BLANKS:
            sizes = "-".join(map(str, self.network.sizes))
            samples = "1 sample" if self.samples == 1 else f"{self.samples} samples"
            raise InputError(
                f"A {sizes} network with {samples} has {blanks:,} numbers to fill in, "
                f"too many to do by hand: choose at most {MOST_BLANKS}."
            )

    def _n_blanks(self) -> int:
        """Count the entries of `quantities` without making them: a network may be huge."""
        neurons = sum(self.network.sizes[1:])
        hidden = neurons - self.network.sizes[-1]
        per_sample = 3 * neurons + hidden  # z, a, dz; da
        losses = 1 if self.samples == 1 else self.samples + 1
        return per_sample * self.samples + losses + 2 * self.network.n_parameters

    @property
    def id(self) -> str:
        """All of the exercise in one word."""
        parts = ["-".join(map(str, self.network.sizes))]
        names = self.network.activation
        parts.append("+".join(names[:1] if len(set(names)) == 1 else names) or "none")
        if self.network.is_regression:
            parts.append("regression")
        if self.samples != 1:
            parts.append(f"m{self.samples}")
        if self.digits != 3:
            parts.append(f"d{self.digits}")
        return "/".join([*parts, f"s{self.seed}", VERSION])

    @classmethod
    def from_id(cls, text: str) -> Exercise:
        """The exercise that an id says. Raises InputError if it is none of this version."""
        found = _ID.fullmatch(text)
        if not found:
            raise InputError(
                f"{text!r:.80} is not the id of a sheet, such as 2-2-1/sigmoid/s7/{VERSION}."
            )
        names = [] if found["names"] == "none" else found["names"].split("+")
        network = Network(
            [int(size) for size in found["sizes"].split("-")],
            names[0] if len(names) == 1 else names,
            "mean_squared_error" if found["regression"] else None,
        )
        exercise = cls(
            network, int(found["seed"]), int(found["samples"] or 1), int(found["digits"] or 3)
        )
        if exercise.id != text:
            raise InputError(
                f"{text!r:.80} is not the id of a sheet; did you mean {exercise.id}? "
                "Copy it as it is printed."
            )
        return exercise

    @property
    def unit(self) -> float:
        """One unit of the last decimal that is written."""
        return float(10.0**-self.digits)


_ID = re.compile(
    r"(?P<sizes>\d{1,5}(-\d{1,5})+)/(?P<names>[a-z_+]+)(?P<regression>/regression)?"
    rf"(/m(?P<samples>\d{{1,5}}))?(/d(?P<digits>\d))?/s(?P<seed>\d{{1,30}})/{VERSION}",
    re.ASCII,
)


@dataclass(frozen=True)
class Quantity:
    """One array of the calculation, such as dW2 or "W1 new", and the names of its numbers.

    `kind` is z, a, losses, loss, dz, dW, db, da, "W new" or "b new"; `layer` counts from 1 as in
    the equations and is 0 for the loss. In names entries are counted from 1, as in mathematics;
    with one sample, its number is left out.
    """

    kind: str
    layer: int
    shape: tuple[int, ...]

    @property
    def name(self) -> str:
        """z1, dW2, loss, W1 new."""
        letter, *new = self.kind.split()
        return " ".join([letter + (str(self.layer) if self.layer else ""), *new])

    @property
    def indices(self) -> list[tuple[int, ...]]:
        """The index of each entry into the array, row by row."""
        return list(product(*map(range, self.shape)))

    @property
    def entries(self) -> list[str]:
        """z1[1], dW2[1,2], loss, W1[1,2] new; the one column of a vector is not counted."""
        if self.kind == "loss":
            return ["loss"]
        letter, *new = self.kind.split()
        symbol = "loss" if letter == "losses" else f"{letter}{self.layer}"
        column = len(self.shape) == 2 and self.shape[1] == 1 and letter not in {"W", "dW"}
        numbers = [index[:1] if column else index for index in self.indices]
        return [" ".join([f"{symbol}[{place(*index)}]", *new]) for index in numbers]


def place(*index: int) -> str:
    """Return an index of Python as it is written in mathematics, from 1: "1,3" for 0, 2."""
    return ",".join(str(k + 1) for k in index)


@lru_cache(maxsize=64)
def quantities(network: Network, samples: int) -> tuple[Quantity, ...]:
    """Every array of one update in the order of its calculation."""
    sizes = network.sizes
    last = network.n_layers
    forward = [
        Quantity(kind, l, (sizes[l], samples)) for l in range(1, last + 1) for kind in ("z", "a")
    ]
    losses = [Quantity("losses", 0, (samples,))] if samples > 1 else []
    backward = []
    for l in range(last, 0, -1):
        if l < last:
            backward.append(Quantity("da", l, (sizes[l], samples)))
        backward.append(Quantity("dz", l, (sizes[l], samples)))
        backward.append(Quantity("dW", l, (sizes[l], sizes[l - 1])))
        backward.append(Quantity("db", l, (sizes[l], 1)))
    update = []
    for l in range(1, last + 1):
        update.append(Quantity("W new", l, (sizes[l], sizes[l - 1])))
        update.append(Quantity("b new", l, (sizes[l], 1)))
    return (*forward, *losses, Quantity("loss", 0, (1,)), *backward, *update)


@dataclass(frozen=True, eq=False)
class Worksheet:
    """An exercise with its numbers: samples X (m, n_in) and y, the start and the learning rate.

    `values` holds the answers by the names of `quantities`, arrays shaped as in the Trace.
    """

    exercise: Exercise
    X: Array
    y: Array
    parameters: Parameters
    optimizer: GradientDescent

    @property
    def network(self) -> Network:
        """The network of the exercise."""
        return self.exercise.network

    @cached_property
    def trace(self) -> Trace:
        """The pass over the samples that the exercise asks for."""
        return trace(self.network, self.parameters, self.X, self.y)

    def updated(self, gradient: Parameters, optimizer: GradientDescent | None = None) -> Parameters:
        """The parameters after one update with this gradient, summed over the samples."""
        rule = optimizer or self.optimizer
        vector = self.parameters.vector
        average = gradient.vector / self.exercise.samples
        return Parameters(self.network, rule.update(vector, average, rule.init(vector))[0])

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """The arrays to fill in, in order."""
        return quantities(self.network, self.exercise.samples)

    @cached_property
    def values(self) -> dict[str, Array]:
        """The answers: each quantity's array by its name."""
        t, after = self.trace, self.updated(self.trace.gradient)
        by_layer: dict[str, Sequence[Array]] = {
            "z": t.z, "a": t.a, "dz": t.dz, "da": t.da, "dW": t.dW, "db": t.db,
            "W new": [W for W, _ in after.layers], "b new": [b for _, b in after.layers],
        }  # fmt: skip
        values: dict[str, Array] = {"losses": t.losses, "loss": np.array([t.loss])}
        return {
            q.name: by_layer[q.kind][q.layer - 1] if q.layer else values[q.name]
            for q in self.quantities
        }

    @property
    def answers(self) -> dict[str, float]:
        """The answers number by number: {"z1[1]": 0.35, ...}."""
        return {
            entry: float(value)
            for q in self.quantities
            for entry, value in zip(q.entries, self.values[q.name].ravel(), strict=True)
        }


@lru_cache(maxsize=256)
def worksheet(exercise: Exercise) -> Worksheet:
    """The sheet of an exercise: of some hundred drafts the first with the friendliest numbers.

    Friendly: nothing saturated, dead or near a kink, nothing too large, gradients that do not round
    to nothing, weights and samples that differ from one another.
    """
    best, fewest = _draft(exercise, 0), inf
    for number in range(DRAFTS):
        sheet = _draft(exercise, number)
        faults = _faults(sheet, fewest)
        if faults < fewest:
            best, fewest = sheet, faults
        if faults == 0:
            break
    return best


class _Dice:
    """Draws that are the same for ever: number k of a text is SHA-256 of "text/k"."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.drawn = 0

    def choose(self, values: Sequence[float]) -> float:
        digest = hashlib.sha256(f"{self.text}/{self.drawn}".encode()).digest()
        self.drawn += 1
        return values[int.from_bytes(digest[:8]) % len(values)]

    def array(self, values: Sequence[float], shape: tuple[int, ...]) -> Array:
        n = int(np.prod(shape))
        return np.array([self.choose(values) for _ in range(n)], dtype=np.float64).reshape(shape)


def _draft(exercise: Exercise, number: int) -> Worksheet:
    dice = _Dice(f"glassnet worksheet {exercise.id} draft {number}")
    network = exercise.network
    layers = [
        (dice.array(TENTHS, W_shape), dice.array(SMALL_TENTHS, b_shape))
        for W_shape, b_shape in network.shapes
    ]
    X = dice.array(HALVES, (exercise.samples, network.sizes[0]))
    match network.loss:
        case "binary_cross_entropy":
            y = dice.array([0, 1], (exercise.samples,))
        case "categorical_cross_entropy":
            y = dice.array(range(network.sizes[-1]), (exercise.samples,))
        case _:
            y = dice.array(HALVES, (exercise.samples, network.sizes[-1]))
    optimizer = GradientDescent(dice.choose(RATES))
    return Worksheet(exercise, X, y, Parameters.from_layers(network, layers), optimizer)


def _faults(sheet: Worksheet, most: float) -> int:
    """How many numbers of a draft are not friendly; no more are counted than would be too many."""
    faults = 0
    for count in chain(_repetitions(sheet), _flat_or_dead(sheet), _unreadable(sheet)):
        faults += count
        if faults >= most:
            break
    return faults


def _rounded(values: Array) -> Array:
    """Nine decimals, so that the last bits of another processor choose no other draft."""
    return np.round(values, 9)


def _repetitions(sheet: Worksheet) -> Iterator[int]:
    """Weights, samples or labels that are the same where they could differ."""
    for W, _ in sheet.parameters.layers:
        yield sum(len(set(row)) == 1 < len(row) for row in W.tolist())
        yield len(W) - len(set(map(tuple, W.tolist())))
    yield sum(len(set(row)) == 1 < len(row) for row in sheet.X.tolist())
    yield len(sheet.X) - len(set(map(tuple, sheet.X.tolist())))
    labels = not sheet.network.is_regression
    yield int(labels and 1 < len(sheet.y) and len(set(sheet.y.tolist())) == 1)


def _flat_or_dead(sheet: Worksheet) -> Iterator[int]:
    """Neurons whose derivative is nearly nothing, and outputs that are nearly certain."""
    for name, exact in zip(sheet.network.activation, sheet.trace.z, strict=False):
        z = _rounded(exact)
        yield int((abs(z) > SATURATED.get(name, np.inf)).sum())
        if name not in ABOVE_ZERO:
            yield int((abs(z) < 0.1).sum())  # near a kink, or an a of nearly 0
        if name in KINKED:
            alive = (z > 0).sum(axis=0)
            yield 5 * int((2 * alive < len(z)).sum())
    if not sheet.network.is_regression:
        a = _rounded(sheet.trace.a[-1])
        least = 0.2 / max(2, len(a))
        yield int(((a < least) | (a > 1 - least)).sum())


def _unreadable(sheet: Worksheet) -> Iterator[int]:
    """Numbers with two digits before the point, and gradients that are lost in the rounding."""
    for q in sheet.quantities:
        values = abs(_rounded(sheet.values[q.name]))
        yield int((values >= 10).sum())
        if q.kind in {"dz", "da", "dW", "db"}:
            yield int(((values > 0) & (values < 10 * sheet.exercise.unit)).sum())
    change = abs(_rounded(sheet.updated(sheet.trace.gradient).vector - sheet.parameters.vector))
    largest, second = np.sort(change)[:-3:-1]
    yield int(
        largest - second < 5 * sheet.exercise.unit
    )  # or "which changes most?" has no clear answer
