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
    from jinja2 import Environment
    from markupsafe import Markup

TEMPLATES = Path(__file__).with_name("templates")
LOSS_NAMES = {
    "binary_cross_entropy": "binary cross-entropy",
    "categorical_cross_entropy": "categorical cross-entropy",
    "mean_squared_error": "mean squared error",
}
INTRO = "Answer before you calculate; this part is not marked. Come back to it at the end."


class Row(NamedTuple):
    """A number to calculate: its name, its calculation in LaTeX, and its value as written."""

    entry: str
    latex: str
    value: str


class Block(NamedTuple):
    """A quantity: its rule in LaTeX, and its numbers."""

    rule: str
    rows: list[Row]


class Part(NamedTuple):
    """A part of the calculation: its heading, what to know, and its quantities."""

    heading: str
    advice: str
    blocks: list[Block]


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
            intro=INTRO,
            sheets=[_contents(sheet, key) for sheet in sheets],
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


def _contents(sheet: Worksheet, key: bool) -> dict[str, Any]:
    """Return the parts of a sheet, in order."""
    return {
        "id": sheet.exercise.id,
        "seed": sheet.exercise.seed,
        "n_answers": len(sheet.answers),
        "facts": _facts(sheet),
        "diagram": diagram(sheet),
        "given": _given(sheet),
        "rules": _rules(sheet, key),
        "questions": questions(sheet),
        "parts": _parts(sheet),
    }


def _parts(sheet: Worksheet) -> list[Part]:
    """The calculation in its three parts: forward with the loss, backward, update."""
    summed = sheet.exercise.samples > 1
    return [
        Part(
            "Forward pass and loss",
            "From the input to the output, layer by layer, and how far that is from the target; "
            "ln is the natural logarithm.",
            _of(sheet, "z", "a", "losses", "loss"),
        ),
        Part(
            "Backward pass",
            "From the output to the input: dv stands for the derivative of the loss with respect "
            "to v, \N{DOWN TACK} for the transpose, and ⊙ for entry by entry."
            + (" dW and db add up the samples; the update divides by m." if summed else ""),
            _of(sheet, "dz", "dW", "db", "da"),
        ),
        Part(
            "Update",
            "One step of gradient descent: every weight and bias moves against its gradient.",
            _of(sheet, "W new", "b new"),
        ),
    ]


def _of(sheet: Worksheet, *kinds: str) -> list[Block]:
    return [_block(sheet, q) for q in sheet.quantities if q.kind in kinds]


def _block(sheet: Worksheet, q: Quantity) -> Block:
    values = [written(sheet.values[q.name][i], sheet.exercise.digits) for i in q.indices]
    latex = [calculation(sheet, q, index) for index in q.indices]
    return Block(rule(sheet, q), list(map(Row, q.entries, latex, values)))


def _facts(sheet: Worksheet) -> str:
    """The network in one sentence."""
    network, m = sheet.network, sheet.exercise.samples
    sizes = "-".join(map(str, network.sizes))
    names = [name.replace("_", " ") for name in network.activation]
    hidden = f"{names[0] if len(set(names)) == 1 else ', then '.join(names)} in the hidden layer"
    layers = [hidden + ("s" if len(names) > 1 else "")] if names else []
    layers.append(f"{network.output_activation} at the output")
    samples = "one sample" if m == 1 else f"m = {m} samples, one column each"
    rate = given(sheet.optimizer.learning_rate)
    return (
        f"A {sizes} network with {' and '.join(layers)}; the loss is the "
        f"{LOSS_NAMES[network.loss]}; {samples}; "
        f"learning rate \N{GREEK SMALL LETTER ALPHA} = {rate}."
    )


def _given(sheet: Worksheet) -> list[str]:
    """The equations of what is given: samples, weights and biases."""
    equations = [f"x = {matrix(sheet.trace.x)}", f"y = {matrix(sheet.trace.y)}"]
    for l, (W, b) in enumerate(sheet.parameters.layers, start=1):
        equations += [f"W_{l} = {matrix(W)}", f"b_{l} = {matrix(b)}"]
    return equations


def _rules(sheet: Worksheet, key: bool) -> list[str]:
    """How to write and round, and how it is marked."""
    entry = "z1[1,2] is neuron 1 for sample 2" if sheet.exercise.samples > 1 else "z1[1] the first"
    rules = [
        f"Round each result to {sheet.exercise.digits} decimals and go on with the rounded number.",
        "Rows and columns are counted from 1: W1[1,2] is in the first row and second column, "
        f"{entry}.",
        _marking(sheet.exercise.digits),
    ]
    if "gelu" in sheet.network.activation:
        rules.append(
            "Φ is the normal distribution function and φ the normal density (normcdf and normpdf "
            "on a calculator)."
        )
    if key:
        rules.append(
            "The numbers of this key were calculated with all digits and rounded at the end, so "
            "that those of a sheet may differ from them by rounding."
        )
    return rules


def _marking(digits: int) -> str:
    return (
        f"An answer is right within {_half(digits)}, half a unit of the last decimal, plus as much "
        "as rounding the numbers it is calculated from can change it. A wrong number costs its own "
        "mark only: what is then calculated rightly from it still counts."
    )


def _half(digits: int) -> str:
    return f"{0.5 * 10.0**-digits:.{digits + 1}f}"
