"""Marks for sheets filled in by hand: what is right, what went wrong first, what only follows on.

A number is right if it equals the sheet's answer, or follows by the rule from right numbers. If
it follows by the rule from the student's own earlier numbers, some of them wrong, the error was
carried forward and the step itself was done rightly. "Equals" and "follows" allow for rounding:
half a unit of the last decimal, plus the most that half a unit in each number the step is
calculated from can change it.

Each step is recalculated by the library's own functions: `forward` and `backward` over the one
layer that the step belongs to, the losses and the optimizer's update.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np

from glassnet.core.activations import HIDDEN, OUTPUT
from glassnet.core.backprop import backward, forward
from glassnet.core.losses import LOSSES, loss_of
from glassnet.core.network import Network
from glassnet.core.parameters import Array, Parameters
from glassnet.worksheets.worksheet import Quantity, Worksheet

Verdict = Literal["right", "carried forward", "wrong", "unanswered"]
Values = Mapping[str, Array]
SLACK = 1e-9  # for numbers that lie exactly half-way between two roundings


@dataclass(frozen=True)
class Mark:
    """The verdict on one number: what was expected, and what follows from the student's own."""

    step: str
    answer: float | None
    expected: float
    from_own: float
    tolerance: float
    verdict: Verdict


@dataclass(frozen=True)
class Graded:
    """One student's sheet with the mark of every step in the order of the calculation.

    `carried_counts` is what a step that was carried forward counts, from 0 to 1.
    """

    sheet: str
    student: str
    marks: tuple[Mark, ...]
    carried_counts: float = 1.0

    def count(self, verdict: Verdict) -> int:
        """How many steps have this verdict."""
        return sum(mark.verdict == verdict for mark in self.marks)

    @property
    def score(self) -> float:
        """One for each right step, and `carried_counts` for each carried forward."""
        return self.count("right") + self.carried_counts * self.count("carried forward")

    @property
    def first_wrong(self) -> Mark | None:
        """The first step that does not follow from what was written before it."""
        return next((mark for mark in self.marks if mark.verdict == "wrong"), None)


def grade(
    sheet: Worksheet,
    answers: Mapping[str, float | None],
    *,
    student: str = "",
    tolerance: float | None = None,
    carried_counts: float = 1.0,
) -> Graded:
    """Mark a student's answers by step name; what is missing or None counts as unanswered.

    `tolerance` takes the place of half a unit of the last decimal in the rule above.
    """
    half = 0.5 * sheet.exercise.unit if tolerance is None else tolerance
    marking = _Marking(sheet, half)
    marks = [mark for q in sheet.quantities for mark in marking.marks(q, answers)]
    return Graded(sheet.exercise.id, student, tuple(marks), carried_counts)


class _Marking:
    """One student's numbers so far, and which of them are sound."""

    def __init__(self, sheet: Worksheet, half: float) -> None:
        self.sheet = sheet
        self.half = half
        self.values: dict[str, Array] = {}
        self.sound: dict[str, np.ndarray] = {}

    def marks(self, q: Quantity, answers: Mapping[str, float | None]) -> list[Mark]:
        """The marks of one quantity; its numbers are what later steps are recalculated from."""
        own, effects = _with_effects(self.sheet, q, self.values, self.half)
        tolerance = self.half + effects.sum(axis=1) + SLACK
        sources = [self.sound[name].ravel() for name in _sources(self.sheet, q)]
        built_on_sound = ~((effects > 0) & ~_joined(sources)).any(axis=1)
        expected = self.sheet.values[q.name].ravel()
        near_expected = _expected_tolerance(self.sheet, q, self.half)
        marks = []
        values, sound = own.ravel().copy(), built_on_sound.copy()
        for k, step in enumerate(q.entries):
            answer = answers.get(step)
            verdict: Verdict = "unanswered"
            if answer is not None:
                follows = abs(answer - own.flat[k]) <= tolerance[k]
                right = abs(answer - expected[k]) <= near_expected[k]
                right = bool(right or (follows and built_on_sound[k]))
                verdict = "right" if right else "carried forward" if follows else "wrong"
                values[k], sound[k] = answer, right
            numbers = float(expected[k]), float(own.flat[k]), float(tolerance[k])
            marks.append(Mark(step, answer, *numbers, verdict))
        self.values[q.name] = values.reshape(q.shape)
        self.sound[q.name] = sound
        return marks


