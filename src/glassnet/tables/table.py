"""A table in DuckDB: its columns with their types, and its rows in order, some at a time."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np

from glassnet.data.preprocessing import Coded, Values
from glassnet.errors import InputError, shown
from glassnet.tables.columns import Kind, TableColumn, converted, wrong
from glassnet.tables.conventions import Conventions
from glassnet.tables.layouts import Layout, Moments, numbers

AS_FOUND = Conventions()
ROWS_AT_ONCE = 2**15
CELLS_AT_ONCE = 2**20
MOST_NUMBERED = 10_000  # different texts of a column that are held in memory
EXPECTED = {
    "number": "a number",
    "boolean": "true or false",
    "date": "a date such as 2026-01-31",
}


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

    `columns` in their order, `rows` their number, `notes` what was decided in opening although
    another reading was possible, `conventions` how its texts were read.
    """

    def __init__(
        self,
        source: str,
        columns: Sequence[TableColumn],
        layout: Layout,
        place: Callable[[int], str],
        notes: Sequence[str],
        conventions: Conventions = AS_FOUND,
    ) -> None:
        self.source = source
        self.columns = tuple(columns)
        self.rows = layout.rows
        self.notes = tuple(notes)
        self.layout = layout
        self.conventions = conventions
        self._place = place
        self._resources = ExitStack()
        self._by_name = {column.name: column for column in self.columns}
        self._summaries: dict[tuple[str, Kind], Summary] = {}
        self._numbered: dict[str, tuple[str, tuple[str, ...]] | None] = {}

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
        try:
            require(self.source, list(self._by_name), names)
        except InputError as error:
            # Whoever names a column that a header would have given wonders where it is.
            header = next((note for note in self.notes if "--header yes" in note), None)
            raise InputError(f"{error} {header}") if header else error from None

    def place(self, row: int) -> str:
        """Where a row, counted from 0, stands: such as houses.csv:17."""
        return self._place(row)

    def chunks(self, kinds: Mapping[str, Kind]) -> Iterator[dict[str, Values]]:
        """The columns named, as values of these kinds, some rows at a time and in order.

        Numbers, booleans as 0 and 1, and dates as days since 1970-01-01 are float64 with NaN for
        missing; categories are `Coded`. How many rows come at once depends on the number of
        columns alone. Raises InputError for a value that is not of its kind, or infinite, with
        its place.
        """
        self.summaries(kinds)
        asked: list[tuple[TableColumn, str]] = []
        texts: list[tuple[str, ...] | None] = []
        for name, kind in kinds.items():
            numbered = self._few(name) if kind == "category" else None
            column = self._by_name[name]
            asked.append((column, converted(column, kind) if numbered is None else numbered[0]))
            texts.append(None if numbered is None else numbered[1])
        for arrays in self.layout.chunks(asked, self.chunk_rows(len(kinds))):
            yield {
                name: _values(array, kind, known)
                for (name, kind), array, known in zip(kinds.items(), arrays, texts, strict=True)
            }

    def moments(self, kinds: Mapping[str, Kind], keep: np.ndarray) -> Moments:
        """How many values each column has, of numbers and dates, their mean and sum (v - mean)^2.

        (n_columns,) each, over the rows where `keep` (rows,) is True. Raises InputError as
        `chunks` does.
        """
        if not kinds:
            return np.zeros(0), np.zeros(0), np.zeros(0)
        self.summaries(kinds)
        asked = [(self._by_name[n], converted(self._by_name[n], kind)) for n, kind in kinds.items()]
        return self.layout.moments(asked, self.chunk_rows(len(kinds)), keep)

    def _few(self, name: str) -> tuple[str, tuple[str, ...]] | None:
        """How the texts of a column are numbered, and what they are; None where they are many."""
        if name not in self._numbered:
            column = self._by_name[name]
            few = self._summaries[name, "category"].distinct <= MOST_NUMBERED
            text = converted(column, "category")
            self._numbered[name] = self.layout.numbered(column, text) if few else None
        return self._numbered[name]

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
        self._summarise(new)
        return {name: self._summaries[name, kind] for name, kind in kinds.items()}

    def distinct(self, name: str, kind: Kind, limit: int) -> list[Any] | None:
        """The different values of a column in ascending order; None if they are more than limit."""
        if self.summaries({name: kind})[name].distinct > 2 * limit + 10:
            return None
        column = self._by_name[name]
        values = self.layout.distinct(column, converted(column, kind), limit + 1)
        return sorted(values) if len(values) <= limit else None

    def first_missing(self, name: str, kind: Kind) -> int:
        """The first row, counted from 0, without a value. Call it only if there is one."""
        column = self._by_name[name]
        found = self.layout.first(column, f"{converted(column, kind)} IS NULL")
        assert found is not None
        return found[0]

    def _refuse_type(self, column: TableColumn, kind: Kind) -> None:
        fits = {
            "number": ("integer", "number", "boolean"),
            "boolean": ("integer", "number", "boolean"),
            "date": ("date",),
            "category": ("integer", "number", "boolean", "date", "text"),
        }[kind]
        if column.type not in fits and not (column.is_text and column.type != "other"):
            raise InputError(
                f"{self.source}: column {column.name!r:.80} holds values of the type {column.type} "
                f"where {EXPECTED.get(kind, 'a text')} is expected."
            )

    def _summarise(self, wanted: Sequence[tuple[str, Kind]]) -> None:
        asked = [(self._by_name[n], _summary_of(self._by_name[n], kind)) for n, kind in wanted]
        found = self.layout.aggregates(asked)
        for (name, kind), values in zip(wanted, found, strict=True):
            given, present, least, greatest, distinct = values
            column = self._by_name[name]
            lost = given > present and (column.is_text or kind == "boolean")
            if lost or math.inf in (greatest, least if kind != "number" or not present else -least):
                self._refuse_value(column, kind)
            self._summaries[name, kind] = Summary(present, least, greatest, distinct)

    def _refuse_value(self, column: TableColumn, kind: Kind) -> None:
        condition = wrong(column, kind)
        ((count,),) = self.layout.aggregates([(column, [f"count(*) FILTER ({condition})"])])
        found = self.layout.first(column, condition)
        assert found is not None
        row, value = found
        others = f" ({count} such values)" if count > 1 else ""
        what = repr(value) if isinstance(value, str) else str(value)
        read = column.number_format.describe() if kind == "number" and column.is_text else ""
        how = f" The column is read so: {read}." if read else ""
        raise InputError(
            f"{self.place(row)}: column {column.name!r:.80} holds {what} where "
            f"{EXPECTED[kind]} is expected{others}: correct it, leave it empty, or exclude the "
            f"column.{how}"
        )


