"""Data frames in memory as a table: those of any library that Narwhals knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.errors import InputError
from glassnet.tables.columns import TableColumn, Type
from glassnet.tables.staging import CELLS_AT_ONCE, across, create, insert_arrays, with_dates
from glassnet.tables.table import Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def open_frame(connection: DuckDBPyConnection, source: Any) -> Table:
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
    create(connection, [sql for sql, _ in kinds])
    step = max(1, CELLS_AT_ONCE // max(len(names), 1))
    for first in range(0, len(data), step):
        part = data[first : first + step]
        insert_arrays(
            connection,
            [_frame_values(part[n], sql) for n, (sql, _) in zip(data.columns, kinds, strict=True)],
        )
    columns = [
        TableColumn(n, kind, f"c{i}", is_text=sql == "VARCHAR")
        for i, (n, (sql, kind)) in enumerate(zip(names, kinds, strict=True))
    ]
    source_name = "The data frame"
    layout = across(connection, source_name)
    columns, notes = with_dates(layout, columns)
    return Table(
        source_name,
        columns,
        layout,
        lambda row: f"Row {row} of the data frame (counted from 0)",
        notes,
    )


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
