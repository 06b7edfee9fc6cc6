"""Every column of every data frame is read as what it holds, or left out in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import glassnet as gn
from glassnet.data.preprocessing import CategoryColumn
from glassnet.tables import fit_recipe, open_table
from glassnet.tables.columns import Kind
from glassnet.tables.frames import Frame

DAY = dt.date(2026, 1, 31)
DAYS = 20484  # from 1970-01-01 to it
NOON = dt.datetime(2026, 1, 31, 12)
IDS = [900719925474099300, 900719925474099301, 900719925474099377, 123456789012345678]
KINDS: dict[str, Kind] = {
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "date": "date",
    "text": "category",
}


def read(column: Any) -> tuple[str, list[Any]]:
    """The type of a column and its values read as that type, None where missing."""
    with open_table({"c": column}) as table:
        (found,) = table.columns
        (chunk,) = table.chunks({"c": "category" if found.categorical else KINDS[found.type]})
        values = np.asarray(chunk["c"]).tolist()
    return found.type, [None if v != v else v for v in values]  # noqa: PLR0124


ARROW = pd.ArrowDtype
COLUMNS: dict[str, tuple[Any, str, list[Any]]] = {
    "category of ints": (
        pd.Series([10, 20, None], dtype="category"), "integer", ["10", "20", None]),
    "category of Int64": (
        pd.Series(pd.Categorical(pd.array([10, 20, 10], "Int64"))), "integer", ["10", "20", "10"]),
    "category of floats": (pd.Series([0.5, 2.0], dtype="category"), "number", ["0.5", "2"]),
    "category of bools": (pd.Series([True, False], dtype="category"), "boolean", [1, 0]),
    "category of intervals": (pd.Series(pd.cut([1, 2], [0, 1, 2])), "text", ["(0, 1]", "(1, 2]"]),
    "category of dates": (
        pd.Series(pd.to_datetime(["2026-01-31", "NaT"])).astype("category"), "date", [DAYS, None]),
    "category of ids": (pd.Series(IDS[:2], dtype="category"), "integer", [str(i) for i in IDS[:2]]),
    "category of mixed": (pd.Series([1, "b", 2.0], dtype="category"), "text", ["1", "b", "2"]),
    "dictionary of ints": (pa.array([10, 20, None]).dictionary_encode(), "integer",
                           ["10", "20", None]),
    "dictionary in pandas": (
        pd.Series([3, 4], dtype=ARROW(pa.dictionary(pa.int32(), pa.int64()))), "integer",
        ["3", "4"]),
    "polars categorical": (pl.Series(["a", "b", None], dtype=pl.Categorical), "text",
                           ["a", "b", None]),
    "polars enum": (pl.Series(["a"], dtype=pl.Enum(["b", "a"])), "text", ["a"]),
    "decimals": (pd.Series([Decimal("1.25"), None]), "number", [1.25, None]),
    "decimals of polars": (pl.Series([Decimal("1.25"), None]), "number", [1.25, None]),
    "decimals of pyarrow": (pa.array([Decimal(3), None]), "integer", [3, None]),
    "dates as objects": (pd.Series([DAY, None], dtype=object), "date", [DAYS, None]),
    "datetimes as objects": (pd.Series([NOON, None], dtype=object), "date", [DAYS + 0.5, None]),
    "timestamps": (pd.Series([pd.Timestamp(NOON), pd.NaT], dtype=object), "date",
                   [DAYS + 0.5, None]),
    "times with zones": (
        pd.Series([NOON.replace(tzinfo=dt.timezone(dt.timedelta(hours=6)))], dtype=object), "date",
        [DAYS + 0.25]),
    "polars dates": (pl.Series([DAY, None]), "date", [DAYS, None]),
    "pyarrow dates": (pa.array([DAY, None]), "date", [DAYS, None]),
    "dates of pyarrow in pandas": (pd.Series([DAY, None], dtype="date32[pyarrow]"), "date",
                                   [DAYS, None]),
    "periods": (pd.Series(pd.period_range("2026-01-31", periods=1, freq="D")), "date", [DAYS]),
    "spans": (pd.Series(pd.to_timedelta([36, None], "h")), "number", [1.5, None]),
    "spans of polars": (pl.Series([dt.timedelta(hours=36), None]), "number", [1.5, None]),
    "spans as objects": (pd.Series([dt.timedelta(hours=36)], dtype=object), "number", [1.5]),
    "numpy's spans": (np.array([36, "NaT"], "timedelta64[h]"), "number", [1.5, None]),
    "numpy's dates": (np.array(["2026-01-31", "NaT"], "datetime64[D]"), "date", [DAYS, None]),
    "numpy scalars": (pd.Series([np.int64(3), np.float32(0.5), None], dtype=object), "number",
                      [3, 0.5, None]),
    "numpy ints": ([np.int16(3), np.uint64(4)], "integer", [3, 4]),
    "numpy's texts": (np.array(["a", "b"]), "text", ["a", "b"]),
    "masked": (np.ma.array([1, 2], mask=[False, True]), "integer", [1, None]),
    "narrow": (np.array([200, 7], np.uint8), "integer", [200, 7]),
    "half": (pd.Series(np.array([0.5, np.nan], np.float16)), "number", [0.5, None]),
    "bools as objects": (pd.Series([True, None], dtype=object), "boolean", [1, None]),
    "Int64": (pd.Series([1, None], dtype="Int64"), "integer", [1, None]),
    "UInt8": (pd.Series([255, None], dtype="UInt8"), "integer", [255, None]),
    "Float32": (pd.Series([0.5, None], dtype="Float32"), "number", [0.5, None]),
    "boolean": (pd.Series([True, None], dtype="boolean"), "boolean", [1, None]),
    "string": (pd.Series(["a", None], dtype="string"), "text", ["a", None]),
    "pyarrow in pandas": (pd.Series([1, None], dtype="int64[pyarrow]"), "integer", [1, None]),
    "doubles of pyarrow": (pd.Series([0.5, None], dtype="double[pyarrow]"), "number", [0.5, None]),
    "bools of pyarrow": (pd.Series([True, None], dtype="bool[pyarrow]"), "boolean", [1, None]),
    "sparse": (pd.Series(pd.arrays.SparseArray([0, 3])), "integer", [0, 3]),
    "mixed": (pd.Series([1, "b", 2.5, True, None], dtype=object), "text",
              ["1", "b", "2.5", "true", None]),
    "texts and late numbers": (pd.Series(["a"] * 200 + [7], dtype=object), "text",
                               ["a"] * 200 + ["7"]),
    "ids as objects": ([2**70, 5], "integer", [float(2**70), 5]),
    "uuids": ([UUID(int=1)], "text", ["00000000-0000-0000-0000-000000000001"]),
    "times of day": (pl.Series([dt.time(12, 30)]), "text", ["12:30:00"]),
}  # fmt: skip


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_is_read_as_what_it_holds(name: str) -> None:
    column, kind, values = COLUMNS[name]
    assert read(column) == (kind, values)


FRAMES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "polars lazy": lambda columns: pl.DataFrame(columns).lazy(),
    "pyarrow": pa.table,
    "record batch": lambda columns: pa.table(columns).to_batches()[0],
    "reader": lambda columns: pa.table(columns).to_reader(),
    "dictionary": lambda columns: columns,
    "records": lambda columns: [
        dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
    ],
    "duckdb": lambda columns: duckdb.from_arrow(pa.table(columns)),
}


@pytest.mark.parametrize("library", FRAMES)
def test_every_library_gives_the_same_table(library: str) -> None:
    columns = {"id": IDS, "x": [0.5, -1.0, 2.0, 0.0], "t": ["a", "b", "a", "c"]}
    with open_table(FRAMES[library](columns)) as table:
        types = {column.name: column.type for column in table.columns}
        (chunk,) = table.chunks({"id": "category", "x": "number", "t": "category"})
    assert types == {"id": "integer", "x": "number", "t": "text"}
    assert {name: np.asarray(v).tolist() for name, v in chunk.items()} == columns | {
        "id": [str(i) for i in IDS]
    }


class Stream:
    """Whatever gives its columns as a stream of Arrow, and nothing else."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.table.__arrow_c_stream__(requested_schema)


