"""A model as one Python file that needs nothing but Python 3.9.

The file has a function for each kind of column and each activation that the model uses, and no
other. Texts of the user stand in it as `repr` writes them, which can neither end a literal nor a
line.
"""

from __future__ import annotations

from glassnet.data.preprocessing import BooleanColumn, CategoryColumn, Column
from glassnet.models.exports import source_text
from glassnet.models.exports.plan import Plan
from glassnet.models.exports.source_text import further, listed, number

TAKES = {
    "number": "a number",
    "boolean": "True or False",
    "category": "a text",
    "date": "days since 1970-01-01, with fractions",
}


def source(plan: Plan) -> str:
    """Return the text of the file."""
    cells = [f"{name!r}: {values[0]!r}" for name, values in plan.rows.items()]
    return source_text.source("model.py.j2", plan, repr, settings, cells=cells, takes=TAKES)


def settings(column: Column) -> list[str]:
    """Return what follows the value in the call that encodes such a column."""
    if isinstance(column, CategoryColumn):
        categories = listed(map(repr, column.categories), "[]", "        ")
        return [categories, repr(column.has_missing), *further(column, repr)]
    if isinstance(column, BooleanColumn):
        return [number(column.fill), repr(column.has_missing)]
    usual = [*map(number, (column.mean, column.scale, column.fill)), repr(column.has_missing)]
    return [*usual, *further(column, repr)]
