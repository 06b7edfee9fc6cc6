"""Columns that hold something else than in the table that a model was trained on."""

from __future__ import annotations

from collections.abc import Iterator

from glassnet.data.preprocessing import CategoryColumn, Recipe
from glassnet.tables.columns import TableColumn
from glassnet.tables.number_formats import PLAIN
from glassnet.tables.rows import feature_kinds
from glassnet.tables.table import Table

_WORDS = {"integer": "numbers", "number": "numbers", "boolean": "true and false", "date": "dates",
          "text": "texts", "category": "texts"}  # fmt: skip
_ALIKE = {
    "number": ("integer", "number"),
    "boolean": ("boolean", "integer"),
    "date": ("date",),
    "category": ("text",),
}


def changed_columns(table: Table, recipe: Recipe) -> Iterator[str]:
    """A note on each column of the recipe whose values are of another type in the table."""
    columns, kinds = {column.name: column for column in table.columns}, feature_kinds(recipe)
    for known in recipe.columns:
        column, kind = columns.get(known.name), kinds[known.name]
        if column is None or column.type in _ALIKE[kind] or column.why == "empty":
            continue
        if isinstance(known, CategoryColumn) and all(_is_of(column, c) for c in known.categories):
            continue
        yield (
            f"Column {column.name!r} holds {_WORDS.get(column.type, 'other values')} in "
            f"{table.source}, and held {_WORDS[kind]} in the table of the model: its values are "
            f"read as {_WORDS[kind]}."
        )


def _is_of(column: TableColumn, category: str) -> bool:
    """Whether a category is a text of that type, so that the same values may be meant."""
    if column.type == "boolean":
        return category in ("true", "false")
    return column.type in ("integer", "number") and PLAIN.parse(category) is not None