def test_a_stream_of_arrow_is_a_table() -> None:
    assert Frame(Stream(pa.table({"a": [1, 2]}))).names == ["a"]


@pytest.mark.parametrize(
    ("array", "names"),
    [
        (np.zeros((3, 2)), ["0", "1"]),
        (np.array([(1, 0.5)], [("a", int), ("b", float)]), ["a", "b"]),
        (np.array([(1, 0.5)], [("a", int), ("b", float)]).view(np.recarray), ["a", "b"]),
    ],
)
def test_an_array_of_two_dimensions_or_of_records_is_a_table(
    array: np.ndarray, names: list[str]
) -> None:
    assert Frame(array).names == names


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ([0, 1, 2], ["0", "1", "2"]),
        (["a", 1, 2.5], ["a", "1", "2.5"]),
        (["a", None, "y"], ["a", "column 2", "y"]),
        (["a", "", float("nan")], ["a", "column 2", "column 3"]),
        ([pd.Timestamp("2020-01-01"), True, "y"], ["2020-01-01 00:00:00", "True", "y"]),
        (pd.MultiIndex.from_tuples([("f", "a"), ("f", "b"), ("y", "")]), ["f_a", "f_b", "y"]),
    ],
)
def test_labels_become_names(labels: Any, names: list[str]) -> None:
    data = pd.DataFrame([[1, 2, 3], [4, 5, 7]], columns=labels)
    with open_table(data) as table:
        assert [column.name for column in table.columns] == names


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "Columns 1 and 2 .* both named 'a': rename"),
        (pd.DataFrame([[1, 2]], columns=[1, "1"]), "both named '1': rename"),
        (pa.table([[1], [2]], names=["a", "a"]), "both named 'a': rename"),
        (pd.DataFrame(), "has no columns"),
        ({}, "has no columns"),
        ([], "has no columns"),
        (pd.DataFrame({"a": []}), "no rows"),
        ({"a": [1], "b": [1, 2]}, "Column 'a' has 1 values, but column 'b' 2"),
        ({"a": 1}, "Column 'a' must be an array or a list"),
        ({"a": "xyz"}, "Column 'a' must be an array or a list"),
        ({"a": np.zeros((2, 2))}, r"Column 'a' .* one dimension, but has the shape \(2, 2\)"),
        (np.zeros(3), r"two dimensions to be a table, but has the shape \(3,\)"),
        (np.zeros((2, 2, 2)), "two dimensions"),
        (pd.Series([1, 2]), "not Series"),
        (pa.array([1]), "not Int64Array"),
        ([1, 2], "a dictionary for each row, not int"),
        (object(), "A table is .*, not object"),
        (len, "A table is .*, not builtin"),
        (pl.LazyFrame({"a": [1]}).select("b"), "cannot be computed: .*b"),
    ],
)
def test_what_is_no_table_is_refused_in_words(source: Any, sentence: str) -> None:
    with pytest.raises(gn.InputError, match=sentence):
        open_table(source)


