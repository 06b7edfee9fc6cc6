"""Tables in memory, of whatever library made them, as columns by name; and tables made like them.

Data frames and lazy ones of any library that Narwhals knows, DuckDB's relations, whatever has an
Arrow stream, dictionaries of columns, lists of dictionaries, and numpy's arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from glassnet.errors import InputError, shown
from glassnet.tables.frame_columns import FrameColumn, column_of
from glassnet.tables.table import require

ACCEPTED = (
    "the name of a file, a data frame of pandas, polars or pyarrow, a dictionary of columns or "
    "an array"
)


class Frame:
    """A table in memory: `names` and `values` of its columns, in order, and how many `rows`.

    `native` is the data frame that the columns are those of, None for columns without one.
    Raises InputError for what is no table, for two columns of one name, and for columns of
    different length.
    """

    def __init__(self, source: Any) -> None:
        self.native, columns = _read(source)
        self.labels = [label for label, _ in columns]
        self.names = names_of(self.labels)
        self.values = [values for _, values in columns]
        if not columns:
            raise InputError("The data frame has no columns: give at least two, with names.")
        self.rows = _common_length(self.names, self.values)

    @cached_property
    def columns(self) -> list[FrameColumn]:
        """What each column holds."""
        return [
            column_of(values, f"Column {name!r} of the data frame")
            for name, values in zip(self.names, self.values, strict=True)
        ]

    def with_columns(self, added: Frame) -> Frame:
        """The columns of both, row by row.

        A column of the same name must be the same. Raises InputError where it is another, and for
        indexes that differ.
        """
        if added.rows != self.rows:
            raise InputError(
                f"The data frame has {self.rows} rows, but the target {added.rows}: give one "
                "value for each row."
            )
        _refuse_other_index(self.native, added.native)
        frame = object.__new__(Frame)
        frame.native, frame.rows = None, self.rows
        frame.names, frame.values = list(self.names), list(self.values)
        for name, values, column in zip(added.names, added.values, added.columns, strict=True):
            if name not in self.names:
                frame.names.append(name)
                frame.values.append(values)
            elif not _same(self.columns[self.names.index(name)], column, self.rows):
                raise InputError(
                    f"The data frame has a column {name!r:.80} with other values than the target "
                    "of "
                    "that name: rename one."
                )
        frame.labels = [*self.labels, *frame.names[len(self.names) :]]
        return frame

    def require(self, names: Sequence[str]) -> None:
        """Raise InputError unless the table has these columns."""
        require("The data frame", self.names, names)

    def like(self, columns: Mapping[str, np.ndarray], keep: Sequence[str] = ()) -> Any:
        """The columns as a data frame like this one, with its index if it has one.

        The columns to `keep` come first, as they are here. Of a table that is no data frame it is
        a dictionary of arrays.
        """
        self.require(keep)
        kept = {name: self.values[self.names.index(name)] for name in keep}
        if self.native is None:
            return {name: np.asarray(v) for name, v in kept.items()} | dict(columns)
        import narwhals as nw

        own = nw.from_native(self.native)
        made = nw.from_dict(dict(columns), backend=nw.get_native_namespace(own))
        predicted = nw.to_native(made)
        if nw.maybe_get_index(own) is not None:
            predicted.index = self.native.index
        parts = [nw.from_native(v, series_only=True).alias(n).to_frame() for n, v in kept.items()]
        return nw.to_native(nw.concat([*parts, nw.from_native(predicted)], how="horizontal"))


def names_of(labels: Sequence[Any]) -> list[str]:
    """The names of columns with any labels: 2 is named "2", ("sepal", "width") "sepal_width".

    A column without one is named after its number, from 1. Raises InputError for two of one name.
    """
    names = [_name(label, i) for i, label in enumerate(labels, start=1)]
    seen: dict[str, int] = {}
    for number, name in enumerate(names, start=1):
        if name in seen:
            raise InputError(
                f"Columns {seen[name]} and {number} of the data frame are both named "
                f"{shown(name)}: rename one."
            )
        seen[name] = number
    return names


def labels_of(data: Any) -> list[Any]:
    """The labels of the columns of a table in memory; none of one that has to be opened first."""
    return list(getattr(data, "labels" if isinstance(data, Frame) else "columns", ()))


def names_asked(
    asked: Any, labels: Sequence[Any], rows: int | None = None
) -> tuple[str, ...] | None:
    """The names of the columns that a label asks for, or several labels; None if it is neither.

    A text that no column has is left as it is, for the table to refuse; unless there are as many
    as `rows`, for then they are values.
    """
    if asked is None:
        return ()
    names = dict(zip(labels, names_of(labels), strict=True))
    if isinstance(asked, str | int | float) or (_hashable(asked) and asked in names):
        return (names.get(asked, str(asked)),)
    if not isinstance(asked, Sequence) and type(asked).__name__ not in ("Index", "RangeIndex"):
        return None
    all_names = set(names.values())
    known = [_hashable(label) and (label in names or label in all_names) for label in asked]
    texts = len(known) != rows and all(isinstance(label, str) for label in asked)
    if all(known) or texts:
        return tuple(names.get(label, str(label)) for label in asked)
    return None


def _name(label: Any, number: int) -> str:
    if isinstance(label, tuple):
        label = "_".join(str(part) for part in label if part is not None and str(part) != "")
    nameless = label is None or label == "" or (isinstance(label, float) and np.isnan(label))
    return f"column {number}" if nameless else str(label)


def _hashable(label: Any) -> bool:
    try:
        hash(label)
    except TypeError:
        return False
    return True


def _read(source: Any) -> tuple[Any, list[tuple[Any, Any]]]:
    """The data frame that it is, if it is one, and its columns with their labels."""
    if isinstance(source, Frame):
        return source.native, list(zip(source.names, source.values, strict=True))
    if isinstance(source, Mapping):
        return None, list(source.items())
    if isinstance(source, np.ndarray):
        return None, _of_array(source)
    if isinstance(source, list | tuple):
        return None, _of_records(source)
    native = _eager(source)
    # By their places, for pandas may have labels of any type, even the same twice.
    if hasattr(native, "iloc"):
        return native, [(label, native.iloc[:, i]) for i, label in enumerate(native.columns)]
    labels = native.column_names if hasattr(native, "column_names") else native.columns
    return native, [(label, native[label]) for label in labels]


def _of_array(array: np.ndarray) -> list[tuple[Any, Any]]:
    if array.dtype.names is not None:
        return [(name, array[name]) for name in array.dtype.names]
    if array.ndim != 2:
        raise InputError(
            f"An array must have two dimensions to be a table, but has the shape {array.shape}."
        )
    return [(i, array[:, i]) for i in range(array.shape[1])]


def _of_records(records: Sequence[Any]) -> list[tuple[Any, Any]]:
    strange = next((record for record in records if not isinstance(record, Mapping)), None)
    if strange is not None:
        raise InputError(
            f"A list is a table if it holds a dictionary for each row, not "
            f"{type(strange).__name__}: give {ACCEPTED}."
        )
    labels = dict.fromkeys(label for record in records for label in record)
    return [(label, [record.get(label) for record in records]) for label in labels]


def _eager(source: Any) -> Any:
    """A data frame in memory of the source. Raises InputError if it is none."""
    import narwhals as nw

    # Narwhals takes no two columns of one name, and has no words for it.
    if hasattr(source, "iloc") and hasattr(source, "columns"):
        names_of(list(source.columns))
    elif isinstance(getattr(source, "column_names", None), list):
        names_of(source.column_names)
    try:
        data = nw.from_native(source)
    except TypeError:
        return _from_arrow(source)
    if not isinstance(data, nw.LazyFrame):
        return nw.to_native(data)
    try:
        return nw.to_native(data.collect())
    except Exception as error:  # whatever its library finds wrong with what it was to compute
        what = str(error).strip().split("\n")[0]
        raise InputError(f"The data frame cannot be computed: {what}") from None


def _from_arrow(source: Any) -> Any:
    if hasattr(source, "__arrow_c_array__") or hasattr(source, "__arrow_c_stream__"):
        try:
            import pyarrow as pa

            return pa.table(source)
        except ImportError:
            raise InputError(
                f"Reading {type(source).__name__} needs pyarrow: install it, or give a data frame."
            ) from None
        except (TypeError, ValueError):  # an array, which is no table
            pass
    raise InputError(f"A table is {ACCEPTED}, not {type(source).__name__}.")


def _common_length(names: Sequence[str], values: Sequence[Any]) -> int:
    lengths = [_length(v, name) for name, v in zip(names, values, strict=True)]
    for name, length in zip(names, lengths, strict=True):
        if length != lengths[0]:
            raise InputError(
                f"Column {names[0]!r:.80} has {lengths[0]} values, but column {name!r:.80} "
                f"{length}: all "
                "columns of a table have as many."
            )
    return lengths[0]


def _length(values: Any, name: str) -> int:
    try:
        if not isinstance(values, str | bytes):
            return len(values)
    except TypeError:
        pass
    raise InputError(
        f"Column {name!r:.80} must be an array or a list with a value for each row, not "
        f"{type(values).__name__}."
    )


def _refuse_other_index(first: Any, second: Any) -> None:
    import narwhals as nw

    if first is None or second is None:
        return
    ours, theirs = (nw.maybe_get_index(nw.from_native(v)) for v in (first, second))
    if ours is not None and theirs is not None and not ours.equals(theirs):
        raise InputError(
            "The index of the target is not that of the data frame, so it is open which rows "
            "belong together: reset both, or give the target as an array."
        )


def _same(first: FrameColumn, second: FrameColumn, rows: int) -> bool:
    (a, no_a), (b, no_b) = (column.cells(slice(0, rows)) for column in (first, second))
    return bool(np.array_equal(no_a, no_b) and np.array_equal(a[~no_a], b[~no_b]))
