"""Sheets and answer keys as pages: HTML that prints on A4 and Letter, and Markdown.

A page is one file with nothing outside of it: equations are MathML, the network is SVG, and no
colour carries a meaning. A sheet and its key have the same parts in the same order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape
from typing import NamedTuple

from glassnet.worksheets.diagram import diagram
from glassnet.worksheets.equations import calculation, given, matrix, rule, written
from glassnet.worksheets.questions import questions
from glassnet.worksheets.worksheet import Quantity, Worksheet

LOSS_NAMES = {
    "binary_cross_entropy": "binary cross-entropy",
    "categorical_cross_entropy": "categorical cross-entropy",
    "mean_squared_error": "mean squared error",
}
BLANK = "\\_" * 12  # in Markdown


class Part(NamedTuple):
    """A part of the calculation: its heading, what to know, and its quantities."""

    heading: str
    advice: str
    quantities: list[Quantity]


def parts(sheet: Worksheet) -> list[Part]:
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


def _of(sheet: Worksheet, *kinds: str) -> list[Quantity]:
    return [q for q in sheet.quantities if q.kind in kinds]


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
    entry = "z1[0,1] is neuron 0 for sample 1" if sheet.exercise.samples > 1 else "z1[0] the first"
    rules = [
        f"Round each result to {sheet.exercise.digits} decimals and go on with the rounded number.",
        "Rows and columns are counted from 0: W1[0,1] is in the first row and second column, "
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


def _title(key: bool) -> str:
    return "Backpropagation by hand" + (": answer key" if key else "")


# ---- HTML -----------------------------------------------------------------------------------

STYLE = """
:root { color-scheme: light dark; }
@page { margin: 12mm 14mm 14mm; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1rem; background: Canvas; color: CanvasText;
  font: 1rem/1.45 "Liberation Sans", Arial, Helvetica, sans-serif; }
article + article { margin-top: 4rem; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: baseline;
  border-bottom: 2px solid; padding-bottom: .4rem; }
h1 { font-size: 1.35rem; line-height: 1.2; margin: 0; flex: 1 1 auto; }
h2 { font-size: 1.1rem; margin: 1.4rem 0 .2rem; break-after: avoid; }
p { margin: .3rem 0; }
section > p { break-after: avoid; }
code, .id { font-family: "Liberation Mono", Consolas, Menlo, monospace; font-size: .92em; }
math { font-size: 1.08em; math-style: normal; }
.line { display: inline-block; min-width: 12rem; border-bottom: 1px solid; }
.line.short { min-width: 6rem; }
.given { display: flex; flex-wrap: wrap; gap: .6rem 1.6rem; align-items: center; margin: .6rem 0; }
.given svg { flex: 0 1 auto; max-width: 100%; height: auto; }
.equations { display: flex; flex: 1 1 14rem; flex-wrap: wrap; gap: .8rem 1.5rem;
  align-items: center; }
.equations, .rule, .calculation { max-width: 100%; overflow-x: auto; overflow-y: hidden; }
/* Brackets are drawn, because only fonts with mathematics can stretch them. */
.equations mtable { --corner: linear-gradient(currentColor, currentColor); margin: 0 .15em;
  border: solid; border-width: 0 1.5px; padding: .1em .25em; background-repeat: no-repeat;
  background-image: var(--corner), var(--corner), var(--corner), var(--corner);
  background-size: .3em 1.5px; background-position: 0 0, 100% 0, 0 100%, 100% 100%;
  print-color-adjust: exact; }
.network line, .network circle { stroke: currentColor; fill: Canvas; }
.network text { fill: currentColor; font: 14px "Liberation Sans", Arial, sans-serif;
  text-anchor: middle; }
