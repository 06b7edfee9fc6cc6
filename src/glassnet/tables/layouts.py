"""How the rows of a table lie in DuckDB, and the questions that can be put to them.

Most tables lie as they are. One of thousands of columns is kept as a single column of cells, for
DuckDB takes time and memory for every column that a query names: then one GROUP BY asks all of
them at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from glassnet.core.parameters import Array
from glassnet.errors import InputError
from glassnet.tables.columns import TableColumn

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FEWEST_TO_NUMBER = 2**14  # rows; fewer are looked through as fast as their texts are numbered
COLUMNS_AT_ONCE = 50  # in one query, because DuckDB needs much memory for many expressions
Item = TypeVar("Item")
Asked = Sequence[tuple[TableColumn, str]]
Aggregates = Sequence[tuple[TableColumn, Sequence[str]]]
Moments = tuple[Array, Array, Array]  # of columns: how many values, their means, sums of squares


class Layout(Protocol):
    """The rows of a table, numbered from 0, in the order of their source.

    An expression is SQL of the column's own `sql`. Every method raises InputError if DuckDB
    cannot read what it needs.
    """

    @property
    def rows(self) -> int:
        """How many they are."""

    @property
    def source(self) -> str:
        """What the table is called."""

    def aggregates(self, asked: Aggregates) -> list[tuple[Any, ...]]:
        """For each column the values of its aggregates.

        An aggregate is a constant, or one of count, min, max and approx_count_distinct.
        """

    def chunks(self, asked: Asked, step: int) -> Iterator[list[np.ndarray]]:
        """The expression of each column for `step` rows at a time, masked where it is NULL."""

    def moments(self, asked: Asked, step: int, keep: np.ndarray) -> Moments:
        """Of the expressions, numbers all, over the rows where `keep` (rows,) is True.

        How many values there are, their means, and sum (v - mean)^2; (n_columns,) each.
        """

    def first(self, column: TableColumn, condition: str) -> tuple[int, Any] | None:
        """The first row where the condition holds, and the column's value there."""

    def distinct(self, column: TableColumn, expression: str, most: int) -> list[Any]:
        """The different values of the expression that are not NULL, at most so many."""

    def numbered(self, column: TableColumn, expression: str) -> tuple[str, tuple[str, ...]] | None:
        """SQL of each text's number among the different ones, and these; None if it cannot be.

        For an expression of texts that are few.
        """


@dataclass(frozen=True)
class Rows:
    """Rows in DuckDB that are numbered from `first` on by an expression: a table, or a file read
    in place.
    """

    relation: str
    position: str
    count: int
    first: int = 0


