"""Tables of DuckDB and SQLite files, and the results of queries on them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from glassnet.errors import InputError
from glassnet.tables.layouts import first_line
from glassnet.tables.sql_text import literal, quoted
from glassnet.tables.staging import (
    TABLE,
    How,
    across,
    columns_of,
    create,
    describe,
    insert,
    run,
    understood_table,
)
from glassnet.tables.table import Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def open_duckdb(
    connection: DuckDBPyConnection,
    safe: str,
    name: str,
    table: str | None,
    query: str | None,
    how: How,
) -> Table:
    """A table of a DuckDB file, or the result of a query."""
    run(connection, f"ATTACH {literal(safe)} AS source (READ_ONLY)", name)
    run(connection, "USE source", name)
    if query is None:
        known = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_catalog = 'source' "
            "AND table_schema = 'main' ORDER BY table_name"
        ).fetchall()
        query = (
            f"SELECT * FROM source.main.{quoted(_chosen([row[0] for row in known], table, name))}"
        )
    _refuse_all_but_one_select(query, name)
    described = describe(connection, query, name)
    chosen = ", ".join(f"c{i}" for i in range(len(described)))
    run(connection, f"CREATE TABLE {TABLE} ({chosen}) AS {query}", name)
    layout = across(connection, name)
    columns = columns_of(described)
    return understood_table(name, columns, layout, lambda row: f"{name}, row {row + 1}", how)


def open_sqlite(
    connection: DuckDBPyConnection, path: Path, table: str | None, query: str | None, how: How
) -> Table:
    """A table of an SQLite file, or the result of a query, read through Python's sqlite3."""
    name = path.name
    database = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)
    try:
        if query is None:
            known = database.execute(
                "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') "
                "AND name NOT LIKE 'sqlite_%' ORDER BY name"
            ).fetchall()
            query = f"SELECT * FROM {quoted(_chosen([row[0] for row in known], table, name))}"
        # A query may look, and nothing else.
        database.set_authorizer(_only_reading)
        cursor = database.execute(query)
        if cursor.description is None:  # of an empty query
            raise InputError(f"{name} cannot be read: a query must be a single SELECT.")
        names = [column[0] for column in cursor.description]
        types = _Types(len(names))
        create(connection, ["VARCHAR"] * len(names))
        insert(connection, len(names), (types.as_texts(row) for row in cursor))
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise InputError(f"{name} cannot be read: {error}.") from None
    finally:
        database.close()
    described = [(n, types.of(i)) for i, n in enumerate(names)]
    layout = across(connection, name)
    columns = columns_of(described, unclear="MIXED")
    return understood_table(name, columns, layout, lambda row: f"{name}, row {row + 1}", how)


def _refuse_all_but_one_select(query: str, name: str) -> None:
    """A query becomes part of other statements, where it must be whole and do nothing but read."""
    import duckdb

    try:
        statements = duckdb.extract_statements(query)
    except duckdb.Error as error:
        raise InputError(f"{name} cannot be read: {first_line(error)}") from None
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        raise InputError(
            f"{name} cannot be read: a query must be a single SELECT, not {query.strip()!r:.80}."
        )


def _chosen(known: list[str], table: str | None, name: str) -> str:
    if table in known:
        return str(table)
    tables = ", ".join(map(repr, known)) or "none"
    if table is not None:
        raise InputError(f"{name} has no table {table!r:.80}: it has {tables}.")
    if len(known) != 1:
        raise InputError(f"{name} has several tables or none, so name one of: {tables}.")
    return known[0]


def _only_reading(action: int, *_: Any) -> int:
    reading = (
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
    )
    return sqlite3.SQLITE_OK if action in reading else sqlite3.SQLITE_DENY


class _Types:
    """What types the values of each column have, which SQLite leaves to every single value."""

    def __init__(self, width: int) -> None:
        self._seen: list[set[type]] = [set() for _ in range(width)]

    def as_texts(self, row: Sequence[Any]) -> list[str | None]:
        for seen, value in zip(self._seen, row, strict=True):
            seen.add(type(value))
        return [None if v is None or isinstance(v, bytes) else str(v) for v in row]

    def of(self, column: int) -> str:
        """As DuckDB names it: texts stay texts, numbers are written as texts to be understood."""
        seen = self._seen[column] - {type(None)}
        if bytes in seen:
            return "BLOB"
        return "VARCHAR" if seen == {str} or not seen else "MIXED"
