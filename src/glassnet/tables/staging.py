"""DuckDB's table of a source: made, filled, counted, and its columns typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.errors import InputError
from glassnet.tables.columns import TableColumn, Type
from glassnet.tables.conventions import Conventions
from glassnet.tables.inference import understood
from glassnet.tables.layouts import Across, Layout, Rows, first_line
from glassnet.tables.reading import Reading, Source
from glassnet.tables.table import Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TABLE = "memory.main.data"
CELLS_AT_ONCE = 2**19
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_TYPES: dict[str, Type] = {
    **dict.fromkeys((*_INTEGERS, *(f"U{name}" for name in _INTEGERS)), "integer"),
    **dict.fromkeys(("FLOAT", "DOUBLE", "DECIMAL", "BIGNUM"), "number"),
    **dict.fromkeys(("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"), "date"),
    **dict.fromkeys(("TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"), "date"),
    **dict.fromkeys(("VARCHAR", "ENUM", "UUID"), "text"),
    "BOOLEAN": "boolean",
}


@dataclass(frozen=True)
class How:
    """How a table is to be read: as the user says, and as that of a model was.

    `shared` says that the user spoke of another table, too, to which an option may belong.
    """

    reading: Reading = field(default_factory=Reading)
    learned: Conventions = field(default_factory=Conventions)
    shared: bool = False

    def check_applies(self, name: str, source: Source) -> None:
        """Raise InputError for an option that says nothing about such a source."""
        if not self.shared:
            self.reading.check_applies(name, source)


AS_FOUND = How()


def across(connection: DuckDBPyConnection, name: str) -> Across:
    """Return the rows of the table as they are."""
    return Across(connection, name, [Rows(TABLE, "rowid", row_count(connection))])


def create(connection: DuckDBPyConnection, types: Sequence[str]) -> None:
    """Make the table of text or typed columns c0, c1 and so on, without rows."""
    columns = ", ".join(f"c{i} {sql}" for i, sql in enumerate(types))
    connection.execute(f"CREATE OR REPLACE TABLE {TABLE} ({columns})")


def insert(
    connection: DuckDBPyConnection, width: int, rows: Iterable[Sequence[str | None]]
) -> None:
    """Append rows to the table, given one after another."""
    for part in batches(rows, max(1, CELLS_AT_ONCE // width)):
        cells = np.empty((len(part), width), object)
        cells[:] = part
        insert_arrays(connection, list(cells.T))


def batches(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """As many rows at a time as one insertion should have."""
    part: list[Any] = []
    for row in rows:
        part.append(row)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part


def insert_arrays(connection: DuckDBPyConnection, columns: Sequence[np.ndarray]) -> None:
    """Append rows to the table, given column by column."""
    connection.register("part", {f"c{i}": np.ascontiguousarray(c) for i, c in enumerate(columns)})
    connection.execute(f"INSERT INTO {TABLE} SELECT * FROM part")
    connection.unregister("part")


def run(connection: DuckDBPyConnection, query: str, name: str) -> list[Any]:
    """Run a query on what the user gave: of an error its first line reaches them."""
    import duckdb

    try:
        return connection.execute(query).fetchall()
    except duckdb.Error as error:
        raise InputError(f"{name} cannot be read: {first_line(error)}") from None


def describe(connection: DuckDBPyConnection, query: str, name: str) -> list[tuple[str, str]]:
    """Return the names and the types of the columns that a query gives."""
    return [(row[0], row[1]) for row in run(connection, f"DESCRIBE {query}", name)]


def column_of(number: int, name: str, sql_type: str) -> TableColumn:
    """Return the column of a number, a name and a type of DuckDB."""
    # DECIMAL(18,3) and ENUM('a', 'b'), but not DECIMAL(18,3)[], a list
    base = "" if sql_type.endswith("]") else sql_type.split("(", maxsplit=1)[0]
    kind = _TYPES.get(base, "other")
    return TableColumn(name, kind, f"c{number}", is_text=kind == "text")


def understood_table(
    name: str,
    columns: Sequence[TableColumn],
    layout: Layout,
    place: Callable[[int], str],
    how: How = AS_FOUND,
    *,
    laid_out: Reading | None = None,
    notes: Sequence[str] = (),
) -> Table:
    """Return the table with what its texts mean found out; see `Table` for the arguments.

    `laid_out` says how a text file or a sheet lies, and `notes` are on what was decided before.
    """
    laid_out = laid_out or Reading()
    found, more, conventions = understood(
        layout, columns, how.reading, how.learned, laid_out.delimiter
    )
    reading = Reading(**(laid_out.given | conventions.reading.given))
    kept = replace(conventions, reading=reading)
    return Table(name, found, layout, place, [*notes, *more], kept)


def columns_of(
    described: Sequence[tuple[str, str]], unclear: str | None = None
) -> list[TableColumn]:
    """Return the columns by names and types of DuckDB; those of the unclear type are texts."""
    return [
        TableColumn(n, "text", f"c{i}", is_text=True) if t == unclear else column_of(i, n, t)
        for i, (n, t) in enumerate(described)
    ]


def row_count(connection: DuckDBPyConnection) -> int:
    """Return how many rows the table has."""
    found = connection.execute(f"SELECT count(*) FROM {TABLE}").fetchone()
    assert found is not None
    return int(found[0])
