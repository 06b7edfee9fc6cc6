"""An explanation as JSON: the same structure, with every digit."""

from __future__ import annotations

import json
from typing import Any

from glassnet.explain.numbers import copied_block, every_digit, is_cut
from glassnet.explain.steps import Calculation, Equation, Quantity, Rule, Step, filled


def as_json(calculation: Calculation) -> str:
    """The calculation as a JSON object with the keys title, facts, full and steps.

    A matrix that is too long has the keys rows and columns, counted from 0, of those of its
    numbers that are given.
    """
    fields = {
        "title": calculation.title,
        "facts": calculation.facts,
        "full": calculation.full,
        "steps": [_step(step, calculation.full) for step in calculation.steps],
    }
    return json.dumps(fields, ensure_ascii=False, allow_nan=False) + "\n"


def _step(step: Step, full: bool) -> dict[str, Any]:
    return {
        "kind": step.kind,
        "function": step.function,
        "phase": step.phase,
        "name": step.name,
        "why": step.why,
        "derivation": step.derivation and _rule(step.derivation, {}),
        **_equation(step.equation, full),
        "entry": step.entry and _equation(step.entry, full),
    }


def _equation(equation: Equation, full: bool) -> dict[str, Any]:
    return {
        "rule": _rule(equation.rule, equation.inputs),
        "inputs": {
            slot: quantity_record(quantity, full) for slot, quantity in equation.inputs.items()
        },
        "result": quantity_record(equation.result, full),
    }


def _rule(rule: Rule, inputs: dict[str, Quantity]) -> dict[str, str]:
    return {
        "latex": filled(rule.latex, lambda slot, _: inputs[slot].symbol),
        "text": filled(rule.text, lambda slot, _: inputs[slot].name),
    }


def quantity_record(quantity: Quantity, full: bool) -> dict[str, Any]:
    """Name, shape and digits of a quantity; abridged where it is too long."""
    record: dict[str, Any] = {
        "name": quantity.name,
        "symbol": quantity.symbol,
        "shape": list(quantity.values.shape),
    }
    if quantity.values.ndim == 0:
        return record | {"values": every_digit(quantity.values)}
    rows, columns = copied_block(quantity, full)
    if is_cut(quantity, full):
        record |= {"rows": rows, "columns": columns}
    return record | {"values": every_digit(quantity.values[rows][:, columns])}
