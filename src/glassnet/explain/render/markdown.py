"""An explanation as Markdown, its equations in LaTeX between dollar signs."""

from __future__ import annotations

from collections.abc import Iterator

from glassnet.explain.numbers import hidden_in, latex_number, shown_cells, written
from glassnet.explain.steps import Calculation, Equation, Quantity, Step, filled


def markdown(calculation: Calculation) -> str:
    """The whole explanation; equations stand between double dollar signs."""
    lines = [f"# {calculation.title}", ""]
    lines += [f"- **{name}**: {_escaped(fact)}" for name, fact in calculation.facts.items()]
    for heading, steps in calculation.phases:
        lines += ["", f"## {heading}"]
        for number, step in steps:
            lines += ["", f"### {number}. {_escaped(step.name)}", "", _escaped(step.why), ""]
            lines += _equations(step, calculation)
    return "\n".join(lines) + "\n"


def _equations(step: Step, calculation: Calculation) -> Iterator[str]:
    equation = step.equation
    yield f"$${_symbolic(equation)}$$"
    if step.derivation is not None:
        yield ""
        yield f"$${step.derivation.latex}$$"
    yield ""
    yield f"$${_plugged(equation, calculation)}$$"
    yield ""
    yield f"{equation.result.name} is {equation.result.shape}. ".replace("_", r"\_") + _hidden_note(
        equation, calculation
    )
    if step.entry is not None:
        yield ""
        yield f"$${_plugged(step.entry, calculation)}$$"


def _symbolic(equation: Equation) -> str:
    """The equation in symbols, as LaTeX."""
    right = filled(equation.rule.latex, lambda slot, _: equation.inputs[slot].symbol)
    return f"{equation.result.symbol} {_arrow(equation)} {right}"


def _plugged(equation: Equation, calculation: Calculation) -> str:
    """The equation with its numbers plugged in, as LaTeX."""

    def filler(slot: str, after_operator: bool) -> str:
        return _latex(equation.inputs[slot], calculation, after_operator)

    right = filled(equation.rule.latex, filler)
    if equation.is_copy:
        return f"{equation.result.symbol} {_arrow(equation)} {right}"
    result = _latex(equation.result, calculation, False)
    return f"{equation.result.symbol} {_arrow(equation)} {right} = {result}"


def _arrow(equation: Equation) -> str:
    return r"\leftarrow" if equation.replaces else "="


def _latex(quantity: Quantity, calculation: Calculation, after_operator: bool) -> str:
    values, digits = quantity.values, calculation.digits
    if values.size == 1:
        number = latex_number(written(values.item(), digits))
        negative = after_operator and number.startswith("-")
        # In braces, so that a power or an index after it takes hold of the whole number.
        return rf"{{({number})}}" if negative else f"{{{number}}}"

    def write(value: float) -> str:
        return latex_number(written(value, digits))

    cells = shown_cells(values, calculation.full, write, r"\cdots", r"\vdots")
    body = r" \\ ".join(" & ".join(row) for row in cells)
    return rf"\begin{{bmatrix}} {body} \end{{bmatrix}}"


def _hidden_note(equation: Equation, calculation: Calculation) -> str:
    """How many numbers of an equation are not shown; nothing if all are."""
    hidden = hidden_in(equation, calculation.full)
    return f"{hidden:,} numbers are not shown; full shows all." if hidden else ""


def _escaped(text: str) -> str:
    return text.replace("*", r"\*").replace("_", r"\_")
