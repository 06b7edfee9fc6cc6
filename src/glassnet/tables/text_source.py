"""Delimited text as a table: DuckDB reads it, and what DuckDB refuses is read row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from glassnet.errors import InputError
from glassnet.tables import text_files
from glassnet.tables.columns import TableColumn, literal
from glassnet.tables.inference import typed
from glassnet.tables.layouts import Cells, Layout, batched
from glassnet.tables.staging import (
    CELLS_AT_ONCE,
    TABLE,
    across,
    batches,
    create,
    insert,
    insert_arrays,
    row_count,
)
from glassnet.tables.table import Table
from glassnet.tables.text_files import TextFile

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_ACROSS = 500  # columns; a text file of more is kept cell by cell


def open_text(
    connection: DuckDBPyConnection, safe: str, path: Path, name: str, missing: Sequence[str]
) -> Table:
    """Delimited text. Raises InputError with the line of the first fault."""
    file = text_files.look(path, name)
    _refuse_twins(file)
    layout: Layout
    if len(file.names) > MOST_ACROSS:
        layout = _cells(connection, file, missing)
    else:
        if not _read_by_duckdb(connection, safe, file, missing):
            create(connection, ["VARCHAR"] * len(file.names))
            insert(connection, len(file.names), _records(file, missing))
        layout = across(connection, name)
    raw = [
        TableColumn(_name(n, i), "text", _sql(layout, i), is_text=True, named=bool(n))
        for i, n in enumerate(file.names)
    ]
    columns, notes = typed(layout, raw, comma=file.delimiter != ",")
    if not file.has_header:
        notes.insert(
            0,
            f"The first line of {name} holds only numbers, so it is taken as data and the columns "
            f"are named {file.names[0]} to {file.names[-1]}.",
        )
    return Table(
        name, columns, layout, lambda row: f"{name}:{text_files.line_of(file, row)}", notes
    )


def _cells(connection: DuckDBPyConnection, file: TextFile, missing: Sequence[str]) -> Cells:
    """A file of very many columns, cell by cell: see `Cells`."""
    width = len(file.names)
    create(connection, ["VARCHAR"])
    for part in batches(_records(file, missing), max(1, CELLS_AT_ONCE // width)):
        insert_arrays(connection, [np.array(list(chain.from_iterable(part)), object)])
    numbers = {_name(n, i): i for i, n in enumerate(file.names)}
    return Cells(connection, file.shown, TABLE, numbers, row_count(connection) // width)


def _records(file: TextFile, missing: Sequence[str]) -> Iterator[list[str | None]]:
    gone = set(missing)
    return ([None if v in gone else v for v in row] for _, row in text_files.rows(file))


def _name(name: str, number: int) -> str:
    return name or f"column {number + 1}"


def _sql(layout: Layout, number: int) -> str:
    return "c0" if isinstance(layout, Cells) else f"c{number}"


def _read_by_duckdb(
    connection: DuckDBPyConnection, safe: str, file: TextFile, missing: Sequence[str]
) -> bool:
    """Whether DuckDB could read the file; it does so strictly, and never guesses."""
    import duckdb

    # With a single column it cannot tell an empty line from a missing value.
    if len(file.names) == 1 or file.encoding != "utf-8-sig":
        return False
    # And it finds no rows below a name with a line break that is not the one that ends the rows.
    if any(sign in name for name in file.names for sign in "\r\n"):
        return False
    names = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(file.names)))
    gone = ", ".join(literal(text) for text in missing)
    blanks = literal(text_files.BLANKS)
    trimmed = ", ".join(f"trim(c{i}, {blanks}) AS c{i}" for i in range(len(file.names)))
    try:
        connection.execute(
            f"CREATE TABLE {TABLE} AS SELECT {trimmed} FROM read_csv({literal(safe)}, "
            f"columns = {{{names}}}, auto_detect = false, delim = {literal(file.delimiter)}, "
            f"quote = '\"', escape = '\"', header = {str(file.has_header).lower()}, "
            f"nullstr = [{gone}], encoding = 'utf-8', "
            "strict_mode = true, null_padding = false, ignore_errors = false)"
        )
    except duckdb.Error:
        return False
    _empty_where_blanks_hid_it(connection, len(file.names), gone)
    return True


def _empty_where_blanks_hid_it(connection: DuckDBPyConnection, width: int, gone: str) -> None:
    """A missing value with blanks around it is one too; most files have none, so look first."""
    for some in batched(range(width)):
        counts = ", ".join(f"count(*) FILTER (c{i} IN ({gone}))" for i in some)
        found = connection.execute(f"SELECT {counts} FROM {TABLE}").fetchone()
        assert found is not None
        for i, count in zip(some, found, strict=True):
            if count:
                connection.execute(f"UPDATE {TABLE} SET c{i} = NULL WHERE c{i} IN ({gone})")


def _refuse_twins(file: TextFile) -> None:
    seen: dict[str, int] = {}
    for number, name in enumerate(file.names, start=1):
        if name and name in seen:
            raise InputError(
                f"{file.shown}:1: columns {seen[name]} and {number} are both named {name!r}: "
                "rename one."
            )
        seen[name] = number
