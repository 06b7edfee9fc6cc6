"""Copying a source into DuckDB's table, whatever it is, with its columns named and typed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

from glassnet.errors import InputError
from glassnet.tables import text_files
from glassnet.tables.columns import TableColumn, Type, literal, quoted
from glassnet.tables.inference import dated, typed
from glassnet.tables.layouts import Across, Cells, Layout, Rows, batched, first_line
from glassnet.tables.table import Table
from glassnet.tables.text_files import TextFile

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TABLE = "memory.main.data"
CELLS_AT_ONCE = 2**19
MOST_ACROSS = 500  # columns; a text file of more is kept cell by cell
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_TYPES: dict[str, Type] = {
    **dict.fromkeys((*_INTEGERS, *(f"U{name}" for name in _INTEGERS)), "integer"),
    **dict.fromkeys(("FLOAT", "DOUBLE", "DECIMAL", "BIGNUM"), "number"),
    **dict.fromkeys(("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"), "date"),
    **dict.fromkeys(("TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"), "date"),
    **dict.fromkeys(("VARCHAR", "ENUM", "UUID"), "text"),
    "BOOLEAN": "boolean",
}


def text(
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
            _create(connection, ["VARCHAR"] * len(file.names))
            _insert(connection, len(file.names), _records(file, missing))
        layout = _across(connection, name)
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


def json(connection: DuckDBPyConnection, safe: str, name: str) -> Table:
    """An array of objects, or one object a line."""
    read = f"read_json({literal(safe)}, sample_size = -1, maximum_object_size = 67108864)"
    described = _described(connection, f"SELECT * FROM {read}", name)
    chosen = [
        # Values of several types are texts, to be understood like those of a text file.
        f"json_extract_string({quoted(n)}, '$') AS c{i}" if t == "JSON" else f"{quoted(n)} AS c{i}"
        for i, (n, t) in enumerate(described)
    ]
    _run(connection, f"CREATE TABLE {TABLE} AS SELECT {', '.join(chosen)} FROM {read}", name)
    layout = _across(connection, name)
    columns, notes = _with_texts_understood(layout, described, "JSON")
    if [n for n, _ in described] == ["json"]:
        raise InputError(f"{name} holds no objects: give an array of objects, or one a line.")
    return Table(name, columns, layout, lambda row: f"{name}, row {row + 1}", notes)


def duckdb_file(
    connection: DuckDBPyConnection, safe: str, name: str, table: str | None, query: str | None
) -> Table:
    """A table of a DuckDB file, or the result of a query."""
    _run(connection, f"ATTACH {literal(safe)} AS source (READ_ONLY)", name)
    _run(connection, "USE source", name)
    if query is None:
        known = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_catalog = 'source' "
            "AND table_schema = 'main' ORDER BY table_name"
        ).fetchall()
        query = (
            f"SELECT * FROM source.main.{quoted(_chosen([row[0] for row in known], table, name))}"
        )
    _refuse_all_but_one_select(query, name)
    described = _described(connection, query, name)
    chosen = ", ".join(f"c{i}" for i in range(len(described)))
    _run(connection, f"CREATE TABLE {TABLE} ({chosen}) AS {query}", name)
    layout = _across(connection, name)
    columns, notes = _with_texts_understood(layout, described, unclear=None)
    return Table(name, columns, layout, lambda row: f"{name}, row {row + 1}", notes)


def sqlite_file(
    connection: DuckDBPyConnection, path: Path, table: str | None, query: str | None
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
        _create(connection, ["VARCHAR"] * len(names))
        _insert(connection, len(names), (types.as_texts(row) for row in cursor))
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise InputError(f"{name} cannot be read: {error}.") from None
    finally:
        database.close()
    described = [(n, types.of(i)) for i, n in enumerate(names)]
    layout = _across(connection, name)
    columns, notes = _with_texts_understood(layout, described, "MIXED")
    return Table(name, columns, layout, lambda row: f"{name}, row {row + 1}", notes)


def frame(connection: DuckDBPyConnection, source: Any) -> Table:
    """A data frame of any library that Narwhals knows."""
    import narwhals as nw

    try:
        data = nw.from_native(source, eager_only=True)
    except TypeError:
        raise InputError(
            "A table is the name of a file or a data frame of pandas, polars or pyarrow, "
            f"not {type(source).__name__}."
        ) from None
    names = [str(name) for name in data.columns]
    if len(set(names)) < len(names):
        raise InputError("The data frame has two columns of one name: rename one.")
    kinds = [_frame_type(data[name].dtype, data[name]) for name in data.columns]
    _create(connection, [sql for sql, _ in kinds])
    step = max(1, CELLS_AT_ONCE // max(len(names), 1))
    for first in range(0, len(data), step):
        part = data[first : first + step]
        _insert_arrays(
            connection,
            [_frame_values(part[n], sql) for n, (sql, _) in zip(data.columns, kinds, strict=True)],
        )
    columns = [
        TableColumn(n, kind, f"c{i}", is_text=sql == "VARCHAR")
        for i, (n, (sql, kind)) in enumerate(zip(names, kinds, strict=True))
    ]
    source_name = "The data frame"
    layout = _across(connection, source_name)
    columns, notes = with_dates(layout, columns)
    return Table(
        source_name,
        columns,
        layout,
        lambda row: f"Row {row} of the data frame (counted from 0)",
        notes,
    )


def parquet(
    connection: DuckDBPyConnection, safe: Sequence[str], files: Sequence[Path]
) -> tuple[list[int], list[TableColumn]]:
    """How many rows each file has, and the columns that all have."""
    counts, described = [], []
    for source, path in zip(safe, files, strict=True):
        read = f"read_parquet({literal(source)})"
        described.append(_described(connection, f"SELECT * FROM {read}", str(path)))
        found = connection.execute(f"SELECT count(*) FROM {read}").fetchone()
        assert found is not None
        counts.append(int(found[0]))
        if described[-1] != described[0]:
            raise InputError(
                f"{path} has other columns or types than {files[0].name}: all files of one "
                "table must have the same."
            )
    return counts, [replace(_column(0, n, t), sql=quoted(n)) for n, t in described[0]]


def _across(connection: DuckDBPyConnection, name: str) -> Across:
    """The rows of `TABLE` as they are."""
    return Across(connection, name, [Rows(TABLE, "rowid", _count(connection))])


def _cells(connection: DuckDBPyConnection, file: TextFile, missing: Sequence[str]) -> Cells:
    """A file of very many columns, cell by cell: see `Cells`."""
    width = len(file.names)
    _create(connection, ["VARCHAR"])
    for part in _batches(_records(file, missing), max(1, CELLS_AT_ONCE // width)):
        _insert_arrays(connection, [np.array(list(chain.from_iterable(part)), object)])
    numbers = {_name(n, i): i for i, n in enumerate(file.names)}
    return Cells(connection, file.shown, TABLE, numbers, _count(connection) // width)


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


def _create(connection: DuckDBPyConnection, types: Sequence[str]) -> None:
    columns = ", ".join(f"c{i} {sql}" for i, sql in enumerate(types))
    connection.execute(f"CREATE OR REPLACE TABLE {TABLE} ({columns})")


def _insert(
    connection: DuckDBPyConnection, width: int, rows: Iterable[Sequence[str | None]]
) -> None:
    for part in _batches(rows, max(1, CELLS_AT_ONCE // width)):
        cells = np.empty((len(part), width), object)
        cells[:] = part
        _insert_arrays(connection, list(cells.T))


def _batches(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    part: list[Any] = []
    for row in rows:
        part.append(row)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part


def _insert_arrays(connection: DuckDBPyConnection, columns: Sequence[np.ndarray]) -> None:
    connection.register("part", {f"c{i}": np.ascontiguousarray(c) for i, c in enumerate(columns)})
    connection.execute(f"INSERT INTO {TABLE} SELECT * FROM part")
    connection.unregister("part")


def _refuse_all_but_one_select(query: str, name: str) -> None:
    """A query becomes part of other statements, where it must be whole and do nothing but read."""
    import duckdb

    try:
        statements = duckdb.extract_statements(query)
    except duckdb.Error as error:
        raise InputError(f"{name} cannot be read: {first_line(error)}") from None
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        raise InputError(
            f"{name} cannot be read: a query must be a single SELECT, not {query.strip()!r}."
        )


def _run(connection: DuckDBPyConnection, query: str, name: str) -> list[Any]:
    import duckdb

    try:
        return connection.execute(query).fetchall()
    except duckdb.Error as error:
        raise InputError(f"{name} cannot be read: {first_line(error)}") from None


def _described(connection: DuckDBPyConnection, query: str, name: str) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in _run(connection, f"DESCRIBE {query}", name)]


def _column(number: int, name: str, sql_type: str) -> TableColumn:
    # DECIMAL(18,3) and ENUM('a', 'b'), but not DECIMAL(18,3)[], a list
    base = "" if sql_type.endswith("]") else sql_type.split("(", maxsplit=1)[0]
    kind = _TYPES.get(base, "other")
    return TableColumn(name, kind, f"c{number}", is_text=kind == "text")


def _with_texts_understood(
    layout: Layout, described: Sequence[tuple[str, str]], unclear: str | None
) -> tuple[list[TableColumn], list[str]]:
    """The columns, those of the unclear type understood as in a text file; dates in texts found."""
    columns = [
        TableColumn(n, "text", f"c{i}", is_text=True) if t == unclear else _column(i, n, t)
        for i, (n, t) in enumerate(described)
    ]
    texts = [c for c, (_, t) in zip(columns, described, strict=True) if t == unclear]
    understood, notes = typed(layout, texts, comma=False)
    by_name = {column.name: column for column in understood}
    rest = [column for column in columns if column.name not in by_name]
    found, more = with_dates(layout, rest)
    by_name |= {column.name: column for column in found}
    return [by_name[column.name] for column in columns], [*notes, *more]


def with_dates(
    layout: Layout, columns: Sequence[TableColumn]
) -> tuple[list[TableColumn], list[str]]:
    """The columns, those of texts that write dates as dates, and notes on them."""
    texts = [column for column in columns if column.type == "text"]
    found, notes = dated(layout, texts)
    by_name = {column.name: column for column in found}
    return [by_name.get(column.name, column) for column in columns], notes


def _count(connection: DuckDBPyConnection) -> int:
    found = connection.execute(f"SELECT count(*) FROM {TABLE}").fetchone()
    assert found is not None
    return int(found[0])


def _chosen(known: list[str], table: str | None, name: str) -> str:
    if table in known:
        return str(table)
    tables = ", ".join(map(repr, known)) or "none"
    if table is not None:
        raise InputError(f"{name} has no table {table!r}: it has {tables}.")
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


def _frame_type(dtype: Any, series: Any) -> tuple[str, Type]:
    """How DuckDB keeps a column of a data frame, and what it holds."""
    import narwhals as nw

    if dtype == nw.Object:
        return _object_type(series)
    if dtype.is_numeric():
        return "DOUBLE", "integer" if dtype.is_integer() else "number"
    if dtype in (nw.Date, nw.Datetime):
        return "TIMESTAMP", "date"
    if dtype == nw.Boolean:
        return "BOOLEAN", "boolean"
    return "VARCHAR", "text" if dtype in (nw.String, nw.Categorical, nw.Enum) else "other"


def _object_type(series: Any) -> tuple[str, Type]:
    seen = {type(v) for v in _items(series) if v is not None}
    if seen <= {bool}:
        return "BOOLEAN", "boolean"
    if seen <= {int, float, bool}:
        return "DOUBLE", "number"
    return ("VARCHAR", "text") if seen == {str} else ("VARCHAR", "other")


def _frame_values(series: Any, sql_type: str) -> np.ndarray:
    import narwhals as nw

    if sql_type == "VARCHAR":
        return np.array([v if isinstance(v, str) else None for v in _items(series)], object)
    if sql_type == "TIMESTAMP":
        return _timestamps(series)
    if series.dtype.is_numeric():
        numbers: np.ndarray = series.cast(nw.Float64).to_numpy().astype(np.float64)
        return numbers
    return np.array([None if v is None else float(v) for v in _items(series)], np.float64)


def _timestamps(series: Any) -> np.ndarray:
    nat = np.iinfo(np.int64).min
    micros = [nat if v is None else int(v) for v in _items(series.dt.timestamp("us"))]
    return np.array(micros, np.int64).view("datetime64[us]")


def _items(series: Any) -> list[Any]:
    """The values of a column, None for whatever the library means by missing."""
    missing = series.is_null().to_list()
    return [None if m else v for v, m in zip(series.to_list(), missing, strict=True)]