class Across:
    """Every column is one in DuckDB; the rows are those of the parts one after another."""

    def __init__(self, connection: DuckDBPyConnection, source: str, parts: Sequence[Rows]) -> None:
        self.rows = sum(part.count for part in parts)
        self.source = source
        self._query = _Query(connection, source)
        self._parts = tuple(parts)
        self._types = 0

    def aggregates(self, asked: Aggregates) -> list[tuple[Any, ...]]:
        """See `Layout.aggregates`."""
        found: list[tuple[Any, ...]] = []
        for some in batched(asked):
            lists = ", ".join(f"row({', '.join(expressions)})" for _, expressions in some)
            (row,) = self._query(f"SELECT {lists} FROM {self._everything}").fetchall()
            found += [tuple(v.values()) if isinstance(v, dict) else tuple(v) for v in row]
        return found

    def chunks(self, asked: Asked, step: int) -> Iterator[list[np.ndarray]]:
        """See `Layout.chunks`."""
        for part in self._parts:
            for first in range(part.first, part.first + part.count, step):
                yield [v for some in batched(asked) for v in self._chunk(part, first, step, some)]

    def _chunk(self, part: Rows, first: int, step: int, asked: Asked) -> list[np.ndarray]:
        chosen = ", ".join(f"{expression} AS v{i}" for i, (_, expression) in enumerate(asked))
        where = f"{part.position} >= ? AND {part.position} < ?"
        found = self._query(
            f"SELECT {chosen} FROM {part.relation} WHERE {where}", [first, first + step]
        ).fetchnumpy()
        return [np.ma.asarray(found[f"v{i}"]) for i in range(len(asked))]

    def moments(self, asked: Asked, step: int, keep: np.ndarray) -> Moments:
        """See `Layout.moments`."""
        return moments_of(self.chunks(asked, step), keep, len(asked))

    def first(self, column: TableColumn, condition: str) -> tuple[int, Any] | None:
        """See `Layout.first`."""
        before = 0
        for part in self._parts:
            found = self._query(
                f"SELECT {part.position} AS row, {column.sql} FROM {part.relation} "
                f"WHERE {condition} ORDER BY row LIMIT 1"
            ).fetchone()
            if found is not None:
                return before + found[0] - part.first, found[1]
            before += part.count
        return None

    def distinct(self, column: TableColumn, expression: str, most: int) -> list[Any]:
        """See `Layout.distinct`."""
        found = self._query(
            f"SELECT DISTINCT {expression} AS v FROM {self._everything} "
            f"WHERE v IS NOT NULL LIMIT {most}"
        ).fetchall()
        return [row[0] for row in found]

    def numbered(self, column: TableColumn, expression: str) -> tuple[str, tuple[str, ...]] | None:
        """See `Layout.numbered`."""
        if self.rows < FEWEST_TO_NUMBER:
            return None
        name = f"memory.main.texts{self._types}"
        self._types += 1
        self._query(
            f"CREATE TYPE {name} AS ENUM (SELECT DISTINCT {expression} AS v "
            f"FROM {self._everything} WHERE v IS NOT NULL ORDER BY v)"
        )
        (texts,) = self._query(f"SELECT enum_range(NULL::{name})").fetchall()[0]
        return f"enum_code(CAST({expression} AS {name}))", tuple(texts)

    @property
    def _everything(self) -> str:
        if len(self._parts) == 1:
            return self._parts[0].relation
        union = " UNION ALL BY NAME ".join(f"SELECT * FROM {p.relation}" for p in self._parts)
        return f"({union})"


class Cells:
    """All cells stand in one column of DuckDB, row after row: cell i is of column i % width."""

    def __init__(
        self,
        connection: DuckDBPyConnection,
        source: str,
        relation: str,
        numbers: Mapping[str, int],
        rows: int,
    ) -> None:
        self.rows = rows
        self.source = source
        self._query = _Query(connection, source)
        self._relation = relation
        self._numbers = numbers
        self._width = len(numbers)

    def aggregates(self, asked: Aggregates) -> list[tuple[Any, ...]]:
        """See `Layout.aggregates`."""
        found: list[tuple[Any, ...]] = [()] * len(asked)
        for expression, places in self._alike([(c, ", ".join(some)) for c, some in asked]):
            rows = self._query(
                f"SELECT {expression} FROM {self._relation} WHERE {self._of(places)} "
                f"GROUP BY rowid % {self._width} ORDER BY rowid % {self._width}"
            ).fetchall()
            for place, row in zip(places.values(), rows, strict=True):
                found[place] = row
        return found

    def chunks(self, asked: Asked, step: int) -> Iterator[list[np.ndarray]]:
        """See `Layout.chunks`."""
        by_expression = self._alike(asked)
        for first in range(0, self.rows, step):
            found: list[np.ndarray] = [np.empty(0)] * len(asked)
            for expression, places in by_expression:
                cells = self._query(
                    f"SELECT {expression} AS v FROM {self._relation} WHERE rowid >= ? "
                    f"AND rowid < ? AND {self._of(places)} ORDER BY rowid",
                    [first * self._width, (first + step) * self._width],
                ).fetchnumpy()["v"]
                columns = np.ma.asarray(cells).reshape(-1, len(places)).T
                for place, column in zip(places.values(), columns, strict=True):
                    found[place] = column
            yield found

    def moments(self, asked: Asked, step: int, keep: np.ndarray) -> Moments:
        """See `Layout.moments`."""
        return moments_of(self.chunks(asked, step), keep, len(asked))

    def first(self, column: TableColumn, condition: str) -> tuple[int, Any] | None:
        """See `Layout.first`."""
        found = self._query(
            f"SELECT rowid // {self._width}, {column.sql} FROM {self._relation} WHERE "
            f"rowid % {self._width} = {self._numbers[column.name]} AND ({condition}) "
            "ORDER BY rowid LIMIT 1"
        ).fetchone()
        return None if found is None else (found[0], found[1])

    def distinct(self, column: TableColumn, expression: str, most: int) -> list[Any]:
        """See `Layout.distinct`."""
        found = self._query(
            f"SELECT DISTINCT {expression} AS v FROM {self._relation} WHERE "
            f"rowid % {self._width} = {self._numbers[column.name]} AND v IS NOT NULL LIMIT {most}"
        ).fetchall()
        return [row[0] for row in found]

    def numbered(self, column: TableColumn, expression: str) -> tuple[str, tuple[str, ...]] | None:
        """Never: every column would have an expression of its own, and a query to itself."""

    def _alike(self, asked: Asked) -> list[tuple[str, dict[int, int]]]:
        """The expressions; with each the columns by number, and their places in what was asked."""
        columns = [(e, self._numbers[c.name], place) for place, (c, e) in enumerate(asked)]
        return [
            (expression, {number: place for _, number, place in some})
            for expression, some in groupby(sorted(columns), key=lambda column: column[0])
        ]

    def _of(self, columns: Mapping[int, int]) -> str:
        if len(columns) == self._width:
            return "true"
        return f"rowid % {self._width} IN ({', '.join(map(str, columns))})"


