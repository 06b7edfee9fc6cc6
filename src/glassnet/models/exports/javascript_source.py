"""A model as one JavaScript module without dependencies, for browsers, Node, Deno and Bun.

Texts of the user stand in it as literals of `literal`, which can end neither a text nor a comment
nor the script element of a page.
"""

from __future__ import annotations

import json

from glassnet.data.preprocessing import BooleanColumn, CategoryColumn, Class, Column
from glassnet.models.exports import source_text
from glassnet.models.exports.plan import Plan
from glassnet.models.exports.source_text import further, listed, number

SAFE_INTEGER = 2**53
TYPES = {"number": "number", "boolean": "boolean", "category": "string", "date": "number"}


def source(plan: Plan) -> str:
    """Return the text of the module."""
    # In brackets even __proto__ is a column like any other.
    cells = [f"[{literal(name)}]: {literal(values[0])}" for name, values in plan.rows.items()]
    return source_text.source("model.mjs.j2", plan, literal, _settings, cells=cells, types=TYPES)


def literal(value: Class | None) -> str:
    """Return a literal of JavaScript: what could end a text, a comment or a script is escaped."""
    if isinstance(value, str):
        return '"' + "".join(map(_character, value)) + '"'
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, int):
        return str(value) if abs(value) < SAFE_INTEGER else f"{value}n"
    return number(value)


def _character(character: str) -> str:
    if character.isprintable() and character not in '"\\<>*':
        return character
    return json.dumps(character)[1:-1] if ord(character) > 0x7E else f"\\u{ord(character):04x}"


def _settings(column: Column) -> list[str]:
    flag = json.dumps(column.has_missing)
    if isinstance(column, CategoryColumn):
        categories = listed(map(literal, column.categories), "[]", "    ")
        return [categories, flag, *further(column, json.dumps)]
    if isinstance(column, BooleanColumn):
        return [number(column.fill), flag]
    usual = [*map(number, (column.mean, column.scale, column.fill)), flag]
    return [*usual, *further(column, json.dumps)]