@pytest.mark.parametrize(
    ("column", "what"),
    [
        ([1 + 2j, 3j], "complex numbers"),
        (np.array([1j, 2j]), "complex numbers"),
        (pd.Series([1j, 2j]), "complex numbers"),
        ([[1, 2], [3]], "lists"),
        (pl.Series([[1], [2]]), "lists"),
        (pa.array([{"a": 1}, {"a": 2}]), "records"),
        ([{"a": 1}, None], "records"),
        ([b"x", b"y"], "bytes"),
        (pd.Series([b"x", b"y"]), "bytes"),
        (pa.array([b"x", b"y"]), "bytes"),
    ],
)
def test_what_is_no_value_is_left_out_and_named(column: Any, what: str) -> None:
    data = {"c": column, "x": [1, 2], "y": ["a", "b"]}
    with open_table(data) as table:
        recipe, notes = fit_recipe(table, "y")
        with pytest.raises(gn.InputError, match=f"'c' holds {what}: a target is numbers"):
            fit_recipe(table, "c")
    assert [c.name for c in recipe.columns] == ["x"]
    assert f"Column 'c' is left out: it holds {what}, which are no numbers" in " ".join(notes)


def test_spans_and_mixed_values_are_noted() -> None:
    with open_table({"t": [dt.timedelta(1)], "m": [1]}) as table:
        assert table.notes == ("Column 't' holds spans of time and is read as numbers of days.",)
    with open_table({"m": [1, "b"]}) as table:
        assert table.notes == ("Column 'm' holds values of several types and is read as texts.",)


