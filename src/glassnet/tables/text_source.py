"""Delimited text as a table: DuckDB reads it, and what DuckDB refuses is read row by row."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from glassnet.tables import text_files
from glassnet.tables.columns import TableColumn
from glassnet.tables.last_rows import without_last_rows
from glassnet.tables.layouts import Cells, Layout
from glassnet.tables.reading import Reading
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
from glassnet.tables.text_layout import BLANKS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_ACROSS = 500  # columns; a text file of more is kept cell by cell


def open_text(connection: DuckDBPyConnection, safe: str, path: Path, name: str, how: How) -> Table:
    """Delimited text. Raises InputError with the line of the first fault."""
    learned = how.learned.reading
    file = text_files.look(path, name, how.reading, learned)
    laid_out = file.laid_out(how.reading)
    layout: Layout
    notes = [*file.notes, *_otherwise(name, laid_out, learned)]
    if len(file.names) > MOST_ACROSS:
        layout = _cells(connection, file)
    else:
        if not _read_by_duckdb(connection, safe, file):
            remarks: list[int] = []
            create(connection, ["VARCHAR"] * len(file.names))
            insert(connection, len(file.names), _records(file, remarks))
            notes += [
                f"{name}:{line} is a remark below the table: it is left out." for line in remarks
            ]
        notes += without_last_rows(connection)
        notes += _empty_rows(connection, len(file.names))
        layout = across(connection, name)
    raw = [
        TableColumn(_name(n, i), "text", _sql(layout, i), is_text=True, named=bool(n))
        for i, n in enumerate(file.names)
    ]
    return understood_table(
        name,
        raw,
        layout,
        lambda row: f"{name}:{text_files.line_of(file, row)}",
        how,
        laid_out=laid_out,
        notes=notes,
    )


def _otherwise(name: str, found: Reading, learned: Reading) -> list[str]:
    """Notes on what lies otherwise than in the text file that a model was trained on."""
    if learned.delimiter is None:
        return []
    ours, theirs = (text_files.in_words(some.delimiter or "") for some in (found, learned))
    notes = [f"{name} has {ours} between its fields, the table of the model {theirs}."]
    notes = notes if ours != theirs else []
    ours, theirs = (some.encoding or "UTF-8" for some in (found, learned))
    if ours != theirs:
        notes.append(f"{name} is read as {ours}, the table of the model as {theirs}.")
    return notes


def _cells(connection: DuckDBPyConnection, file: TextFile) -> Cells:
    """A file of very many columns, cell by cell: see `Cells`."""
    width = len(file.names)
    create(connection, ["VARCHAR"])
    for part in batches(_records(file), max(1, CELLS_AT_ONCE // width)):
        insert_arrays(connection, [np.array(list(chain.from_iterable(part)), object)])
    numbers = {_name(n, i): i for i, n in enumerate(file.names)}
    return Cells(connection, file.shown, TABLE, numbers, row_count(connection) // width)


def _records(file: TextFile, remarks: list[int] | None = None) -> Iterator[list[str | None]]:
    return ([v or None for v in row] for _, row in text_files.rows(file, remarks))


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
    # It would end a row at a comment sign, and take every space of several for a delimiter.
    if file.comment or file.delimiter == " ":
        return False
    # And it finds no rows below a name with a line break that is not the one that ends the rows.
    if any(sign in name for name in file.names for sign in "\r\n"):
        return False
    names = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(file.names)))
    blanks = literal(BLANKS)
    trimmed = ", ".join(f"nullif(trim(c{i}, {blanks}), '') AS c{i}" for i in range(len(file.names)))
    try:
        connection.execute(
            f"CREATE TABLE {TABLE} AS SELECT {trimmed} FROM read_csv({literal(safe)}, "
            f"columns = {{{names}}}, auto_detect = false, delim = {literal(file.delimiter)}, "
            f"quote = '\"', escape = '\"', header = false, skip = {file.first - 1}, "
            "encoding = 'utf-8', strict_mode = true, null_padding = false, ignore_errors = false)"
        )
    except duckdb.Error:
        return False
    # A quote behind a byte order mark, where files were joined, is none to it.
    quotes = f"SELECT 1 FROM {TABLE} WHERE starts_with(c0, '\"') LIMIT 1"
    return connection.execute(quotes).fetchone() is None


def _empty_rows(connection: DuckDBPyConnection, width: int) -> list[str]:
    """A note on rows without any value; they stay, so that every row keeps its number."""
    empty = " AND ".join(f"c{i} IS NULL" for i in range(width))
    found = connection.execute(f"SELECT count(*) FROM {TABLE} WHERE {empty}").fetchone()
    assert found is not None
    if width == 1 or not found[0]:
        return []
    return [f"{found[0]} of the rows {'is' if found[0] == 1 else 'are'} empty."]
