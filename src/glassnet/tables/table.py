"""A table in DuckDB: its columns with their types, and its rows in order, some at a time."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np

from glassnet.errors import InputError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Type = Literal["integer", "number", "boolean", "date", "text", "other"]
Kind = Literal["number", "boolean", "category", "date"]
Style = Literal["plain", "decimal comma", "thousands"]
Item = TypeVar("Item")

ROWS_AT_ONCE = 2**15
CELLS_AT_ONCE = 2**20
COLUMNS_AT_ONCE = 50  # in one query, because DuckDB needs much memory for many expressions
MICROSECONDS_A_DAY = 86_400_000_000
# A number with decimal comma, thousands apart by points if at all; and with thousands by commas.
COMMA = r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?([eE][+-]?\d+)?"
THOUSANDS = r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d*)?([eE][+-]?\d+)?"
ISO_DATE = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?"
EXPECTED = {
    "number": "a number",
    "boolean": "true or false",
    "date": "a date such as 2026-01-31",
}


@dataclass(frozen=True)
class TableColumn:
    """A column: its name, its type, and how its numbers are written where it is text.

    `sql` is the column in DuckDB and `is_text` whether its values are texts there; `named` is
    False where the file gives no name.
    """

    name: str
    type: Type
    sql: str = field(repr=False)
    is_text: bool = field(repr=False)
    style: Style = "plain"
    named: bool = True


@dataclass(frozen=True)
class Rows:
    """Rows in DuckDB that are numbered by an expression: a table, or a file read in place."""

    relation: str
    position: str
    count: int


@dataclass(frozen=True)
class Summary:
    """What a scan finds in a column: how many values are there, the least and the greatest.

    `distinct` is about how many categories differ, within a few percent; 0 for other kinds.
    """

    present: int
    least: Any
    greatest: Any
    distinct: int


class Table:
    """A table that `open_table` opened; close it after use, or use it in a `with` statement.

    `columns` in their order, `rows` their number, `notes` what was taken for granted in opening.
    """

    def __init__(
        self,
        connection: DuckDBPyConnection,
        source: str,
        columns: Sequence[TableColumn],
        parts: Sequence[Rows],
        place: Callable[[int], str],
        notes: Sequence[str],
    ) -> None:
        self.source = source
        self.columns = tuple(columns)
        self.rows = sum(part.count for part in parts)
        self.notes = tuple(notes)
        self._connection = connection
        self._parts = tuple(parts)
        self._place = place
        self._resources = ExitStack()
        self._by_name = {column.name: column for column in self.columns}
        self._summaries: dict[tuple[str, Kind], Summary] = {}

    def __enter__(self) -> Table:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def keep(self, resources: ExitStack) -> None:
        """Give these back when the table is closed."""
        self._resources = resources

    def close(self) -> None:
        """Give back the memory and the temporary files. Closing twice does no harm."""
        self._resources.close()

    @property
    def description(self) -> dict[str, Any]:
        """Source, rows, and columns with their types, as JSON can hold them."""
        return {
            "source": self.source,
            "rows": self.rows,
            "columns": [{"name": c.name, "type": c.type} for c in self.columns],
        }

    def column(self, name: str) -> TableColumn:
        """The column of that name. Raises InputError, with the most similar name, if none is."""
        self.require([name])
        return self._by_name[name]

    def require(self, names: Sequence[str]) -> None:
        """Raise InputError, naming all that are missing, unless the table has these columns."""
        absent = [name for name in names if name not in self._by_name]
        if not absent:
            return
        words = "column" if len(absent) == 1 else "columns"
        similar = difflib.get_close_matches(absent[0], self._by_name, 1)
        has = _listed(list(self._by_name))
        hint = f"did you mean {similar[0]!r}?" if len(absent) == 1 and similar else f"it has {has}."
        raise InputError(f"{self.source} has no {words} {', '.join(map(repr, absent))}: {hint}")

    def place(self, row: int) -> str:
        """Where a row, counted from 0, stands: such as houses.csv:17."""
        return self._place(row)

    def chunks(self, kinds: Mapping[str, Kind]) -> Iterator[dict[str, np.ndarray]]:
        """The columns named, as values of these kinds, some rows at a time and in order.

        Numbers, booleans as 0 and 1, and dates as days since 1970-01-01 are float64 with NaN for
        missing; categories are texts in an object array with None. How many rows come at once
        depends on the number of columns alone. Raises InputError for a value that is not of its
        kind, or infinite, with its place.
        """
        self.summaries(kinds)
        step = self.chunk_rows(len(kinds))
        for part in self._parts:
            for first in range(0, part.count, step):
                chunk: dict[str, np.ndarray] = {}
                for some in batched(list(kinds.items())):
                    chunk |= self._chunk(part, first, first + step, some)
                yield chunk

    @staticmethod
    def chunk_rows(n_columns: int) -> int:
        """How many rows `chunks` gives at once."""
        return max(256, min(ROWS_AT_ONCE, CELLS_AT_ONCE // max(n_columns, 1)))

    def summaries(self, kinds: Mapping[str, Kind]) -> dict[str, Summary]:
        """A summary of each column read as that kind; the exact results of one scan.

        Raises InputError for columns that are missing, and for the first column with a value that
        is not of its kind, or infinite, with the place of the first one.
        """
        self.require(list(kinds))
        new = [item for item in kinds.items() if item not in self._summaries]
        for name, kind in new:
            self._refuse_type(self._by_name[name], kind)
        for some in batched(new):
            self._summarise(some)
        return {name: self._summaries[name, kind] for name, kind in kinds.items()}

    def distinct(self, name: str, kind: Kind, limit: int) -> list[Any] | None:
        """The different values of a column in ascending order; None if they are more than limit."""
        if self.summaries({name: kind})[name].distinct > 2 * limit + 10:
            return None
        value = converted(self._by_name[name], kind)
        relation = self._everything
        rows = self._execute(
            f"SELECT DISTINCT {value} AS v FROM {relation} WHERE v IS NOT NULL LIMIT {limit + 1}"
        ).fetchall()
        return sorted(row[0] for row in rows) if len(rows) <= limit else None

    def first_missing(self, name: str, kind: Kind) -> int:
        """The first row, counted from 0, without a value. Call it only if there is one."""
        return self._first(f"{converted(self._by_name[name], kind)} IS NULL")[0]

    @property
    def _everything(self) -> str:
        if len(self._parts) == 1:
            return self._parts[0].relation
        union = " UNION ALL BY NAME ".join(f"SELECT * FROM {p.relation}" for p in self._parts)
        return f"({union})"

    def _execute(self, query: str, parameters: Sequence[Any] = ()) -> DuckDBPyConnection:
        import duckdb

        try:
            return self._connection.execute(query, list(parameters))
        except duckdb.Error as error:
            raise InputError(f"{self.source} cannot be read: {first_line(error)}") from None

    def _chunk(
        self, part: Rows, first: int, end: int, wanted: Sequence[tuple[str, Kind]]
    ) -> dict[str, np.ndarray]:
        values = [converted(self._by_name[name], kind) for name, kind in wanted]
        chosen = ", ".join(f"{value} AS v{i}" for i, value in enumerate(values))
        where = f"{part.position} >= ? AND {part.position} < ?"
        query = f"SELECT {chosen} FROM {part.relation} WHERE {where}"
        arrays = self._execute(query, [first, end]).fetchnumpy()
        return {
            name: _array(np.ma.asarray(arrays[f"v{i}"]), kind)
            for i, (name, kind) in enumerate(wanted)
        }

    def _refuse_type(self, column: TableColumn, kind: Kind) -> None:
        fits = {
            "number": ("integer", "number", "boolean"),
            "boolean": ("integer", "number", "boolean"),
            "date": ("date",),
            "category": ("integer", "number", "boolean", "date", "text"),
        }[kind]
        if column.type not in fits and not (column.is_text and column.type != "other"):
            raise InputError(
                f"{self.source}: column {column.name!r} holds values of the type {column.type} "
                f"where {EXPECTED.get(kind, 'a text')} is expected."
            )

    def _summarise(self, wanted: Sequence[tuple[str, Kind]]) -> None:
        queries = []
        for name, kind in wanted:
            column = self._by_name[name]
            value = converted(column, kind)
            distinct = f"approx_count_distinct({value})" if kind == "category" else "0"
            queries.append(
                f"count({column.sql}), count({value}), min({value}), max({value}), {distinct}"
            )
        found = self._execute(f"SELECT {', '.join(queries)} FROM {self._everything}").fetchone()
        assert found is not None
        for i, (name, kind) in enumerate(wanted):
            given, present, least, greatest, distinct = found[5 * i : 5 * i + 5]
            column = self._by_name[name]
            lost = given > present and (column.is_text or kind == "boolean")
            if lost or math.inf in (greatest, least if kind != "number" or not present else -least):
                self._refuse_value(column, kind)
            self._summaries[name, kind] = Summary(present, least, greatest, distinct)

    def _refuse_value(self, column: TableColumn, kind: Kind) -> None:
        wrong = _wrong(column, kind)
        found = self._execute(f"SELECT count(*) FROM {self._everything} WHERE {wrong}").fetchone()
        assert found is not None
        count = int(found[0])
        row, value = self._first(wrong, column.sql)
        others = f" ({count} such values)" if count > 1 else ""
        what = repr(value) if isinstance(value, str) else str(value)
        raise InputError(
            f"{self.place(row)}: column {column.name!r} holds {what} where "
            f"{EXPECTED[kind]} is expected{others}: correct it, leave it empty, or exclude the "
            "column."
        )

    def _first(self, condition: str, value: str = "NULL") -> tuple[int, Any]:
        before = 0
        for part in self._parts:
            found = self._execute(
                f"SELECT {part.position} AS row, {value} FROM {part.relation} WHERE {condition} "
                "ORDER BY row LIMIT 1"
            ).fetchone()
            if found is not None:
                return before + found[0], found[1]
            before += part.count
        raise RuntimeError(f"No row of {self.source} fulfils {condition}.")


def converted(column: TableColumn, kind: Kind) -> str:
    """SQL of the column's values as that kind: NULL where missing or impossible."""
    c = column.sql
    if kind == "category":
        return _as_text(column)
    if kind == "number":
        if column.is_text:
            return number_of_text(c, column.style)
        value = f"CAST({c} AS DOUBLE)"
        # NaN is missing
        return value if column.type == "integer" else f"nullif({value}, CAST('nan' AS DOUBLE))"
    if kind == "boolean":
        text = f"lower(CAST({c} AS VARCHAR))"
        return (
            f"CASE WHEN {text} IN ('true', '1', '1.0') THEN 1.0::DOUBLE "
            f"WHEN {text} IN ('false', '0', '0.0') THEN 0.0::DOUBLE END"
        )
    timestamp = date_of_text(c) if column.is_text else f"CAST({c} AS TIMESTAMP)"
    return f"(epoch_us({timestamp}) / {MICROSECONDS_A_DAY}.0::DOUBLE)"


