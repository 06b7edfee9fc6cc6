"""A calculation as HTML: a page of its own, or a fragment for a notebook or another page.

Equations are MathML, nothing is loaded from elsewhere. Every step holds its inputs and its result
to the last digit: in elements <code data-slot="..."> for people and programs to copy. No element
has a style of its own, which a page's policy may forbid.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from glassnet.explain.numbers import copied_block, every_digit, hidden_in, is_cut
from glassnet.explain.render.mathml import formula, math, mathml, numbers, symbols, values
from glassnet.explain.steps import Calculation, Equation, Quantity, Step
from glassnet.storage.templates import templates

if TYPE_CHECKING:
    from glassnet.storage.templates import Environment

TEMPLATES = Path(__file__).with_name("templates")
STYLE = (TEMPLATES / "steps.css").read_text(encoding="utf-8")


def page(calculation: Calculation) -> str:
    """Return a whole HTML page."""
    return document(
        TEMPLATES, "explanation.html.j2", title=calculation.title, calculation=calculation
    )


def fragment(calculation: Calculation) -> str:
    """Return the calculation with its style, to be put into a notebook."""
    from markupsafe import Markup

    return document(TEMPLATES, "fragment.html.j2", style=Markup(STYLE), calculation=calculation)


def document(folder: Path, template: str, **context: Any) -> str:
    """Return a template of a folder, filled in; it can build on those of a calculation."""
    return environment(folder).get_template(template).render(context)


@cache
def environment(folder: Path) -> Environment:
    """Return Jinja2 with the templates of a folder and, behind them, those of this one."""
    made = templates(folder, TEMPLATES)
    made.filters |= {
        "copied": _copied,
        "formula": formula,
        "from_one": _from_one,
        "hidden": hidden_in,
        "in_numbers": _in_numbers,
        "in_symbols": _in_symbols,
        "math": math,
        "mathml": mathml,
    }
    made.tests |= {"cut": _is_cut, "worked_out": _is_worked_out}
    return made


class _Copied(NamedTuple):
    """The digits of a quantity, and the rows and columns they are of where it is very long."""

    values: str
    is_cut: bool
    rows: list[int]
    columns: list[int]


def _copied(quantity: Quantity, full: bool) -> _Copied:
    shown, rows, columns = quantity.values, list[int](), list[int]()
    cut = is_cut(quantity, full)
    if cut:
        rows, columns = copied_block(quantity, full)
        shown = shown[rows][:, columns]
    return _Copied(json.dumps(every_digit(shown)), cut, rows, columns)


def _from_one(indices: list[int]) -> str:
    return ", ".join(str(k + 1) for k in indices)


def _is_cut(equation: Equation, full: bool) -> bool:
    """Whether some of its digits are nowhere in the page."""
    return any(is_cut(quantity, full) for quantity in (equation.result, *equation.inputs.values()))


def _in_symbols(equation: Equation) -> Sequence[str]:
    return _left(equation), symbols(equation)


def _in_numbers(equation: Equation, calculation: Calculation) -> Sequence[str]:
    parts = [_left(equation), *numbers(equation, calculation)]
    if not equation.is_copy:
        parts.append(f"<mo>=</mo>{values(equation.result, calculation)}")
    return parts


def _left(equation: Equation) -> str:
    return f"{mathml(equation.result.symbol)}<mo>{'←' if equation.replaces else '='}</mo>"


def _is_worked_out(step: Step) -> bool:
    """Whether the first entry says more than the equation with its numbers does."""
    if step.entry is None:
        return False
    texts = (step.entry.rule.text, step.equation.rule.text)
    return step.equation.result.values.size > 1 or len({t.replace("·", "*") for t in texts}) > 1
