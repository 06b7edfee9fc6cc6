"""What an explanation is made of: quantities, the equations between them, and steps.

An equation keeps its rule and the arrays the rule is applied to, and both forms of it follow: in
symbols, and with the numbers plugged in. Nothing is computed here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.errors import InputError
from glassnet.storage.atomic import replacing

PHASES = {
    "forward": "Forward",
    "loss": "Loss",
    "backward": "Backward",
    "sum": "The sum over the samples",
    "update": "Update",
    "after": "After the update",
}
ENDINGS = (".html", ".md", ".txt", ".json")

_SLOT = re.compile(r"<(\w+)>")
_OPENING = ("(", "{", "[", "|", ",")  # a negative number after one of these needs no brackets


@dataclass(frozen=True, eq=False)
class Quantity:
    """A named scalar () or matrix (rows, columns) of an equation; `symbol` is LaTeX."""

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
    """

    latex: str
    text: str


@dataclass(frozen=True, eq=False)
class Equation:
    """result = rule(inputs), or result <- rule(inputs) where it replaces an older value."""

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

    `kind`        what it computes, of whatever layer: "z", "a", "loss", "dz", "dW", ...
    `function`    which function it applies, where kinds have several: "sigmoid", "Adam", ...
    `equation`    the rule, its inputs and its result
    `derivation`  in symbols, where the rule comes from: the chain rule, a definition
    `entry`       the first number of the result, worked out with a calculator's operations
    `why`         one plain sentence
    """

    kind: str
    function: str
    phase: str
    name: str
    equation: Equation
    derivation: Rule | None
    entry: Equation | None
    why: str


@dataclass(frozen=True, eq=False)
class Explanation:
    """The complete calculation of one update, step by step, with faces for every reader.

    `facts` say what is explained. `full` shows long layers whole; `digits` is the number of
    significant digits printed, 17 for every digit. `steps` always hold the whole arrays.
    """

    title: str
    facts: dict[str, str]
    steps: tuple[Step, ...]
    full: bool = False
    digits: int = 5

    @property
    def phases(self) -> Iterator[tuple[str, list[Step]]]:
        """The heading of each phase with its steps, in order; phases without steps are left out."""
        for phase, heading in PHASES.items():
            steps = [step for step in self.steps if step.phase == phase]
            if steps:
                yield heading, steps

    def text(self, width: int = 80) -> str:
        """Plain text for a terminal of that many columns."""
        return "\n".join(line for _, line in self.text_lines(width)) + "\n"

    def text_lines(self, width: int = 80) -> Iterator[tuple[str, str]]:
        """(style, line) pairs of the plain text, so that a terminal may colour them.

        The styles are "title", "fact", "phase", "step", "why", "rule", "numbers" and "".
        """
        from glassnet.explain.text import text_lines

        return text_lines(self, width)

    def markdown(self) -> str:
        """Markdown with the equations in LaTeX between dollar signs."""
        from glassnet.explain.markdown import markdown

        return markdown(self)

    def html(self) -> str:
        """A self-contained HTML page with MathML, in light and dark, for screens and paper."""
        from glassnet.explain.html import page

        return page(self)

    def json(self) -> str:
        """JSON with the rules in LaTeX and in text, and every number to its last digit."""
        from glassnet.explain.to_json import as_json

        return as_json(self)

    def save(self, path: str | PathLike[str]) -> None:
        """Write it as .html, .md, .txt or .json, by the name's ending.

        Raises InputError for another ending.
        """
        faces: tuple[Callable[[], str], ...] = (self.html, self.markdown, self.text, self.json)
        ending = Path(path).suffix.lower()
        if ending not in ENDINGS:
            raise InputError(
                f"An explanation cannot be written as {Path(path).name!r}: end the name in "
                f"{', '.join(ENDINGS)}."
            )
        contents = dict(zip(ENDINGS, faces, strict=True))[ending]()
        with replacing(path) as temporary:
            temporary.write_text(contents, encoding="utf-8")

    def _repr_html_(self) -> str:
        from glassnet.explain.html import fragment

        return fragment(self)


def filled(template: str, filler: Callable[[str, bool], str]) -> str:
    """The template with each slot replaced by filler(slot, whether something stands before it).

    A negative number with an operator or a factor before it needs brackets.
    """

    def replacement(match: re.Match[str]) -> str:
        return filler(match.group(1), needs_brackets(template[: match.start()]))

    return _SLOT.sub(replacement, template)


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
