"""Data frames in memory as a table: see `frames` for what they may be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.tables.columns import TableColumn
from glassnet.tables.frame_columns import FrameColumn, as_texts
from glassnet.tables.frames import Frame
from glassnet.tables.layouts import Across
from glassnet.tables.staging import CELLS_AT_ONCE, TABLE, How, across, create, understood_table
from glassnet.tables.table import Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NAME = "The data frame"


def open_frame(connection: DuckDBPyConnection, source: Any, how: How) -> Table:
    """A table in memory."""
    how.check_applies(NAME, "frame")
    frame = source if isinstance(source, Frame) else Frame(source)
    return understood_table(
        NAME,
        columns_as_given(frame),
        frame_layout(connection, frame),
        lambda row: f"Row {row} of the data frame (counted from 0)",
        how,
        notes=[
            f"Column {n!r} {c.note}"
            for n, c in zip(frame.names, frame.columns, strict=True)
            if c.note
        ],
    )


def columns_as_given(frame: Frame) -> list[TableColumn]:
    """The columns before their texts are understood."""
    return [
        TableColumn(
            name, c.type, f"c{i}", c.sql == "VARCHAR", categorical=c.categorical, holds=c.holds
        )
        for i, (name, c) in enumerate(zip(frame.names, frame.columns, strict=True))
    ]


def frame_layout(connection: DuckDBPyConnection, frame: Frame, texts: Sequence[str] = ()) -> Across:
    """The rows; those of the columns named in `texts` are texts, whatever they hold."""
    held = [
        as_texts(column) if name in texts else column
        for name, column in zip(frame.names, frame.columns, strict=True)
    ]
    create(connection, [column.sql for column in held])
    step = max(1, CELLS_AT_ONCE // len(held))
    for first in range(0, frame.rows, step):
        _insert(connection, held, slice(first, min(first + step, frame.rows)))
    return across(connection, NAME)


def _insert(connection: DuckDBPyConnection, columns: Sequence[FrameColumn], rows: slice) -> None:
    """Append rows: DuckDB knows no missing values of numpy, so that they come as a second array."""
    arrays: dict[str, np.ndarray] = {}
    cells = []
    for i, column in enumerate(columns):
        values, missing = column.cells(rows)
        arrays[f"v{i}"] = np.ascontiguousarray(values)
        cells.append(f"v{i}")
        if missing.any():
            arrays[f"m{i}"] = np.ascontiguousarray(missing)
            cells[-1] = f"CASE WHEN NOT m{i} THEN v{i} END"
    connection.register("part", arrays)
    connection.execute(f"INSERT INTO {TABLE} SELECT {', '.join(cells)} FROM part")
    connection.unregister("part")
