"""Tables that the workers of a cluster read: their parts answer, and the answers are put together.

A part is some rows of a Parquet file, which a worker opens as this process would, or a partition
of a Dask data frame. `PartedLayout` asks all of them what `Table` asks of DuckDB, so that columns,
recipe and faults come out as they would of one file here, and no row need come along.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial, reduce
from itertools import chain, pairwise
from os import PathLike, fspath
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np

from glassnet.core.parameters import Array
from glassnet.core.samples import Samples
from glassnet.data.preprocessing import Recipe
from glassnet.engines.cluster import Cluster, worker_memory
from glassnet.engines.partitioned import PartedArray, computed, usual_parts
from glassnet.errors import InputError
from glassnet.tables.columns import TableColumn
from glassnet.tables.encoding import EncodedRows
from glassnet.tables.frame_columns import NOTHING
from glassnet.tables.frame_source import columns_as_given
from glassnet.tables.frames import Frame, names_of
from glassnet.tables.layouts import Across, Aggregates, Asked, Layout, Moments, merged
from glassnet.tables.opening import Opener, parquet_files, place_in
from glassnet.tables.rows import feature_kinds, target_kinds
from glassnet.tables.sql_text import literal
from glassnet.tables.staging import AS_FOUND, How, understood_table
from glassnet.tables.table import Table

FRAME = "The data frame"
NEARLY = 0.9  # an estimate is off by some percent
MOST_TEXTS = 1000  # of a column, that are numbered where the column lies
PARTS_AT_ONCE = 8  # whose values come here together
SMALLEST_MEMORY = 64 * 2**20  # that DuckDB can work with, in bytes
LARGEST_MEMORY = 500 * 2**20


@dataclass(frozen=True)
class Piece:
    """Some rows of a Parquet file."""

    path: str
    first: int
    count: int


class PartedLayout:
    """The rows of all parts, one part after another; see `Layout` for what they are asked."""

    def __init__(
        self, source: str, cluster: Cluster, parts: Sequence[Any], counts: Sequence[int]
    ) -> None:
        self.rows = sum(counts)
        self.source = source
        self.cluster = cluster
        self.parts = list(parts)
        self.counts = list(counts)

    def aggregates(self, asked: Aggregates) -> list[tuple[Any, ...]]:
        """See `Layout.aggregates`."""
        by_part = self.cluster.ask(_aggregates, self.parts, [(asked,)] * len(self.parts))
        return [
            _together(expressions, [found[i] for found in by_part])
            for i, (_, expressions) in enumerate(asked)
        ]

    def chunks(self, asked: Asked, step: int) -> Iterator[list[np.ndarray]]:
        """See `Layout.chunks`; here a part at a time."""
        for first in range(0, len(self.parts), PARTS_AT_ONCE):
            some = self.parts[first : first + PARTS_AT_ONCE]
            yield from self.cluster.ask(_chunk, some, [(asked, step)] * len(some))

    def moments(self, asked: Asked, step: int, keep: np.ndarray) -> Moments:
        """See `Layout.moments`."""
        each = [(asked, step, keep[part]) for part in self.slices()]
        found: list[Moments] = self.cluster.ask(_moments, self.parts, each)
        return reduce(merged, found)

    def first(self, column: TableColumn, condition: str) -> tuple[int, Any] | None:
        """See `Layout.first`."""
        found = self.cluster.ask(_first, self.parts, [(column, condition)] * len(self.parts))
        for rows, here in zip(self.slices(), found, strict=True):
            if here is not None:
                return rows.start + here[0], here[1]
        return None

    def distinct(self, column: TableColumn, expression: str, most: int) -> list[Any]:
        """See `Layout.distinct`."""
        each = [(column, expression, most)] * len(self.parts)
        found = self.cluster.ask(_distinct, self.parts, each)
        return list({value: None for values in found for value in values})[:most]

    def numbered(self, column: TableColumn, expression: str) -> tuple[str, tuple[str, ...]] | None:
        """See `Layout.numbered`."""
        texts = sorted(self.distinct(column, expression, MOST_TEXTS + 1))
        if len(texts) > MOST_TEXTS:
            return None
        known = ", ".join(map(literal, texts))
        return f"(list_position([{known}], {expression}) - 1)", tuple(texts)

    def slices(self) -> list[slice]:
        """The rows of each part."""
        ends = np.cumsum(self.counts).tolist()
        return [slice(end - n, end) for end, n in zip(ends, self.counts, strict=True)]


def names_parquet(data: Any) -> bool:
    """Whether it names Parquet files, which workers can read, be they here or there."""
    if not isinstance(data, str | PathLike):
        return False
    path = Path(data)
    if path.is_file():
        with path.open("rb") as file:
            return file.read(4) == b"PAR1"
    return path.is_dir() or path.suffix == ".parquet"


def open_parquet_parted(cluster: Cluster, data: str | PathLike[str], how: How = AS_FOUND) -> Table:
    """A file, folder or pattern of Parquet files that the workers read at this path.

    Raises InputError if there is none, with the file for one that is damaged or has other columns
    than the first.
    """
    name, path = fspath(data), str(Path(data).absolute())
    how.check_applies(name, "parquet")
    (files,) = cluster.ask(_listed, [path])
    surveys = cluster.ask(_survey, files)
    counts = [rows for rows, _ in surveys]
    columns = _same_columns([columns for _, columns in surveys], [str(Path(f)) for f in files])
    pieces = list(_pieces(files, counts, len(columns)))
    if not pieces:
        raise InputError(f"{name} has columns but no rows: give at least one row of data.")
    layout = PartedLayout(name, cluster, pieces, [piece.count for piece in pieces])
    place = partial(place_in, [Path(f) for f in files], counts)
    return understood_table(name, columns, cast(Layout, layout), place, how)


def open_frame_parted(cluster: Cluster, frame: Any, how: How = AS_FOUND) -> Table:
    """A Dask data frame, each partition of which stays in a worker.

    Raises InputError, with the partition, for one that has other columns than the first.
    """
    if not hasattr(frame, "columns"):
        raise InputError(f"A Dask data frame is needed, not {type(frame).__name__}.")
    how.check_applies(FRAME, "frame")
    names_of(list(frame.columns))
    futures = cluster.compute(frame.to_delayed())
    surveys = cluster.ask(_frame_survey, futures)
    filled = [(f, *found) for f, found in zip(futures, surveys, strict=True) if found[0]]
    if not filled:
        raise InputError("The data frame has columns but no rows: give at least one row of data.")
    parts, counts, described = (list(values) for values in zip(*filled, strict=True))
    names = [f"partition {i} of the data frame" for i, found in enumerate(surveys) if found[0]]
    mixed = _mixed(described)
    if mixed:
        parts = cluster.keep(_TextsIn, parts, [(mixed,)] * len(parts))
        described = [_as_texts(columns, mixed) for columns in described]
    columns = _same_columns(described, names)

    def place(row: int) -> str:
        for name, count in zip(names, counts, strict=True):
            if row < count:
                return f"Row {row} (counted from 0) of {name}"
            row -= count
        raise IndexError(row)

    layout = cast(Layout, PartedLayout(FRAME, cluster, parts, counts))
    return understood_table(FRAME, columns, layout, place, how)


def _mixed(described: Sequence[Sequence[TableColumn]]) -> tuple[str, ...]:
    """The columns of objects that are texts in some partitions, and of other types in others."""
    found: dict[str, set[bool]] = {}
    for column in chain.from_iterable(described):
        if column.holds != NOTHING:
            found.setdefault(column.name, set()).add(column.is_text and column.type == "text")
    return tuple(name for name, texts in found.items() if len(texts) == 2)


def _as_texts(columns: Sequence[TableColumn], names: Sequence[str]) -> list[TableColumn]:
    return [
        replace(c, type="text", is_text=True) if c.name in names and c.type != "other" else c
        for c in columns
    ]


def encode_parted(table: Table, recipe: Recipe, keep: np.ndarray, dtype: str) -> EncodedRows | None:
    """X and y of the rows where `keep` (rows,) is True, encoded by the workers, where they stay.

    None where there are no such rows.
    """
    layout = table.layout
    assert isinstance(layout, PartedLayout)
    if not keep.any():
        return None
    fixed = (table.columns, recipe, dtype)
    each = [(*fixed, np.packbits(keep[part])) for part in layout.slices()]
    encoded = computed(layout.cluster, layout.cluster.keep(_encoded, layout.parts, each))
    y = cast(PartedArray, encoded.Y)
    return EncodedRows(encoded.X, cast(np.ndarray, y))


def _pieces(files: Sequence[str], counts: Sequence[int], n_columns: int) -> Iterator[Piece]:
    """The files cut into parts of a bounded size, by their rows and columns alone."""
    total = sum(counts)
    parts = usual_parts(total, 8 * total * n_columns)
    most = -(-total // max(parts, 1))
    for path, count in zip(files, counts, strict=True):
        n = -(-count // most) if count else 0
        bounds = np.linspace(0, count, n + 1).astype(int).tolist()
        for first, end in pairwise(bounds):
            yield Piece(path, first, end - first)


def _same_columns(
    described: Sequence[Sequence[TableColumn]], names: Sequence[str]
) -> list[TableColumn]:
    """The columns that all parts have. Raises InputError for the first part that differs."""
    first = list(described[0])
    for columns, name in zip(described, names, strict=True):
        here, there = [c.name for c in columns], [c.name for c in first]
        if here != there:
            differing = sorted(set(here) ^ set(there)) or ["another order of columns"]
            raise InputError(
                f"{name} has other columns than {names[0]} ({', '.join(differing[:5])}): all parts "
                "of one table must have the same."
            )
        for i, (column, known) in enumerate(zip(columns, first, strict=True)):
            types = {column.type, known.type}
            if NOTHING in (column.holds, known.holds):
                first[i] = column if known.holds == NOTHING else known
            elif len(types) == 2 and types <= {"boolean", "integer", "number"}:
                first[i] = max(column, known, key=lambda c: c.type)  # in the order of the alphabet
            elif column.type != known.type:
                raise InputError(
                    f"{name}: column {column.name!r:.80} holds values of the type {column.type}, "
                    "and "
                    f"{known.type} in {names[0]}: all parts of one table must have the same types."
                )
    return first


def _together(expressions: Sequence[str], by_part: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    """A column's aggregates of all rows, from those of the parts."""
    by_expression = dict(zip(expressions, zip(*by_part, strict=True), strict=True))
    return tuple(_one(by_expression, expression) for expression in expressions)


