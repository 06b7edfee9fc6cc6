"""Questions to answer before calculating; each answer is read off the sheet's own numbers.

What would happen otherwise - another learning rate, an input of zero - is found by letting the
optimizer and `trace` do it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from glassnet.core.backprop import trace
from glassnet.core.parameters import Array, Parameters
from glassnet.optim.optimizers import GradientDescent
from glassnet.worksheets.equations import given, written
from glassnet.worksheets.worksheet import Worksheet, place


class Question(NamedTuple):
    """A question as printed on the sheet, and its answer as printed in the key."""

    text: str
    answer: str


def questions(sheet: Worksheet) -> list[Question]:
    """The predict-first questions of a sheet with their answers."""
    hidden = [_hidden_neurons] if sheet.network.activation else []
    return [ask(sheet) for ask in [*_QUESTIONS, *hidden, _twice_the_rate]]


def _written(sheet: Worksheet, value: float) -> str:
    return written(value, sheet.exercise.digits)


def _sign_at_the_output(sheet: Worksheet) -> Question:
    last = sheet.network.n_layers
    a, y, dz = sheet.trace.a[-1], sheet.trace.y, sheet.trace.dz[-1]
    k = int(np.argmax(y[:, 0])) if sheet.network.loss == "categorical_cross_entropy" else 0
    index = f"[{place(k, 0) if sheet.exercise.samples > 1 else place(k)}]"
    word, side = _SIGNS[int(np.sign(dz[k, 0]))]
    return Question(
        f"Will dz{last}{index} be positive or negative? How can you tell from y?",
        f"It is {word}, {_written(sheet, dz[k, 0])}: the output a{last}{index} = "
        f"{_written(sheet, a[k, 0])} is {side} its target {given(y[k, 0])}. "
        + _what_the_label_tells(sheet, y[k, 0]),
    )


_SIGNS = {1: ("positive", "above"), 0: ("neither", "equal to"), -1: ("negative", "below")}


def _what_the_label_tells(sheet: Worksheet, y: float) -> str:
    if sheet.network.is_regression:
        return "Here y alone does not tell: the output can be on either side."
    side = "below 1" if y == 1 else "above 0"
    return f"y alone tells it: an output that is a probability is always {side}."


def _which_changes_most(sheet: Worksheet) -> Question:
    change = _change(sheet, sheet.optimizer)
    k = int(np.argmax(abs(change)))
    return Question(
        "Which weight or bias will the update change most?",
        f"{sheet.parameters.names[k]}: it goes from {given(sheet.parameters.vector[k])} to "
        f"{_written(sheet, sheet.parameters.vector[k] + change[k])}.",
    )


def _direction(sheet: Worksheet) -> Question:
    """Ask for the output weight with the largest gradient."""
    l = sheet.network.n_layers
    gradient = sheet.trace.dW[-1]
    k, j = np.unravel_index(int(np.argmax(abs(gradient))), gradient.shape)
    name = f"W{l}[{place(int(k), int(j))}]"
    text = f"Will {name} go up or down?"
    if gradient[k, j] == 0:
        return Question(text, f"It stays as it is: dW{l} is 0 in every entry.")
    way = "down" if gradient[k, j] > 0 else "up"
    sign = "positive" if gradient[k, j] > 0 else "negative"
    return Question(
        text,
        f"It goes {way}: its gradient d{name} = {_written(sheet, gradient[k, j])} is "
        f"{sign}, and the update takes the gradient off.",
    )


def _twice_the_rate(sheet: Worksheet) -> Question:
    alpha = sheet.optimizer.learning_rate
    double = replace(sheet.optimizer, learning_rate=2 * alpha)
    before = sheet.trace.loss
    after, after_double = (_loss_after(sheet, rule) for rule in (sheet.optimizer, double))
    once, twice = _change(sheet, sheet.optimizer), _change(sheet, double)
    k = int(np.argmax(abs(once)))
    return Question(
        f"Suppose the learning rate were {given(2 * alpha)} instead of {given(alpha)}. What "
        "happens to the gradients, to the step of each weight, and to the loss after the update?",
        "The gradients stay the same, for they are calculated before the update. Each step "
        f"doubles: that of {sheet.parameters.names[k]} from {_written(sheet, once[k])} to "
        f"{_written(sheet, twice[k])}. "
        f"The loss is {_written(sheet, before)} before the update; after it "
        f"{_written(sheet, after)} with {given(alpha)} and {_written(sheet, after_double)} with "
        f"{given(2 * alpha)}: {_compared(sheet, before, after, after_double)}.",
    )


def _compared(sheet: Worksheet, before: float, after: float, after_double: float) -> str:
    if abs(after - after_double) < sheet.exercise.unit:
        return "so near a minimum the two differ by nearly nothing"
    if after_double < after:
        return "the larger step brings it lower"
    if after_double < before:
        return "the larger step goes too far and gains less"
    return "the larger step goes so far beyond the minimum that the loss rises"


def _without_an_input(sheet: Worksheet) -> Question:
    samples = "in every sample" if sheet.exercise.samples > 1 else "in the sample"
    X = sheet.X.copy()
    X[:, 0] = 0
    gradient = trace(sheet.network, sheet.parameters, X, sheet.y).gradient
    zero = [name for name, d in zip(sheet.parameters.names, gradient.vector, strict=True) if d == 0]
    return Question(
        f"If x[1] were 0 {samples}, which gradients would certainly be 0?",
        _certain_zeros(sheet, zero),
    )


def _certain_zeros(sheet: Worksheet, zero: list[str]) -> str:
    """`zero` holds every parameter without a gradient; some may owe that to a dead neuron."""
    certain = [f"W1[{place(k, 0)}]" for k in range(sheet.network.sizes[1])]
    others = [f"d{name}" for name in zero if name not in certain]
    assert set(certain) <= set(zero)
    gradients = _listed([f"d{name}" for name in certain])
    answer = f"{gradients}: dW1 = dz1 x\N{DOWN TACK} has x[1] as a factor."
    if others:
        answer += (
            f" Here {_listed(others)} would be 0 too, because of a neuron whose a or slope is 0."
        )
    return answer


def _hidden_neurons(sheet: Worksheet) -> Question:
    backward = zip(sheet.trace.dz[:-1], sheet.trace.da, strict=True)
    sizes = [
        (float(abs(dz[k]).max()), f"a{l}[{place(k)}]", bool(da[k].any()))
        for l, (dz, da) in enumerate(backward, start=1)
        for k in range(len(dz))
    ]
    dead = [
        f"{name} ({'its slope is 0 where z is negative' if reached else 'no gradient reaches it'})"
        for size, name, reached in sizes
        if size == 0
    ]
    least, name, _ = min(sizes)
    return Question(
        "Does any hidden neuron learn nothing from this update? Which, and why?",
        f"{_listed(dead)}: its dz is 0, and with it the gradients of all weights into it."
        if dead
        else f"None: the dz of every hidden neuron differs from 0. The smallest in size is that of "
        f"{name}, {_written(sheet, least)}.",
    )


def _loss_after(sheet: Worksheet, rule: GradientDescent) -> float:
    after = sheet.updated(sheet.trace.gradient, rule)
    return trace(sheet.network, after, sheet.X, sheet.y).loss


def _change(sheet: Worksheet, rule: GradientDescent) -> Array:
    after: Parameters = sheet.updated(sheet.trace.gradient, rule)
    return after.vector - sheet.parameters.vector


def _listed(names: list[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


_QUESTIONS: list[Callable[[Worksheet], Question]] = [
    _sign_at_the_output,
    _direction,
    _which_changes_most,
    _without_an_input,
]