def _joined(sources: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(sources) if sources else np.zeros(0, bool)


@lru_cache(maxsize=4096)
def _expected_tolerance(sheet: Worksheet, q: Quantity, half: float) -> Array:
    _, effects = _with_effects(sheet, q, sheet.values, half)
    return half + effects.sum(axis=1) + SLACK


def _with_effects(
    sheet: Worksheet, q: Quantity, values: Values, half: float
) -> tuple[Array, Array]:
    """A quantity recalculated from `values`, and how far each of its sources can move it.

    effects[k, j] is the largest change of entry k when number j of the sources, in order, is moved
    up or down by `half`.
    """
    own = recalculated(sheet, q, values)
    effects = []
    for name in _sources(sheet, q):
        for index in np.ndindex(values[name].shape):
            moved = []
            for shift in (half, -half):
                shifted = values[name].copy()
                shifted[index] += shift
                there = recalculated(sheet, q, {**values, name: shifted})
                moved.append(np.nan_to_num(abs(there - own).ravel(), posinf=0))
            effects.append(np.maximum(*moved))
    return own, np.array(effects).reshape(-1, own.size).T


def _sources(sheet: Worksheet, q: Quantity) -> list[str]:
    """The names of the earlier quantities that this one is calculated from."""
    l = q.layer
    at_output = l == sheet.network.n_layers
    losses = ["losses"] if sheet.exercise.samples > 1 else [f"a{sheet.network.n_layers}"]
    before = [f"a{l - 1}"] if l > 1 else []
    return {
        "z": before,
        "a": [f"z{l}"],
        "losses": [f"a{sheet.network.n_layers}"],
        "loss": losses,
        "dz": [f"a{l}"] if at_output else [f"da{l}", f"z{l}", f"a{l}"],
        "dW": [f"dz{l}", *before],
        "db": [f"dz{l}"],
        "da": [f"dz{l + 1}"],
        "W new": [f"dW{l}"],
        "b new": [f"db{l}"],
    }[q.kind]


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def recalculated(sheet: Worksheet, q: Quantity, values: Values) -> Array:
    """A quantity by its rule from the quantities before it in `values`; nan where there is none.

    `values` holds at least the quantity's sources by name, shaped as in the Trace.
    """
    return _RULES[q.kind](_Step(sheet, q.layer, values))


@dataclass(frozen=True)
class _Step:
    """The input of a rule: the sheet, the layer, and the numbers so far."""

    sheet: Worksheet
    layer: int
    values: Values

    def __getitem__(self, letter: str) -> Array:
        """The quantity of that letter in this layer."""
        return self.values[f"{letter}{self.layer}"]

    @property
    def before(self) -> Array:
        """The input of this layer, (n_in, m)."""
        l = self.layer
        return self.values[f"a{l - 1}"] if l > 1 else self.sheet.trace.x

    @cached_property
    def alone(self) -> tuple[Network, Parameters]:
        """The layer as a network of its own, without an activation."""
        return _alone(self.sheet, self.layer)


@lru_cache(maxsize=1024)
def _alone(sheet: Worksheet, l: int) -> tuple[Network, Parameters]:
    n_in, n_out = sheet.network.sizes[l - 1 : l + 1]
    network = Network((n_in, n_out), loss="mean_squared_error")
    return network, Parameters.from_layers(network, [sheet.parameters.layers[l - 1]])


def _z(step: _Step) -> Array:
    (z,), _ = forward(*step.alone, step.before)
    return z


def _a(step: _Step) -> Array:
    network, l = step.sheet.network, step.layer
    if l == network.n_layers:
        return OUTPUT[network.output_activation](step["z"])
    return HIDDEN[network.activation[l - 1]].function(step["z"])


def _losses(step: _Step) -> Array:
    """The losses from a, as the students calculate them; the library's start from the logits.

    For either cross-entropy it is -log of the probability p that the right class was given, and p
    is the sigmoid of log p - log(1 - p).
    """
    network, y = step.sheet.network, step.sheet.trace.y
    a = step.values[f"a{network.n_layers}"]
    if network.is_regression:
        return loss_of(network).per_sample(a, y)
    p = np.where(y == 1, a, 1 - a)
    if network.loss == "categorical_cross_entropy":
        p = p[y.argmax(axis=0), np.arange(y.shape[1])][np.newaxis]
    return LOSSES["binary_cross_entropy"].per_sample(np.log(p) - np.log1p(-p), np.ones_like(p))


def _loss(step: _Step) -> Array:
    losses = step.values["losses"] if step.sheet.exercise.samples > 1 else _losses(step)
    return np.array([replace(step.sheet.trace, losses=losses).loss])


def _dz(step: _Step) -> Array:
    network, l = step.sheet.network, step.layer
    if l == network.n_layers:
        return loss_of(network).delta(step["a"], step.sheet.trace.y)
    # `backward` through a layer above whose W is 1: its dz is then this layer's da.
    z, a = step["z"], step["a"]
    passing = _passing(network.sizes[l], network.activation[l - 1])
    dz, _, _ = backward(*passing, np.zeros_like(z), [z, z], [a, a], step["da"])
    return dz[0]


@lru_cache(maxsize=64)
def _passing(n: int, activation: str) -> tuple[Network, Parameters]:
    """Two layers of n neurons that are passed on as they are."""
    network = Network((n, n, n), activation, "mean_squared_error")
    return network, Parameters.from_layers(network, [(np.eye(n), np.zeros(n))] * 2)


def _gradient(step: _Step) -> tuple[Array, Array]:
    """(dW, db) of this layer."""
    _, _, gradient = backward(*step.alone, step.before, [step["z"]], [step["a"]], step["dz"])
    return gradient.layers[0]


def _da(step: _Step) -> Array:
    """W' dz of the layer above: what `backward` hands to a layer below it."""
    dz = step.values[f"dz{step.layer + 1}"]
    nothing = np.zeros((step.sheet.network.sizes[step.layer], dz.shape[1]))
    below = _below(step.sheet, step.layer)
    _, da, _ = backward(*below, nothing, [nothing, dz], [nothing, dz], dz)
    return da[0]


@lru_cache(maxsize=1024)
def _below(sheet: Worksheet, l: int) -> tuple[Network, Parameters]:
    """The layer above layer l, with one below it for `backward` to go to."""
    n, n_above = sheet.network.sizes[l : l + 2]
    network = Network((n, n, n_above), "identity", "mean_squared_error")
    one = np.eye(n), np.zeros(n)
    return network, Parameters.from_layers(network, [one, sheet.parameters.layers[l]])


def _updated(step: _Step, letter: str) -> Array:
    """The new W or b of this layer, with the student's dW or db and the sheet's other gradients."""
    gradient = step.sheet.trace.gradient.copy()
    which = "Wb".index(letter)
    gradient.layers[step.layer - 1][which][...] = step[f"d{letter}"]
    return step.sheet.updated(gradient).layers[step.layer - 1][which]


_RULES: dict[str, Callable[[_Step], Array]] = {
    "z": _z,
    "a": _a,
    "losses": _losses,
    "loss": _loss,
    "dz": _dz,
    "dW": lambda step: _gradient(step)[0],
    "db": lambda step: _gradient(step)[1],
    "da": _da,
    "W new": lambda step: _updated(step, "W"),
    "b new": lambda step: _updated(step, "b"),
}