def _one(by_expression: Mapping[str, Sequence[Any]], expression: str) -> Any:
    name, _, value = expression.partition("(")
    values = [found for found in by_expression[expression] if found is not None]
    if name == "count":
        return sum(values)
    if name == "approx_count_distinct":
        # Where nearly every value differs within the parts, they will across them too.
        different = sum(values) >= NEARLY * sum(by_expression[f"count({value}"])
        return sum(values) if different else max(values, default=0)
    return (min if name == "min" else max)(values, default=None)


# What is computed where a part lies


class _TextsIn(NamedTuple):
    """A partition, some columns of which are to be read as texts, whatever they hold there."""

    frame: Any
    names: tuple[str, ...]


@contextmanager
def _opened(part: Any) -> Iterator[Across]:
    """The rows of a part in DuckDB, with a share of the worker's memory."""
    memory = max(SMALLEST_MEMORY, min(LARGEST_MEMORY, worker_memory() // 4))
    with ExitStack() as resources:
        folder = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="glassnet-")))
        opener = Opener(resources, folder, f"{memory // 2**20}MB")
        if isinstance(part, Piece):
            yield opener.rows_of(Path(part.path), part.first, part.count)
        elif isinstance(part, _TextsIn):
            yield opener.rows_of_frame(part.frame, part.names)
        else:
            yield opener.rows_of_frame(part)


