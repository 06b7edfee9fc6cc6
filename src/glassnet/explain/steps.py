"""A calculation as data: quantities, the equations between them, and steps.

An equation keeps its rule and the arrays the rule is applied to, and both forms of it follow: in
symbols, and with the numbers plugged in. Nothing is computed here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

PHASES = {
    "forward": "Forward",
    "loss": "Loss",
    "backward": "Backward",
    "sum": "The sum over the samples",
    "update": "Update",
    "after": "After the update",
}

_SLOT = re.compile(r"<(\w+)>")
_OPENING = ("(", "{", "[", "|", ",")  # a negative number after one of these needs no brackets


@dataclass(frozen=True, eq=False)
class Quantity:
    """A named scalar () or matrix (rows, columns) of an equation.

    Parameters
    ----------
    name : str
        Its name in plain text.
    symbol : str
        Its name in LaTeX.
    values : array
        Its numbers.
    """

    name: str
    symbol: str
    values: np.ndarray

    @property
    def shape(self) -> str:
        """ "a number" or "3 x 20"."""
        return "a number" if self.values.size == 1 else " x ".join(map(str, self.values.shape))


@dataclass(frozen=True)
class Rule:
    """The right side of an equation as a template in LaTeX and in plain text.

    A quantity stands in it as its slot, "<W> <x> + <b>"; slots are the keys of `Equation.inputs`.

    Parameters
    ----------
    latex : str
        The template in LaTeX.
    text : str
        The template in plain text.
    """

    latex: str
    text: str


@dataclass(frozen=True, eq=False)
class Equation:
    """An equation: result = rule(inputs), or result <- rule(inputs).

    Parameters
    ----------
    result : Quantity
        The left side.
    rule : Rule
        The right side.
    inputs : dict of Quantity
        What stands in the slots of the rule.
    replaces : bool
        Whether the result takes the place of an older value.
    """

    result: Quantity
    rule: Rule
    inputs: dict[str, Quantity]
    replaces: bool = False

    @property
    def is_copy(self) -> bool:
        """Whether the rule is an input as it is, so that to write the result again says nothing."""
        return _SLOT.fullmatch(self.rule.text) is not None


@dataclass(frozen=True, eq=False)
class Step:
    """One step of the calculation.

    Parameters
    ----------
    kind : str
        What it computes, of whatever layer: "z", "a", "loss", "dz", "dW", ...
    function : str
        Which function it applies, where kinds have several: "sigmoid", "Adam", ...
    phase : str
        The part of the calculation it belongs to.
    name : str
        What it is called.
    equation : Equation
        The rule, its inputs and its result.
    derivation : Rule, optional
        In symbols, where the rule comes from: the chain rule, a definition.
    entry : Equation, optional
        The first number of the result, worked out with a calculator's operations.
    why : str
        One plain sentence.
    """

    kind: str
    function: str
    phase: str
    name: str
    equation: Equation
    derivation: Rule | None
    entry: Equation | None
    why: str


@dataclass(frozen=True, eq=False, repr=False)
class Calculation:
    """The complete calculation of one update, step by step, and how much of it is shown.

    Parameters
    ----------
    title : str
        What is calculated.
    facts : dict of str
        What else is known of it, by name.
    steps : tuple of Step
        The steps; they always hold the whole arrays.
    full : bool
        Show long layers whole.
    digits : int
        Significant digits that are printed, 17 for every digit.
    """

    title: str
    facts: dict[str, str]
    steps: tuple[Step, ...]
    full: bool = False
    digits: int = 5

    @property
    def phases(self) -> Iterator[tuple[str, list[tuple[int, Step]]]]:
        """The heading of each phase with its steps and their numbers; none without steps."""
        numbered = list(enumerate(self.steps, start=1))
        for phase, heading in PHASES.items():
            steps = [(number, step) for number, step in numbered if step.phase == phase]
            if steps:
                yield heading, steps

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.title!r}, {len(self.steps)} steps)"


def filled(template: str, filler: Callable[[str, bool], str]) -> str:
    """The template with each slot replaced by filler(slot, whether something stands before it).

    A negative number with an operator or a factor before it needs brackets.
    """

    def replacement(match: re.Match[str]) -> str:
        return filler(match.group(1), needs_brackets(template[: match.start()]))

    return _SLOT.sub(replacement, template)


def added(rules: Iterable[Rule]) -> Rule:
    """The sum of rules."""
    terms = list(rules)
    return Rule(" + ".join(r.latex for r in terms), " + ".join(r.text for r in terms))


def needs_brackets(before: str) -> bool:
    """Whether a negative number after this part of a template needs brackets."""
    before = before.rstrip()
    return bool(before) and not before.endswith(_OPENING)


def pieces(template: str) -> list[tuple[str, bool]]:
    """The template cut into (literal, False) and (slot, True), in order."""
    parts = _SLOT.split(template)
    return [(part, bool(k % 2)) for k, part in enumerate(parts) if part]


def scalar(name: str, symbol: str, value: Any) -> Quantity:
    """A quantity of one number."""
    return Quantity(name, symbol, np.asarray(value))
