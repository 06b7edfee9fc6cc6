"""An explanation as plain text: matrices in brackets, equations over several lines."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from functools import partial

import numpy as np

from glassnet.explain.numbers import hidden_in, shown_cells, written
from glassnet.explain.steps import (
    Calculation,
    Equation,
    Quantity,
    Rule,
    Step,
    filled,
    needs_brackets,
    pieces,
)

INDENT = "    "
NARROWEST = 20  # columns below which nothing is wrapped further

Block = list[str]  # lines of equal width, read across beside its neighbours


def text_lines(calculation: Calculation, width: int) -> Iterator[tuple[str, str]]:
    """(style, line) pairs; see `Calculation.text_lines`."""
    width = max(width, NARROWEST + len(INDENT))
    yield "title", calculation.title
    for name, fact in calculation.facts.items():
        yield from _wrapped("fact", f"{name}: {fact}", width, "")
    for heading, steps in calculation.phases:
        yield "", ""
        yield "phase", f"{heading}"
        for number, step in steps:
            yield "", ""
            yield from _step_lines(step, number, calculation, width)


def _step_lines(
    step: Step, number: int, calculation: Calculation, width: int
) -> Iterator[tuple[str, str]]:
    equation = step.equation
    yield from _wrapped("step", f"{number}. {step.name}", width, "")
    yield from _wrapped("why", step.why, width, INDENT)
    yield from _wrapped("rule", _symbols(equation), width, INDENT)
    if step.derivation is not None:
        yield from _wrapped("rule", _plain(step.derivation), width, INDENT)
    for line in _laid_out(equation, calculation, width - len(INDENT)):
        yield "numbers", (INDENT + line).rstrip()
    yield from _wrapped("fact", _shapes(equation, calculation), width, INDENT)
    if step.entry is not None:
        entry = _entry(step.entry, calculation.digits)
        prefix = "for example " if equation.result.values.size > 1 else ""
        yield from _wrapped("numbers", prefix + entry, width, INDENT)


def _wrapped(style: str, text: str, width: int, indent: str) -> Iterator[tuple[str, str]]:
    lines = textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent + ("  " if indent else INDENT),
        break_long_words=False,
        break_on_hyphens=False,
    )
    for line in lines:
        yield style, line


def _symbols(equation: Equation) -> str:
    arrow = "<-" if equation.replaces else "="
    right = filled(equation.rule.text, lambda slot, _: equation.inputs[slot].name)
    return f"{equation.result.name.removeprefix('new ')} {arrow} {right}"


def _plain(rule: Rule) -> str:
    return f"where {rule.text}"


def _shapes(equation: Equation, calculation: Calculation) -> str:
    result = equation.result
    text = f"{result.name} is {result.shape}"
    hidden = hidden_in(equation, calculation.full)
    return f"{text}; {hidden:,} numbers are not shown, full shows all" if hidden else text


def _entry(entry: Equation, digits: int) -> str:
    def filler(slot: str, after_operator: bool) -> str:
        number = written(float(entry.inputs[slot].values), digits)
        return f"({number})" if after_operator and number.startswith("-") else number

    arrow = "<-" if entry.replaces else "="
    name = entry.result.name.removeprefix("new ")
    result = written(float(entry.result.values), digits)
    right = filled(entry.rule.text, filler)
    return f"{name} {arrow} {result}" if right == result else f"{name} {arrow} {right} = {result}"


def _laid_out(equation: Equation, calculation: Calculation, width: int) -> Iterator[str]:
    """The equation with its numbers in blocks, broken into rows of blocks where it is too wide."""
    arrow = " <- " if equation.replaces else " = "
    blocks = [[equation.result.name.removeprefix("new ") + arrow]]
    before = ""
    for piece, is_slot in pieces(equation.rule.text):
        if is_slot:
            bracketed = needs_brackets(before)
            blocks.append(_block(equation.inputs[piece], calculation, bracketed))
        else:
            blocks.append([piece])
        before += piece
    if not equation.is_copy:
        blocks += [[" = "], _block(equation.result, calculation)]
    row: list[Block] = []
    for block in blocks:
        if row and sum(len(b[0]) for b in row) + len(block[0]) > width:
            yield from _side_by_side(row)
            yield ""
            row = [["  "]]
        row.append(block)
    yield from _side_by_side(row)


def _side_by_side(blocks: list[Block]) -> Iterator[str]:
    height = max(map(len, blocks))
    middles = [(height - len(block)) // 2 for block in blocks]
    for line in range(height):
        yield "".join(
            block[line - above] if 0 <= line - above < len(block) else " " * len(block[0])
            for block, above in zip(blocks, middles, strict=True)
        )


def _block(quantity: Quantity, calculation: Calculation, bracketed: bool = False) -> Block:
    """A number as it is, a matrix with its columns aligned between tall brackets."""
    values, digits = quantity.values, calculation.digits
    if values.size == 1:
        number = written(values.item(), digits)
        return [f"({number})" if bracketed and number.startswith("-") else number]
    cells = shown_cells(values, calculation.full, partial(written, digits=digits), "...", "...")
    widths = np.max([[len(cell) for cell in row] for row in cells], axis=0)
    lines = ["  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in cells]
    return [
        f"{left} {line} {right}"
        for (left, right), line in zip(_brackets(lines), lines, strict=True)
    ]


def _brackets(lines: list[str]) -> list[tuple[str, str]]:
    if len(lines) == 1:
        return [("[", "]")]
    middle = [("⎢", "⎥")] * (len(lines) - 2)
    return [("⎡", "⎤"), *middle, ("⎣", "⎦")]
