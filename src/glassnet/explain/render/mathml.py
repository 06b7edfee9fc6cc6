"""Equations as MathML, which browsers draw without fonts or scripts.

latex2mathml converts the template of an equation once; symbols and numbers are put into its slots.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

from glassnet.explain.numbers import LONGEST, every_digit, shown_cells, written
from glassnet.explain.steps import Calculation, Equation, Quantity, filled

if TYPE_CHECKING:
    from markupsafe import Markup

MINUS = "\u2212"  # wider than a hyphen
_SLOT = re.compile(r"<mtext>slot:(\w+?)(:negative)?</mtext>")
_TOKEN = re.compile(r"(<mo[^>]*>&#x0002[89];</mo>|<mtext>slot:[^<]*</mtext>)")
_LEADING_SIGN = re.compile(r"^((?:<mrow>)*)<mo>(&#x0002B;|&#x02212;|&#x02299;)")
_CASES = re.compile(r"<mo[^>]*>&#x0007B;</mo>(?=<mtable>)")
_ROOT = re.compile(r"</?math[^>]*>")


def math(inner: str) -> Markup:
    """Return a math element around MathML, as markup that a template leaves as it is."""
    from markupsafe import Markup

    return Markup(f'<math displaystyle="true"><mrow>{inner}</mrow></math>')


def formula(latex: str) -> Markup:
    """Return LaTeX as a math element."""
    return math(mathml(latex))


@lru_cache(maxsize=4096)
def mathml(latex: str) -> str:
    """The MathML of LaTeX, without the math element around it."""
    from latex2mathml.converter import convert

    inner = _ROOT.sub("", convert(latex))
    # A sign at the beginning of a bracket stands closer to its number than one between two.
    inner = inner.replace(
        "&#x00028;</mo><mo>&#x02212;</mo>", '&#x00028;</mo><mo form="prefix">&#x02212;</mo>'
    )
    return _CASES.sub('<mo stretchy="false" class="gn-tall" data-rows="2">{</mo>', inner)


def symbols(equation: Equation) -> str:
    """The right side of an equation in symbols."""
    skeleton = _skeleton(equation.rule.latex)
    return _SLOT.sub(lambda match: mathml(equation.inputs[match.group(1)].symbol), skeleton)


def numbers(equation: Equation, calculation: Calculation) -> list[str]:
    """The right side of an equation with its numbers plugged in, one entry a summand or factor."""

    def filler(match: re.Match[str]) -> str:
        return values(equation.inputs[match.group(1)], calculation, bool(match.group(2)))

    tall = {slot: len(q.values) for slot, q in equation.inputs.items() if q.values.size > 1}
    return [
        _SLOT.sub(filler, _with_tall_brackets(_skeleton(summand), tall))
        for summand in summands(equation.rule.latex)
    ]


def summands(template: str) -> list[str]:
    """The template cut where it may break: before a sign or a factor that stands in no bracket."""
    depth, parts, start = 0, [], 0
    for place, character in enumerate(template):
        depth += (character in "({[") - (character in ")}]")
        sign = character in "+-" or template.startswith(r"\odot", place)
        breaks = (sign and template[:place].endswith(" ")) or template.startswith(r"\, ", place)
        if breaks and place and depth == 0:
            parts.append(template[start:place])
            start = place
    return [*parts, template[start:]]


def values(quantity: Quantity, calculation: Calculation, after_operator: bool = False) -> str:
    """A number, or a matrix in brackets; each number carries all its digits in data-value."""
    digits = calculation.digits
    if quantity.values.size == 1:
        value = quantity.values.item()
        return number(value, digits, bracketed=after_operator and value < 0)
    write = partial(number, digits=digits)
    cells = shown_cells(quantity.values, calculation.full, write, "<mo>⋯</mo>", "<mo>⋮</mo>")
    body = "".join(f"<mtr>{''.join(f'<mtd>{cell}</mtd>' for cell in row)}</mtr>" for row in cells)
    # The style draws the brackets: those of MathML grow only where there is a mathematical font.
    return f'<mtable class="gn-matrix">{body}</mtable>'


def number(value: float, digits: int, *, bracketed: bool = False) -> str:
    """One number as MathML, a power of ten as such."""
    mantissa, _, exponent = written(value, digits).partition("e")
    inner = f"<mn>{mantissa.replace('-', MINUS).replace('inf', '∞')}</mn>"
    if exponent:
        power = str(int(exponent)).replace("-", MINUS)
        inner += f"<mo>·</mo><msup><mn>10</mn><mn>{power}</mn></msup>"
    if bracketed:
        inner = f"<mo>(</mo>{inner}<mo>)</mo>"
    return f'<mrow class="gn-n" data-value="{every_digit(np.asarray(value))}">{inner}</mrow>'


def _skeleton(template: str) -> str:
    """The MathML of a rule or a summand of it, with a mark for each slot."""

    def mark(slot: str, after: bool) -> str:
        return rf"\text{{slot:{slot}{':negative' if after else ''}}}"

    return _LEADING_SIGN.sub(r'\1<mo form="infix">\2', mathml(filled(template, mark)))


def _with_tall_brackets(skeleton: str, tall: dict[str, int]) -> str:
    """Round brackets as high as the matrices within, given how many rows each slot has."""
    opened: list[tuple[int, int]] = []  # piece and rows within, of brackets not closed yet
    pieces = _TOKEN.split(skeleton)
    for k, piece in enumerate(pieces):
        slot = _SLOT.fullmatch(piece)
        if slot and opened:
            place, rows = opened[-1]
            opened[-1] = (place, max(rows, tall.get(slot.group(1), 1)))
        elif piece.endswith("&#x00028;</mo>"):
            opened.append((k, 1))
        elif piece.endswith("&#x00029;</mo>") and opened:
            place, rows = opened.pop()
            rows = min(rows, LONGEST)
            if rows > 1:
                for end in (place, k):
                    pieces[end] = _tall_bracket(pieces[end], rows)
            if opened:
                opened[-1] = (opened[-1][0], max(opened[-1][1], rows))
    return "".join(pieces)


def _tall_bracket(bracket: str, rows: int) -> str:
    shape = bracket[bracket.index(">") :]
    return f'<mo stretchy="false" class="gn-tall" data-rows="{rows}"{shape}'