.network .weight { paint-order: stroke; stroke: Canvas; stroke-width: 5px; }
ol, ul { margin: .3rem 0; padding-left: 1.5rem; }
li { margin: .25rem 0; break-inside: avoid; }
.answer { display: block; border-bottom: 1px dotted; height: 1.9em; }
.blocks { columns: 2 20rem; column-gap: 2.5rem; }
.block { break-inside: avoid; padding: .2rem 0 .5rem; }
.block.long { break-inside: auto; }
.rule { break-after: avoid; padding: .15rem 0; }
.row { display: flex; align-items: flex-end; gap: .4rem; min-height: 2.4rem; padding-bottom: .25rem;
  break-inside: avoid; }
.row code { white-space: nowrap; }
.working { flex: 1; border-bottom: 1px dotted; }
.box { border: 1px solid; width: 5.2rem; height: 2.1rem; flex: none; }
.key .row { align-items: center; flex-wrap: wrap; gap: .1rem .4rem; min-height: 1.9rem;
  padding: .15rem 0; }
.row strong, .row span:last-child { white-space: nowrap; }
@media print {
  :root { color-scheme: light; }
  body { font-size: 10pt; max-width: none; padding: 0; }
  article + article { break-before: page; margin-top: 0; }
  h2 { margin-top: 3.5mm; }
  li { margin: .5mm 0; }
  .answer { height: 6.2mm; }
  .sheet .row { min-height: 8.8mm; padding-bottom: .8mm; }
  .box { width: 19mm; height: 7.4mm; }
  .network { width: 66mm; }
  .blocks { columns: 2; column-gap: 10mm; }
}
"""


def html(sheets: Sequence[Worksheet], *, key: bool = False) -> str:
    """The sheets, or their answer keys, as one self-contained page; each starts a new sheet."""
    articles = "\n".join(_html_sheet(sheet, key) for sheet in sheets)
    style = STYLE + "".join(_footer(sheet) for sheet in sheets)
    title = f"{_title(key)}, {sheets[0].exercise.id}" + (" ..." if len(sheets) > 1 else "")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f"{articles}\n</body>\n</html>\n"
    )


def _footer(sheet: Worksheet) -> str:
    """The id at the foot of each page of a sheet, for a pile of paper that fell down."""
    seed = sheet.exercise.seed
    content = f'@bottom-center {{ content: "{sheet.exercise.id}"; font: 8pt monospace; }}'
    return f"#s{seed} {{ page: s{seed}; }}\n@page s{seed} {{ {content} }}\n"


@lru_cache(maxsize=4096)
def _math(latex: str) -> str:
    from latex2mathml.converter import convert

    return convert(latex)


def _html_sheet(sheet: Worksheet, key: bool) -> str:
    # The style sheet draws the brackets of a matrix.
    bare = (latex.replace("pmatrix", "matrix") for latex in _given(sheet))
    equations = "".join(f"<div>{_math(latex)}</div>" for latex in bare)
    rules = "".join(f"<li>{escape(text)}</li>" for text in _rules(sheet, key))
    calculations = "\n".join(_html_part(sheet, part, key) for part in parts(sheet))
    return (
        f'<article id="s{sheet.exercise.seed}" class="{"key" if key else "sheet"}">\n'
        f"{_html_header(sheet, key)}\n"
        f"<h2>The network</h2>\n<p>{escape(_facts(sheet))}</p>\n"
        f'<div class="given">{diagram(sheet)}<div class="equations">{equations}</div></div>\n'
        f"<ul>{rules}</ul>\n"
        f"<h2>Predict first</h2>\n{_html_questions(sheet, key)}\n{calculations}\n</article>"
    )


def _html_header(sheet: Worksheet, key: bool) -> str:
    name = '<span>Name <span class="line"></span></span>'
    date = '<span>Date <span class="line short"></span></span>'
    marks = f'<span>Marks <span class="line short"></span> of {len(sheet.answers)}</span>'
    number = f'<span>Sheet <span class="id">{escape(sheet.exercise.id)}</span></span>'
    fields = number if key else f"{number}{name}{date}{marks}"
    return f"<header><h1>{_title(key)}</h1>{fields}</header>"


def _html_questions(sheet: Worksheet, key: bool) -> str:
    intro = "Answer before you calculate; this part is not marked. Come back to it at the end."
    items = "".join(
        f"<li>{_prose(text)}"
        + (f"<br><strong>{_prose(answer)}</strong>" if key else '<span class="answer"></span>')
        + "</li>"
        for text, answer in questions(sheet)
    )
    return f"<p>{intro}</p><ol>{items}</ol>"


def _html_part(sheet: Worksheet, part: Part, key: bool) -> str:
    blocks = "\n".join(_html_block(sheet, q, key) for q in part.quantities)
    return (
        f"<section>\n<h2>{part.heading}</h2>\n<p>{escape(part.advice)}</p>\n"
        f'<div class="blocks">{blocks}</div>\n</section>'
    )


def _html_block(sheet: Worksheet, q: Quantity, key: bool) -> str:
    rows = "".join(_html_row(*row, key=key) for row in _rows(sheet, q))
    # An equation in MathML is not broken into lines; two of them are.
    rules = " &ensp; ".join(map(_math, rule(sheet, q).split(r"\quad")))
    size = " long" if len(q.entries) > 8 else ""
    return f'<div class="block{size}">\n<div class="rule">{rules}</div>{rows}</div>'


def _rows(sheet: Worksheet, q: Quantity) -> Iterator[tuple[str, str, str]]:
    """Each entry's name, its calculation in LaTeX, and its value as it is written."""
    for entry, index in zip(q.entries, q.indices, strict=True):
        value = written(sheet.values[q.name][index], sheet.exercise.digits)
        yield entry, calculation(sheet, q, index), value


