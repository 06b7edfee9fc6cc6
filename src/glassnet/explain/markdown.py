"""An explanation as Markdown, its equations in LaTeX between dollar signs."""

from __future__ import annotations

from collections.abc import Iterator

from glassnet.explain.numbers import latex_number, n_hidden, shown_block, written
from glassnet.explain.steps import Equation, Explanation, Quantity, Step, filled


def markdown(explanation: Explanation) -> str:
    """The whole explanation; equations stand between double dollar signs."""
    lines = [f"# {explanation.title}", ""]
    lines += [f"- **{name}**: {_escaped(fact)}" for name, fact in explanation.facts.items()]
    number = 0
    for heading, steps in explanation.phases:
        lines += ["", f"## {heading}"]
        for step in steps:
            number += 1
            lines += ["", f"### {number}. {_escaped(step.name)}", "", _escaped(step.why), ""]
            lines += _equations(step, explanation)
    return "\n".join(lines) + "\n"


def _equations(step: Step, explanation: Explanation) -> Iterator[str]:
    equation = step.equation
    yield f"$${symbolic(equation)}$$"
    if step.derivation is not None:
        yield ""
        yield f"$${step.derivation.latex}$$"
    yield ""
    yield f"$${plugged(equation, explanation)}$$"
    yield ""
    yield f"{equation.result.name} is {equation.result.shape}. ".replace("_", r"\_") + hidden_note(
        equation, explanation
    )
    if step.entry is not None:
        yield ""
        yield f"$${plugged(step.entry, explanation)}$$"


def symbolic(equation: Equation) -> str:
    """The equation in symbols, as LaTeX."""
    right = filled(equation.rule.latex, lambda slot, _: equation.inputs[slot].symbol)
    return f"{equation.result.symbol} {_arrow(equation)} {right}"


def plugged(equation: Equation, explanation: Explanation) -> str:
    """The equation with its numbers plugged in, as LaTeX."""

    def filler(slot: str, after_operator: bool) -> str:
        return _latex(equation.inputs[slot], explanation, after_operator)

    right = filled(equation.rule.latex, filler)
    if equation.is_copy:
        return f"{equation.result.symbol} {_arrow(equation)} {right}"
    result = _latex(equation.result, explanation, False)
    return f"{equation.result.symbol} {_arrow(equation)} {right} = {result}"


def _arrow(equation: Equation) -> str:
    return r"\leftarrow" if equation.replaces else "="


def _latex(quantity: Quantity, explanation: Explanation, after_operator: bool) -> str:
    values, digits = quantity.values, explanation.digits
    if values.size == 1:
        number = latex_number(written(values.item(), digits))
        negative = after_operator and number.startswith("-")
        # In braces, so that a power or an index after it takes hold of the whole number.
        return rf"{{({number})}}" if negative else f"{{{number}}}"
    rows, columns = shown_block(values, explanation.full)
    cells = [
        [latex_number(written(value, digits)) for value in values[row, columns]] for row in rows
    ]
    if len(columns) < values.shape[1]:
        cells = [[*row[:-1], r"\cdots", row[-1]] for row in cells]
    if len(rows) < values.shape[0]:
        cells.insert(-1, [r"\vdots"] * len(cells[0]))
    body = r" \\ ".join(" & ".join(row) for row in cells)
    return rf"\begin{{bmatrix}} {body} \end{{bmatrix}}"


def hidden_note(equation: Equation, explanation: Explanation) -> str:
    """How many numbers of an equation are not shown; nothing if all are."""
    hidden = sum(
        n_hidden(quantity, explanation.full)
        for quantity in (equation.result, *equation.inputs.values())
    )
    return f"{hidden:,} numbers are not shown; full shows all." if hidden else ""


def _escaped(text: str) -> str:
    return text.replace("*", r"\*").replace("_", r"\_")