@pytest.mark.parametrize("library", FRAMES)
def test_ids_beyond_2_53_are_four_classes_spelled_as_given(library: str) -> None:
    frame = FRAMES[library]({"x": list(range(12)), "who": IDS * 3})
    with open_table(frame) as table:
        recipe, _ = fit_recipe(table, "who")
    assert recipe.target.classes == tuple(sorted(str(i) for i in IDS))


def test_a_few_ids_are_categories_and_many_are_rounded_with_a_note() -> None:
    with open_table({"id": IDS, "y": ["a", "b", "a", "b"]}) as table:
        recipe, notes = fit_recipe(table, "y")
        (column,) = recipe.columns
        assert isinstance(column, CategoryColumn)
        assert column.categories == tuple(sorted(str(i) for i in IDS))
        assert "a few whole numbers beyond 2^53" in " ".join(notes)
        _, notes = fit_recipe(table, "y", categories=["id"])
        assert notes == []
    many = [2**60 + 1000 * k for k in range(40)]
    with open_table({"id": many, "y": ["a", "b"] * 20}) as table:
        _, notes = fit_recipe(table, "y")
        assert "Column 'id' holds whole numbers beyond 2^53" in " ".join(notes)
    with open_table({"x": [1, 2, 3, 5], "id": IDS}) as table:
        recipe, notes = fit_recipe(table, "id", task="regression")
    assert recipe.target.classes is None
    assert "beyond 2^53" in " ".join(notes)
    small = {"id": [2**53, -(2**53)], "y": ["a", "b"]}
    with open_table(small) as table:
        assert fit_recipe(table, "y")[1] == []


def test_a_category_of_numbers_as_target_is_classes_of_numbers() -> None:
    for values, classes in (([0, 1, 0, 1], (0, 1)), ([0.5, 1.5, 0.5, 1.5], (0.5, 1.5))):
        data = pd.DataFrame({"x": [1, 2, 3, 4], "y": pd.Categorical(values)})
        with open_table(data) as table:
            assert fit_recipe(table, "y")[0].target.classes == classes


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        ([0.0, 1.0] * 4, (0, 1)),
        ([1.0, 2.0, 3.0, None] * 2, (1, 2, 3)),
        ([0.0, 1.5] * 4, None),
        ([float(i) for i in range(8)], None),
    ],
)
def test_whole_numbers_are_classes_however_they_are_written(
    values: list[Any], classes: tuple[int, ...] | None
) -> None:
    with open_table({"x": list(range(8)), "y": np.array(values, float)}) as table:
        recipe, _ = fit_recipe(table, "y", missing_target="skip")
    assert recipe.target.classes == classes