def _html_row(entry: str, latex: str, value: str, *, key: bool) -> str:
    name = f"<code>{escape(entry)}</code>&nbsp;="
    if not key:
        return (
            f'<div class="row">{name}<span class="working"></span><span class="box"></span></div>'
        )
    return (
        f'<div class="row">{name}<span class="calculation">{_math(latex)}</span>'
        f'<span>=&nbsp;<strong data-step="{escape(entry)}">{_prose(value)}</strong></span></div>'
    )


def _prose(text: str) -> str:
    """Text for HTML, its negative numbers with a minus sign instead of a hyphen."""
    return re.sub(r"(?<!\w)-(?=\d)", "\N{MINUS SIGN}", escape(text))


# ---- Markdown -------------------------------------------------------------------------------


def markdown(sheets: Sequence[Worksheet], *, key: bool = False) -> str:
    """The sheets, or their answer keys, as Markdown with equations between dollar signs."""
    new_page = '\n<div style="break-before: page"></div>\n\n'
    return new_page.join(_markdown_sheet(sheet, key) for sheet in sheets)


def _markdown_sheet(sheet: Worksheet, key: bool) -> str:
    lines = [f"# {_title(key)}", "", f"Sheet `{sheet.exercise.id}`"]
    if not key:
        lines += ["", f"Name {BLANK}{BLANK} Date {BLANK}"]
    lines += ["", "## The network", "", _facts(sheet), ""]
    lines += [f"$$ {latex} $$\n" for latex in _given(sheet)]
    lines += [f"- {text}" for text in _rules(sheet, key)]
    lines += ["", "## Predict first", "", "Answer before you calculate; this part is not marked."]
    lines += ["", *_markdown_questions(sheet, key)]
    for part in parts(sheet):
        lines += ["", f"## {part.heading}", "", part.advice]
        for q in part.quantities:
            lines += ["", f"$$ {rule(sheet, q)} $$", ""]
            lines += [_markdown_row(*row, key=key) for row in _rows(sheet, q)]
    return "\n".join(lines) + "\n"


def _markdown_questions(sheet: Worksheet, key: bool) -> Iterator[str]:
    for number, (text, answer) in enumerate(questions(sheet), start=1):
        yield f"{number}. {text}  "
        yield f"   **{answer}**" if key else f"   {BLANK * 3}"


def _markdown_row(entry: str, latex: str, value: str, *, key: bool) -> str:
    return f"- `{entry}` = ${latex}$ = **{value}**" if key else f"- `{entry}` = {BLANK}"