def require(source: str, known: Sequence[str], names: Sequence[str]) -> None:
    """Raise InputError, naming all that are missing, unless all names are known."""
    absent = sorted(set(names) - set(known), key=list(names).index)
    if not absent:
        return
    words = "column" if len(absent) == 1 else "columns"
    similar = difflib.get_close_matches(absent[0], known, 1)
    hint = f"did you mean {similar[0]!r}?" if len(absent) == 1 and similar else ""
    raise InputError(
        f"{source} has no {words} {_listed(absent)}: {hint or f'it has {_listed(known)}.'}"
    )


def _summary_of(column: TableColumn, kind: Kind) -> tuple[str, ...]:
    value = converted(column, kind)
    distinct = f"approx_count_distinct({value})" if kind == "category" else "0"
    return f"count({column.sql})", f"count({value})", f"min({value})", f"max({value})", distinct


def _values(array: np.ndarray, kind: Kind, texts: tuple[str, ...] | None) -> Values:
    mask, data = np.ma.getmask(array), np.ma.getdata(array)
    if kind != "category":
        return numbers(array)
    if texts is None:
        codes, texts = np.arange(len(data)), tuple(data.tolist())
    else:
        codes = data.astype(np.intp)
    return Coded(texts, codes if mask is np.ma.nomask else np.where(mask, -1, codes))


def _listed(names: Sequence[str]) -> str:
    listed = ", ".join(map(shown, names[:20]))
    return f"{listed} and {len(names) - 20} more" if len(names) > 20 else listed