def number_of_text(c: str, style: Style) -> str:
    """SQL of the number that a text writes in that style, NULL if it writes none."""
    if style == "decimal comma":
        digits = f"replace(replace({c}, '.', ''), ',', '.')"
        return f"CASE WHEN regexp_full_match({c}, '{COMMA}') THEN try_cast({digits} AS DOUBLE) END"
    if style == "thousands":
        digits = f"replace({c}, ',', '')"
        matches = f"regexp_full_match({c}, '{THOUSANDS}')"
        return f"CASE WHEN {matches} THEN try_cast({digits} AS DOUBLE) END"
    return f"try_cast({c} AS DOUBLE)"


def date_of_text(c: str) -> str:
    """SQL of the timestamp that a text in the form 2026-01-31 or 2026-01-31T12:00 writes."""
    return f"CASE WHEN regexp_full_match({c}, '{ISO_DATE}') THEN try_cast({c} AS TIMESTAMP) END"


def batched(columns: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """As many columns at a time as one query should have."""
    for first in range(0, len(columns), COLUMNS_AT_ONCE):
        yield columns[first : first + COLUMNS_AT_ONCE]


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def first_line(error: Exception) -> str:
    """What DuckDB says is wrong, without its advice for writers of SQL."""
    return str(error).strip().split("\n")[0]


def _as_text(column: TableColumn) -> str:
    c = column.sql
    if column.is_text or column.type not in ("number", "integer"):
        return f"CAST({c} AS VARCHAR)"
    # 1.0 is the category '1', as it is where the same column holds whole numbers.
    whole = f"{c} = trunc({c}) AND abs({c}) < 1e15"
    text = f"CASE WHEN {whole} THEN CAST(CAST({c} AS BIGINT) AS VARCHAR) ELSE CAST({c} AS VARCHAR)"
    return f"CASE WHEN NOT isnan(CAST({c} AS DOUBLE)) THEN {text} END END"


def _wrong(column: TableColumn, kind: Kind) -> str:
    """SQL that is true where there is a value, but none of that kind, or an infinite one."""
    value = converted(column, kind)
    if kind == "category":
        return "false"
    if kind == "number":
        lost = f"{column.sql} IS NOT NULL AND {value} IS NULL" if column.is_text else "false"
        return f"({lost}) OR coalesce(isinf({value}), false)"
    return f"{column.sql} IS NOT NULL AND {value} IS NULL"


def _array(values: np.ndarray, kind: Kind) -> np.ndarray:
    mask = np.ma.getmaskarray(values)
    data = np.ma.getdata(values)
    if kind == "category":
        texts = data.astype(object)
        texts[mask] = None
        return texts
    return np.where(mask, np.nan, data.astype(np.float64))


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:20]))
    return f"{shown} and {len(names) - 20} more" if len(names) > 20 else shown