def _listed(name: str) -> list[str]:
    return [str(path) for path in parquet_files(name)]


def _survey(path: str) -> tuple[int, list[TableColumn]]:
    """How many rows a Parquet file has, and its columns."""
    with ExitStack() as resources:
        folder = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="glassnet-")))
        opener = Opener(resources, folder, f"{SMALLEST_MEMORY // 2**20}MB")
        (count,), columns = opener.parquet_columns([Path(path)])
    return count, columns


def _frame_survey(frame: Any) -> tuple[int, list[TableColumn]]:
    """How many rows a data frame has, and its columns."""
    if not len(frame):
        return 0, []
    known = Frame(frame)
    return known.rows, columns_as_given(known)


def _aggregates(part: Any, asked: Aggregates) -> list[tuple[Any, ...]]:
    with _opened(part) as layout:
        return layout.aggregates(asked)


def _chunk(part: Any, asked: Asked, step: int) -> list[np.ndarray]:
    with _opened(part) as layout:
        chunks = list(layout.chunks(asked, step))
    join: Any = np.ma.concatenate
    return [join(columns) for columns in zip(*chunks, strict=True)]


def _moments(part: Any, asked: Asked, step: int, keep: np.ndarray) -> Moments:
    with _opened(part) as layout:
        return layout.moments(asked, step, keep)


def _first(part: Any, column: TableColumn, condition: str) -> tuple[int, Any] | None:
    with _opened(part) as layout:
        return layout.first(column, condition)


def _distinct(part: Any, column: TableColumn, expression: str, most: int) -> list[Any]:
    with _opened(part) as layout:
        return layout.distinct(column, expression, most)


def _encoded(
    part: Any, columns: Sequence[TableColumn], recipe: Recipe, dtype: str, keep: np.ndarray
) -> Samples:
    """The rows to keep as X and y; y is checked and becomes Y when the network is known."""
    X: list[Array] = []
    y: list[np.ndarray] = []
    with _opened(part) as layout:
        table = Table("a part of the table", columns, layout, str, ())
        kept = np.unpackbits(keep, count=table.rows).astype(bool)
        first = 0
        for rows in table.chunks(feature_kinds(recipe) | target_kinds(recipe.target)):
            n = len(next(iter(rows.values())))
            here = kept[first : first + n]
            X.append(recipe.encode(rows)[here].astype(dtype))
            target = {name: rows[name][here] for name in recipe.target.names}
            y.append(recipe.encode_target(target).astype(dtype))
            first += n
    return Samples(np.concatenate(X), np.concatenate(y), None)
