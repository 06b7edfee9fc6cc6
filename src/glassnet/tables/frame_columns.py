"""The columns of a data frame: what their values are, and those values as DuckDB takes them.

A column says what it holds by its dtype. Where that says nothing - Python objects, categories,
dictionaries - the values themselves say it.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from importlib import import_module
from numbers import Integral, Real
from typing import Any

import numpy as np

from glassnet.errors import InputError
from glassnet.tables.columns import Type
from glassnet.tables.date_formats import MICROSECONDS_A_DAY

Cells = tuple[np.ndarray, np.ndarray]  # values, and True where there is none
NOTHING = "nothing"
MIXED = "holds values of several types and is read as texts."
DAYS = "holds spans of time and is read as numbers of days."
_INT64 = np.iinfo(np.int64)
_SPELLED = ("Interval", "UUID", "time")  # types whose text says all that they hold
_OTHER = {
    "c": "complex numbers",
    "V": "records",
    "S": "bytes",
}


@dataclass(frozen=True)
class FrameColumn:
    """A column of a data frame: the type of its cells in DuckDB, and what they hold.

    `cells` gives the values of some rows and says which are missing. `categorical` is True where
    the frame says that the values are categories, `holds` what they are where that is no `Type`,
    and `note` what else could have been made of them: the rest of a sentence on the column.
    """

    sql: str
    type: Type
    cells: Callable[[slice], Cells]
    categorical: bool = False
    holds: str = ""
    note: str = ""


def column_of(values: Any, where: str) -> FrameColumn:
    """The column that an array, a sequence or a series of any library holds.

    Raises InputError, naming `where` it is, for what has no rows, or more than one dimension.
    """
    series = _series(values)
    if series is not None:
        return _of_series(series)
    if isinstance(values, str | bytes) or not (
        isinstance(values, Sequence) or hasattr(values, "__array__")
    ):
        raise InputError(f"{where} must be an array or a list, not {type(values).__name__}.")
    array = np.ma.asarray(values) if np.ma.isMaskedArray(values) else _array(values)
    if array.ndim != 1:
        raise InputError(f"{where} must have one dimension, but has the shape {array.shape}.")
    return _of_array(array)


def _series(values: Any) -> Any:
    """The values as Narwhals has them; None if no library that it knows made them."""
    import narwhals as nw

    if hasattr(values, "__arrow_c_array__"):
        values = import_module("pyarrow").chunked_array([values])
    series = nw.from_native(values, series_only=True, pass_through=True)
    return series if isinstance(series, nw.Series) else None


def _array(values: Any) -> np.ndarray:
    """Values as an array; a list keeps its objects, since numpy makes texts of mixed ones."""
    if not isinstance(values, list | tuple):
        return np.asarray(values)
    array = np.empty(len(values), object)
    array[:] = [v.item() if isinstance(v, np.generic) and v.dtype.kind in "biuf" else v
                for v in values]  # fmt: skip
    return array


def _of_array(array: np.ndarray) -> FrameColumn:
    kind = array.dtype.kind
    data, mask = np.ma.getdata(array), np.ma.getmaskarray(array)
    if kind in "biuf":
        sql, kept = _number_type(array.dtype)
        return FrameColumn(sql, kept, lambda rows: (_plain(data[rows]), mask[rows]))
    if kind in "Mm":
        missing = mask | np.isnat(data)
        convert = _micros if kind == "M" else _days
        return FrameColumn(
            *(("TIMESTAMP", "date") if kind == "M" else ("DOUBLE", "number")),
            lambda rows: (convert(data[rows]), missing[rows]),
            note="" if kind == "M" else DAYS,
        )
    if kind in _OTHER:
        return _other(_OTHER[kind])
    objects = data.astype(object)
    objects[mask] = None
    return _of_objects(objects)


def _number_type(dtype: np.dtype) -> tuple[str, Type]:
    if dtype.kind == "b":
        return "BOOLEAN", "boolean"
    if dtype.kind == "f":
        return "DOUBLE", "number"
    return ("UBIGINT" if dtype == np.uint64 else "BIGINT"), "integer"


def _plain(numbers: np.ndarray) -> np.ndarray:
    """Numbers in the width in which they are kept."""
    kind = numbers.dtype.kind
    wide = {"b": np.bool_, "f": np.float64, "u": np.uint64, "i": np.int64}[kind]
    return numbers.astype(np.int64 if kind == "u" and numbers.dtype.itemsize < 8 else wide)


def _micros(dates: np.ndarray) -> np.ndarray:
    return dates.astype("datetime64[us]")


def _days(times: np.ndarray) -> np.ndarray:
    return times / np.timedelta64(1, "D")


def _of_series(series: Any) -> FrameColumn:
    import narwhals as nw

    dtype = series.dtype
    if dtype in (nw.Categorical, nw.Enum):
        return _of_categories(series)
    objects = str(getattr(series.to_native(), "dtype", "")) == "object"
    if not objects:  # of which Narwhals looks at the first hundred only
        if dtype == nw.Boolean or (dtype.is_integer() and dtype not in (nw.Int128, nw.UInt128)):
            kept = np.dtype(str(dtype).lower().replace("boolean", "bool"))
            read = partial(_numbers, kept)
            return FrameColumn(*_number_type(kept), partial(_cells, read, series))
        for known, make in _BY_TYPE.items():
            if dtype == getattr(nw, known, None):
                return make(series)
    return _of_objects(_items(series))


def _typed(
    sql: str, kind: Type, read: Callable[[Any], Cells], series: Any, note: str = ""
) -> FrameColumn:
    return FrameColumn(sql, kind, partial(_cells, read, series), note=note)


def _of_texts(series: Any) -> FrameColumn:
    nothing = series.null_count() == len(series)
    return replace(_typed("VARCHAR", "text", _texts, series), holds=NOTHING if nothing else "")


def _cells(read: Callable[[Any], Cells], series: Any, rows: slice) -> Cells:
    return read(series[rows.start : rows.stop])


def _missing(series: Any) -> np.ndarray:
    return np.array(series.is_null().to_list(), bool)


def _items(series: Any) -> np.ndarray:
    """The values of a series as objects, None for whatever its library means by missing."""
    found = np.empty(len(series), object)
    found[:] = series.to_list()
    found[_missing(series)] = None
    return found


def _texts(part: Any) -> Cells:
    return _items(part), _missing(part)


def _numbers(dtype: np.dtype, part: Any) -> Cells:
    missing = _missing(part)
    filled = part.fill_null(dtype.type(0).item()) if missing.any() else part
    return _plain(np.asarray(filled.to_numpy()).astype(dtype)), missing


def _floats(part: Any) -> Cells:
    import narwhals as nw

    return np.asarray(part.cast(nw.Float64).to_numpy(), np.float64), _missing(part)


def _times(part: Any) -> Cells:
    return _whole(part.dt.timestamp("us"), part, "datetime64[us]")


def _durations(part: Any) -> Cells:
    micros, missing = _whole(part.dt.total_microseconds(), part, "int64")
    return micros / MICROSECONDS_A_DAY, missing


def _whole(numbers: Any, part: Any, dtype: str) -> Cells:
    missing = _missing(part)
    values = [0 if gone else int(v) for v, gone in zip(numbers.to_list(), missing, strict=True)]
    return np.array(values, np.int64).view(dtype), missing


def _of_categories(series: Any) -> FrameColumn:
    """Categories are of any type, which is theirs; each value is the number of one, or none."""
    native = series.to_native()
    if hasattr(getattr(native, "dtype", None), "pyarrow_dtype"):  # pyarrow's in pandas
        native = native.array.__arrow_array__()
    if hasattr(native, "type"):  # a dictionary of pyarrow
        held, codes = _series(native.cast(native.type.value_type)), None
    elif not hasattr(native, "cat") or not hasattr(native.cat, "codes"):  # polars has texts only
        import narwhals as nw

        held, codes = series.cast(nw.String), None
    else:
        held = _series(native.cat.categories.to_series())
        codes = native.cat.codes.to_numpy()
    column = _of_series(held)
    cells = column.cells if codes is None else partial(_taken, column, len(held), codes)
    categorical = column.type not in ("boolean", "date", "other")
    return replace(column, cells=cells, categorical=categorical)


def _taken(column: FrameColumn, count: int, codes: np.ndarray, rows: slice) -> Cells:
    """The categories that the codes number, -1 for none."""
    here = codes[rows]
    if not count:
        return np.zeros(len(here), object if column.sql == "VARCHAR" else bool), here < 0
    values, missing = column.cells(slice(0, count))
    return values[here], (here < 0) | missing[here]


_BY_TYPE: dict[str, Callable[[Any], FrameColumn]] = {
    "String": _of_texts,
    **dict.fromkeys(("Date", "Datetime"), partial(_typed, "TIMESTAMP", "date", _times)),
    "Duration": partial(_typed, "DOUBLE", "number", _durations, note=DAYS),
    **dict.fromkeys(
        ("Float16", "Float32", "Float64"), partial(_typed, "DOUBLE", "number", _floats)
    ),
    **dict.fromkeys(("List", "Array"), lambda series: _other("lists")),
    "Struct": lambda series: _other("records"),
    "Binary": lambda series: _other("bytes"),
}


# Objects, of which each says what it is


def _of_objects(values: np.ndarray) -> FrameColumn:
    missing = np.array([_is_missing(v) for v in values], bool)
    seen = {_kind(v) for v in values[~missing]}
    strange = sorted(seen - {"bool", "whole", "number", "date", "days", "text"})
    if strange:
        return _other(strange[0])
    sql, kind, convert = _form(seen, values[~missing])
    return FrameColumn(
        sql,
        kind,
        lambda rows: _converted(values[rows], missing[rows], convert),
        holds="" if seen else NOTHING,
        note=DAYS if seen == {"days"} else "" if kind != "text" or seen <= {"text"} else MIXED,
    )


def as_texts(column: FrameColumn) -> FrameColumn:
    """The column with its values as texts, as where they are mixed with others."""

    def texts(rows: slice) -> Cells:
        values, missing = column.cells(rows)
        objects = np.empty(len(values), object)
        objects[:] = values.tolist()
        return _converted(objects, missing, (_spelled, object))

    return column if column.sql == "VARCHAR" else replace(
        column, sql="VARCHAR", type="text", cells=texts, note=MIXED
    )  # fmt: skip


Form = tuple[str, Type, tuple[Callable[[Any], Any], Any]]


def _form(seen: set[str], values: np.ndarray) -> Form:
    """How values of these kinds are kept together: in DuckDB, as what, and made by what."""
    forms: Sequence[tuple[set[str], Form]] = (
        ({"bool"}, ("BOOLEAN", "boolean", (bool, np.bool_))),
        ({"bool", "whole"}, _whole_numbers(seen, values)),
        ({"bool", "whole", "number"}, ("DOUBLE", "number", (_as_float, np.float64))),
        ({"date"}, ("TIMESTAMP", "date", (_timestamp, "datetime64[us]"))),
        ({"days"}, ("DOUBLE", "number", (_in_days, np.float64))),
    )
    texts: Form = ("VARCHAR", "text", (_spelled, object))
    return next((form for kinds, form in forms if seen and seen <= kinds), texts)


def _whole_numbers(seen: set[str], values: np.ndarray) -> Form:
    """Exactly: as texts where they are too large for whole numbers of 64 bits."""
    exact = seen <= {"bool", "whole"} and all(_INT64.min <= int(v) <= _INT64.max for v in values)
    if exact:
        return "BIGINT", "integer", (int, np.int64)
    return "VARCHAR", "integer", (lambda v: str(int(v)), object)


def _converted(
    values: np.ndarray, missing: np.ndarray, convert: tuple[Callable[[Any], Any], Any]
) -> Cells:
    make, dtype = convert
    cells = np.zeros(len(values), dtype)
    cells[~missing] = [make(v) for v in values[~missing]]
    return cells, missing


def _is_missing(value: Any) -> bool:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, Real | Decimal | np.datetime64 | np.timedelta64):
        return bool(value != value)  # noqa: PLR0124  of numbers and times that are none
    return False


_KINDS: Sequence[tuple[Any, str]] = (
    (bool | np.bool_, "bool"),
    (Integral, "whole"),
    (Real | Decimal, "number"),
    (dt.date | np.datetime64, "date"),
    (dt.timedelta | np.timedelta64, "days"),
    (str, "text"),
    (complex | np.complexfloating, "complex numbers"),
    (list | tuple | set | np.ndarray, "lists"),
    (dict, "records"),
    (bytes | bytearray, "bytes"),
)


def _kind(value: Any) -> str:
    """What a value is: one of the kinds that are read, or the name of its kind in a sentence."""
    name = type(value).__name__
    if hasattr(value, "to_timestamp"):  # a period
        return "date"
    if name in _SPELLED:
        return "text"
    if isinstance(value, Decimal) and _is_whole(value):
        return "whole"
    found = next((kind for types, kind in _KINDS if isinstance(value, types)), None)
    return found or f"values of the type {name}"


def _is_whole(value: Decimal) -> bool:
    return value.is_finite() and value == value.to_integral()


def _as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # a whole number of more than 308 digits
        return np.inf if value > 0 else -np.inf


def _timestamp(value: Any) -> np.datetime64:
    if hasattr(value, "to_timestamp"):  # a period, which begins then
        value = value.to_timestamp()
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        value = value.astimezone(dt.UTC).replace(tzinfo=None)
    if isinstance(value, dt.datetime):  # that of pandas counts nanoseconds besides
        value = dt.datetime.combine(value.date(), value.time())
    return np.datetime64(value, "us")


def _in_days(value: Any) -> float:
    if isinstance(value, np.timedelta64):
        return float(value / np.timedelta64(1, "D"))
    return float(value / dt.timedelta(days=1))


def _spelled(value: Any) -> str:
    """The text of a value in a column of mixed ones, as the category is spelled elsewhere."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, Integral | float | Decimal) and math.isfinite(value) and value % 1 == 0:
        return str(int(value))
    return str(value)


def _other(what: str) -> FrameColumn:
    def empty(rows: slice) -> Cells:
        n = rows.stop - rows.start
        return np.zeros(n, object), np.ones(n, bool)

    return FrameColumn("VARCHAR", "other", empty, holds=what)
