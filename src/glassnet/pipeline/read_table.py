"""A table as it was read: its columns, how each was decided, and what was possible, too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from glassnet.pipeline.source import opened
from glassnet.tables import Table
from glassnet.tables.fitting import usable_kinds
from glassnet.tables.reading import Reading
from glassnet.tables.sentinels import sentinel_notes

MOST_EXAMPLES = 3
ROWS_FOR_EXAMPLES = 200
MOST_SHOWN = 20  # columns, and notes, that are printed
LONGEST_EXAMPLE = 24


@dataclass(frozen=True)
class ReadColumn:
    """A column as it was read.

    Parameters
    ----------
    name
        Its name.
    kind
        number, category, date, boolean, or text: more like names than categories.
    decided
        How that was decided.
    examples
        A few of its values, as they stand in the table.
    missing
        How many rows have none.
    """

    name: str
    kind: str
    decided: str
    examples: tuple[str, ...]
    missing: int


@dataclass(frozen=True, repr=False)
class ReadTable:
    """A table as it was read.

    Parameters
    ----------
    source
        What it is called.
    rows
        How many rows it has.
    columns
        Its columns in their order.
    notes
        What was decided although another reading was possible, and which columns are left out.
    """

    source: str
    rows: int
    columns: tuple[ReadColumn, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "source": self.source,
            "rows": self.rows,
            "columns": [{**asdict(c), "examples": list(c.examples)} for c in self.columns],
            "notes": list(self.notes),
        }

    def __repr__(self) -> str:
        shown = [
            f"  {c.name:.24}: {c.kind}, {c.decided}, such as {', '.join(c.examples)}"
            + (f", {c.missing} missing" if c.missing else "")
            for c in self.columns[:MOST_SHOWN]
        ]
        notes = [f"  note: {note:.120}" for note in self.notes[:MOST_SHOWN]]
        return "\n".join([f"{self.source}: {self.rows} rows", *shown, *notes])


def read_table(
    source: Any, *, table: str | None = None, query: str | None = None, **reading: Any
) -> ReadTable:
    """Return a table as it is read: kinds of columns, how they were decided, and notes.

    Parameters
    ----------
    source : path, name of a data set, or table in memory
        What `train_table` takes.
    table, query : str, optional
        The table of a database, or a query on it.
    **reading
        How to read it; what is left out is found out: header ("auto", "yes", "no"), names,
        delimiter, decimal, thousands, date_order ("day-first", "month-first", "year-first"),
        encoding, skip (lines at the top), comment, missing and not_missing (texts), types (a
        dictionary of columns: "number", "category", "date", "text"), sheet, and key.

    Returns
    -------
    ReadTable
        The columns with their kinds, and notes.

    Raises
    ------
    InputError
        For what is no table, where two readings fit and no option chooses, and for an option that
        contradicts the table.

    Examples
    --------
    >>> import glassnet as gn
    >>> found = gn.read_table({"x": [1.5, 2.5], "city": ["Rome", "Bonn"]})
    >>> [(column.name, column.kind) for column in found.columns]
    [('x', 'number'), ('city', 'category')]
    """
    how = Reading.of(reading)
    with opened(source, table, query, reading=how) as rows:
        kinds, notes = usable_kinds(rows)
        columns = _columns(rows, kinds)
        notes += sentinel_notes(rows, [n for n, kind in kinds.items() if kind == "number"])
        return ReadTable(rows.source, rows.rows, columns, (*rows.notes, *notes))


def _columns(table: Table, kinds: Mapping[str, str]) -> tuple[ReadColumn, ...]:
    asked = [(column, f"CAST({column.sql} AS VARCHAR)") for column in table.columns]
    sample = next(table.layout.chunks(asked, ROWS_FOR_EXAMPLES))
    counts = table.layout.aggregates([(c, [f"count({c.sql})"]) for c in table.columns])
    return tuple(
        ReadColumn(
            column.name,
            kinds.get(column.name, "text" if column.is_text else column.type),
            column.why or "its type in the source",
            tuple(_examples(values)),
            table.rows - present,
        )
        for column, values, (present,) in zip(table.columns, sample, counts, strict=True)
    )


def _examples(values: np.ndarray) -> list[str]:
    texts = dict.fromkeys(np.ma.masked_array(values).compressed().tolist())
    return [f"{text:.{LONGEST_EXAMPLE}}" for text in list(texts)[:MOST_EXAMPLES]]
