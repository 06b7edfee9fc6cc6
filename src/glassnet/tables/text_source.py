"""Delimited text as a table: DuckDB reads it, and what DuckDB refuses is read row by row."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from glassnet.errors import InputError
from glassnet.tables import text_files
from glassnet.tables.columns import TableColumn
from glassnet.tables.layouts import Cells, Layout
from glassnet.tables.sql_text import literal
from glassnet.tables.staging import (
    CELLS_AT_ONCE,
    TABLE,
    How,
    across,
    batches,
    create,
    insert,
    insert_arrays,
    row_count,
    understood_table,
)
from glassnet.tables.table import Table
from glassnet.tables.text_files import TextFile

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_ACROSS = 500  # columns; a text file of more is kept cell by cell


def open_text(connection: DuckDBPyConnection, safe: str, path: Path, name: str, how: How) -> Table:
    """Delimited text. Raises InputError with the line of the first fault."""
    file = text_files.look(path, name)
    _refuse_twins(file)
    layout: Layout
    if len(file.names) > MOST_ACROSS:
        layout = _cells(connection, file)
    else:
        if not _read_by_duckdb(connection, safe, file):
            create(connection, ["VARCHAR"] * len(file.names))
            insert(connection, len(file.names), _records(file))
        layout = across(connection, name)
    raw = [
        TableColumn(_name(n, i), "text", _sql(layout, i), is_text=True, named=bool(n))
        for i, n in enumerate(file.names)
    ]
    notes = []
    if not file.has_header:
        notes.append(
            f"The first line of {name} holds only numbers, so it is taken as data and the columns "
            f"are named {file.names[0]} to {file.names[-1]}."
        )
    return understood_table(
        name,
        raw,
        layout,
        lambda row: f"{name}:{text_files.line_of(file, row)}",
        how,
        delimiter=file.delimiter,
        notes=notes,
    )


def _cells(connection: DuckDBPyConnection, file: TextFile) -> Cells:
    """A file of very many columns, cell by cell: see `Cells`."""
    width = len(file.names)
    create(connection, ["VARCHAR"])
    for part in batches(_records(file), max(1, CELLS_AT_ONCE // width)):
        insert_arrays(connection, [np.array(list(chain.from_iterable(part)), object)])
    numbers = {_name(n, i): i for i, n in enumerate(file.names)}
    return Cells(connection, file.shown, TABLE, numbers, row_count(connection) // width)


def _records(file: TextFile) -> Iterator[list[str | None]]:
    return ([v or None for v in row] for _, row in text_files.rows(file))


def _name(name: str, number: int) -> str:
    return name or f"column {number + 1}"


def _sql(layout: Layout, number: int) -> str:
    return "c0" if isinstance(layout, Cells) else f"c{number}"


def _read_by_duckdb(connection: DuckDBPyConnection, safe: str, file: TextFile) -> bool:
    """Whether DuckDB could read the file; it does so strictly, and never guesses."""
    import duckdb

    # With a single column it cannot tell an empty line from a missing value.
    if len(file.names) == 1 or file.encoding != "utf-8-sig":
        return False
    # And it finds no rows below a name with a line break that is not the one that ends the rows.
    if any(sign in name for name in file.names for sign in "\r\n"):
        return False
    names = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(file.names)))
    blanks = literal(text_files.BLANKS)
    trimmed = ", ".join(f"nullif(trim(c{i}, {blanks}), '') AS c{i}" for i in range(len(file.names)))
    try:
        connection.execute(
            f"CREATE TABLE {TABLE} AS SELECT {trimmed} FROM read_csv({literal(safe)}, "
            f"columns = {{{names}}}, auto_detect = false, delim = {literal(file.delimiter)}, "
            f"quote = '\"', escape = '\"', header = {str(file.has_header).lower()}, "
            "encoding = 'utf-8', strict_mode = true, null_padding = false, ignore_errors = false)"
        )
    except duckdb.Error:
        return False
    return True


def _refuse_twins(file: TextFile) -> None:
    seen: dict[str, int] = {}
    for number, name in enumerate(file.names, start=1):
        if name and name in seen:
            raise InputError(
                f"{file.shown}:1: columns {seen[name]} and {number} are both named {name!r}: "
                "rename one."
            )
        seen[name] = number