class _Query:
    """Queries, of which the first line of what is wrong reaches the user."""

    def __init__(self, connection: DuckDBPyConnection, source: str) -> None:
        self._connection = connection
        self._source = source

    def __call__(self, query: str, parameters: Sequence[Any] = ()) -> DuckDBPyConnection:
        import duckdb

        try:
            return self._connection.execute(query, list(parameters))
        except duckdb.Error as error:
            raise InputError(f"{self._source} cannot be read: {first_line(error)}") from None


def moments_of(chunks: Iterable[Sequence[np.ndarray]], keep: np.ndarray, n: int) -> Moments:
    """The moments of n columns that come some rows at a time, over the rows to keep.

    Computed here and not by DuckDB, whose threads add up in another order every time.
    """
    found: Moments = (np.zeros(n), np.zeros(n), np.zeros(n))
    first = 0
    for chunk in chunks:
        values = np.stack([numbers(column) for column in chunk], axis=1)
        found = merged(found, _moments(values[keep[first : first + len(values)]]))
        first += len(values)
    return found


def merged(first: Moments, second: Moments) -> Moments:
    """The moments of both.

    As in Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing
    sample variances" (1979).
    """
    (n, mean, squares), (m, part, part_squares) = first, second
    with np.errstate(invalid="ignore", over="ignore"):
        both = np.maximum(n + m, 1)
        apart = np.where(m > 0, part - mean, 0)
        together = squares + part_squares + apart**2 * (n * m / both)
        return n + m, mean + apart * (m / both), together


def _moments(values: Array) -> Moments:
    there = ~np.isnan(values)
    m = there.sum(axis=0)
    with np.errstate(invalid="ignore", over="ignore"):
        mean = np.where(there, values, 0).sum(axis=0) / np.maximum(m, 1)
        return m, mean, (np.where(there, values - mean, 0) ** 2).sum(axis=0)


def numbers(array: np.ndarray) -> Array:
    """Numbers as DuckDB gives them, masked where missing, as float64 with NaN there."""
    mask, data = np.ma.getmask(array), np.ma.getdata(array)
    values: Array = data.astype(np.float64, copy=False)
    return values if mask is np.ma.nomask else np.where(mask, np.nan, values)


def batched(columns: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """As many columns at a time as one query should have."""
    for first in range(0, len(columns), COLUMNS_AT_ONCE):
        yield columns[first : first + COLUMNS_AT_ONCE]


def first_line(error: Exception) -> str:
    """What DuckDB says is wrong, without its advice for writers of SQL."""
    return str(error).strip().split("\n")[0]
