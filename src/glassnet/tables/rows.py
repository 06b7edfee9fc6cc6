"""Which rows of a table are used, for what, and how a recipe reads their columns."""

from __future__ import annotations

from typing import Literal

import numpy as np

from glassnet.data.preprocessing import (
    BooleanColumn,
    CategoryColumn,
    Coded,
    DateColumn,
    NumericColumn,
    Recipe,
    Target,
)
from glassnet.errors import InputError, Name, finite_number
from glassnet.tables.columns import Kind
from glassnet.tables.split import validation_rows
from glassnet.tables.table import Table

MissingTarget = Literal["refuse", "skip"]

_KINDS: dict[type, Kind] = {
    NumericColumn: "number",
    BooleanColumn: "boolean",
    CategoryColumn: "category",
    DateColumn: "date",
}


def feature_kinds(recipe: Recipe) -> dict[str, Kind]:
    """How each column of the recipe is read."""
    return {column.name: _KINDS[type(column)] for column in recipe.columns}


def target_kinds(target: Target) -> dict[str, Kind]:
    """How each column of the target is read."""
    kind: Kind = "number"
    if target.classes is not None and isinstance(target.classes[0], str):
        kind = "category"
    elif target.classes is not None and isinstance(target.classes[0], bool):
        kind = "boolean"
    return dict.fromkeys(target.names, kind)


def present_rows(table: Table, target: Target, missing: MissingTarget) -> np.ndarray:
    """True for the rows, (rows,), that have their target.

    Raises InputError for the first without one, unless they are to be skipped.
    """
    kinds = target_kinds(target)
    summaries = table.summaries(kinds)
    lacking = [name for name, found in summaries.items() if found.present < table.rows]
    if lacking and missing != "skip":
        name = lacking[0]
        count = table.rows - summaries[name].present
        raise InputError(
            f"{table.place(table.first_missing(name, kinds[name]))}: the target column "
            f"{name!r:.80} "
            f"has no value here{f' and in {count - 1} more rows' if count > 1 else ''}: fill it "
            f"in, or skip such rows (--missing-target skip).{_read_as_missing(table, name)}"
        )
    present = np.ones(table.rows, bool)
    if not lacking:
        return present
    first = 0
    for chunk in table.chunks({name: kinds[name] for name in lacking}):
        for column in chunk.values():
            here = slice(first, first + len(column))
            present[here] &= column.codes >= 0 if isinstance(column, Coded) else ~np.isnan(column)
        first = here.stop
    if not present.any():
        raise InputError(f"{table.source} has no row with a target {lacking[0]!r:.80}.")
    return present


def _read_as_missing(table: Table, name: str) -> str:
    """What texts of a column were read as missing, and the option that keeps them."""
    gone = table.column(name).gone
    if not gone:
        return ""
    options = " ".join(f"--not-missing {text!r}" for text in gone)
    return f" Here {', '.join(map(repr, gone))} was read as missing: {options} keeps it as a value."


def kept_rows(
    table: Table, target: Target, missing: MissingTarget, validation: float, seed: int
) -> np.ndarray:
    """True for the rows, (rows,), that are used for training: they have their target and are not
    kept for validation. It takes some 20 bytes a row at most, for a short time.
    """
    present = present_rows(table, target, missing)
    finite_number("validation", validation, 0)
    if validation >= 1:
        raise InputError(
            Name("validation"), f" must be a fraction from 0 and below 1, not {validation!r:.80}."
        )
    if not validation:
        return present
    held = validation_rows(
        int(present.sum()), validation, seed, _class_numbers(table, target, present)
    )
    if not held.any():
        raise InputError(
            f"{table.source} has too few rows to keep {validation:g} of them for validation."
        )
    present[present] = ~held
    return present


def _class_numbers(table: Table, target: Target, present: np.ndarray) -> np.ndarray | None:
    """The class number of each row that is present, (n,); None for a regression."""
    if target.classes is None:
        return None
    numbers = np.empty(int(present.sum()), np.int16)
    first = done = 0
    for chunk in table.chunks(target_kinds(target)):
        values = chunk[target.names[0]]
        here = values[present[first : first + len(values)]]
        numbers[done : done + len(here)] = target.encode([here])
        first, done = first + len(values), done + len(here)
    return numbers
