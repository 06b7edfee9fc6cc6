"""JSON as a table: an array of objects, or one object a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glassnet.errors import InputError
from glassnet.tables.sql_text import literal, quoted
from glassnet.tables.staging import (
    TABLE,
    How,
    across,
    columns_of,
    describe,
    run,
    understood_table,
)
from glassnet.tables.table import Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def open_json(
    connection: DuckDBPyConnection, safe: str, name: str, how: How, notes: Sequence[str] = ()
) -> Table:
    """An array of objects, or one object a line."""
    read = f"read_json({literal(safe)}, sample_size = -1, maximum_object_size = 67108864)"
    described = describe(connection, f"SELECT * FROM {read}", name)
    chosen = [
        # Values of several types are texts, to be understood like those of a text file.
        f"json_extract_string({quoted(n)}, '$') AS c{i}" if t == "JSON" else f"{quoted(n)} AS c{i}"
        for i, (n, t) in enumerate(described)
    ]
    run(connection, f"CREATE TABLE {TABLE} AS SELECT {', '.join(chosen)} FROM {read}", name)
    layout = across(connection, name)
    if [n for n, _ in described] == ["json"]:
        raise InputError(f"{name} holds no objects: give an array of objects, or one a line.")
    columns = columns_of(described, unclear="JSON")
    return understood_table(
        name, columns, layout, lambda row: f"{name}, row {row + 1}", how, notes=notes
    )
