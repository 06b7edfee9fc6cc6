"""Sheets and answer keys as pages: HTML that prints on A4 and Letter, and Markdown.

A page is one file with nothing outside of it: equations are MathML, the network is SVG, and no
colour carries a meaning. A sheet and its key have the same parts in the same order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from glassnet.storage.templates import templates
from glassnet.worksheets.diagram import diagram
from glassnet.worksheets.equations import calculation, given, matrix, rule, written
from glassnet.worksheets.questions import questions
from glassnet.worksheets.worksheet import Quantity, Worksheet

if TYPE_CHECKING:
    from markupsafe import Markup

    from glassnet.storage.templates import Environment

TEMPLATES = Path(__file__).with_name("templates")
PARTS = {
    "forward": ("z", "a", "losses", "loss"),
    "backward": ("dz", "dW", "db", "da"),
    "update": ("W new", "b new"),
}


class Row(NamedTuple):
    """A number to calculate: its name, its calculation in LaTeX, and its value as written."""

    entry: str
    latex: str
    value: str


class Block(NamedTuple):
    """A quantity: its rule in LaTeX, and its numbers."""

    rule: str
    rows: list[Row]


def html(sheets: Sequence[Worksheet], *, key: bool = False) -> str:
    """Return sheets, or their answer keys, as one self-contained page; each starts a new sheet."""
    return _filled("sheets.html.j2", sheets, key)


def markdown(sheets: Sequence[Worksheet], *, key: bool = False) -> str:
    """Return sheets, or their answer keys, as Markdown with equations between dollar signs."""
    return _filled("sheets.md.j2", sheets, key)


def _filled(template: str, sheets: Sequence[Worksheet], key: bool) -> str:
    return (
        _environment()
        .get_template(template)
        .render(
            title="Backpropagation by hand" + (": answer key" if key else ""),
            sheets=[_contents(sheet) for sheet in sheets],
            key=key,
        )
    )


@cache
def _environment() -> Environment:
    made = templates(TEMPLATES)
    made.filters |= {"math": _math, "short": "{:g}".format, "typeset": _typeset}
    return made


@lru_cache(maxsize=4096)
def _math(latex: str) -> Markup:
    from latex2mathml.converter import convert
    from markupsafe import Markup

    return Markup(convert(latex))


def _typeset(text: str) -> str:
    """A text whose negative numbers have a minus sign instead of a hyphen."""
    return re.sub(r"(?<!\w)-(?=[\d])", "\N{MINUS SIGN}", text)


def _contents(sheet: Worksheet) -> dict[str, Any]:
    """Return what a sheet shows."""
    digits = sheet.exercise.digits
    return {
        "id": sheet.exercise.id,
        "seed": sheet.exercise.seed,
        "samples": sheet.exercise.samples,
        "digits": digits,
        "half": f"{0.5 * 10.0**-digits:.{digits + 1}f}",
        "rate": given(sheet.optimizer.learning_rate),
        "network": sheet.network,
        "n_answers": len(sheet.answers),
        "diagram": diagram(sheet),
        "given": _given(sheet),
        "questions": questions(sheet),
        "blocks": {
            part: [_block(sheet, q) for q in sheet.quantities if q.kind in kinds]
            for part, kinds in PARTS.items()
        },
    }


def _block(sheet: Worksheet, q: Quantity) -> Block:
    values = [written(sheet.values[q.name][i], sheet.exercise.digits) for i in q.indices]
    latex = [calculation(sheet, q, index) for index in q.indices]
    return Block(rule(sheet, q), list(map(Row, q.entries, latex, values)))


def _given(sheet: Worksheet) -> list[str]:
    """The equations of what is given: samples, weights and biases."""
    equations = [f"x = {matrix(sheet.trace.x)}", f"y = {matrix(sheet.trace.y)}"]
    for l, (W, b) in enumerate(sheet.parameters.layers, start=1):
        equations += [f"W_{l} = {matrix(W)}", f"b_{l} = {matrix(b)}"]
    return equations
