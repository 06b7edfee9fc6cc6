"""Columns of numbers and dates as people write them, in files and in memory alike."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glassnet.tables import open_table
from glassnet.tables.columns import Kind

DAY = 18503  # 2020-08-29


def source(folder: Path, where: str, columns: Mapping[str, Sequence[str]]) -> Any:
    """A table of these columns of texts, in a file or in memory."""
    names, rows = list(columns), list(zip(*columns.values(), strict=True))
    path = folder / f"t.{where}"
    if where == "csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, delimiter=";").writerows([names, *rows])
    elif where == "json":
        path.write_text(json.dumps([dict(zip(names, row, strict=True)) for row in rows]))
    elif where == "db":
        with closing(sqlite3.connect(path)) as database, database:
            database.execute(f"CREATE TABLE t ({' TEXT, '.join(names)} TEXT)")
            marks = ", ".join("?" * len(names))
            database.executemany(f"INSERT INTO t VALUES ({marks})", rows)
    else:
        return dict(columns)
    return path


def one(folder: Path, where: str, texts: Sequence[str]) -> Any:
    """A table of these texts, v, and of their row numbers."""
    return source(folder, where, {"i": [str(i) for i in range(len(texts))], "v": texts})


NUMBERS: list[tuple[list[str], list[float | None], str]] = [
    (["$4.99", "$1,250.50", "0", "-$3"], [4.99, 1250.5, 0, -3], "$1,250.5 is 1250.5"),
    (["4,99 €", "1.250,50 €", "0 €"], [4.99, 1250.5, 0], "decimal comma"),
    (["45%", "3.5%", "-2 %"], [0.45, 0.035, -0.02], "45% is 0.45"),
    (["12 kg", "3.5 kg", "7kg"], [12, 3.5, 7], "1.5 kg is 1.5"),
    (["19M", "201k", "950", "1.5B"], [19e6, 201e3, 950, 1.5e9], "1.5M is 1500000"),
    (["(3)", "4", "(5)", "6"], [-3, 4, -5, 6], "(3) is -3"),
    (["10,000+", "500,000+", "100+"], [1e4, 5e5, 100], "thousands"),
    (["1 234,5", "12 345,25", "3,5"], [1234.5, 12345.25, 3.5], "decimal comma"),
    (["1'234.5", "12'345.25", "3.5"], [1234.5, 12345.25, 3.5], "thousands"),
    (["1\u00a0234,5", "12\u202f345,25", "3,5"], [1234.5, 12345.25, 3.5], "decimal comma"),
    ([",5", ",25", "1,5"], [0.5, 0.25, 1.5], "decimal comma"),
    (["0,865", "0,012", "0,5"], [0.865, 0.012, 0.5], "decimal comma"),
    (["\u22125.5", "3", "\u22121"], [-5.5, 3, -1], "\u22123 is -3"),
    (["1,00,000", "12,34,567", "999"], [1e5, 1234567, 999], "thousands"),
    (["01234", "98765", "00501"], [1234, 98765, 501], "begin with 0, such as 01234"),
    (
        [*map(str, range(20)), "#N/A", "na", "-", "#DIV/0!"],
        [*range(20), None, None, None, None],
        "missing",
    ),
]


@pytest.mark.parametrize("where", ["csv", "memory"])
@pytest.mark.parametrize(("texts", "values", "note"), NUMBERS)
def test_numbers(
    tmp_path: Path, where: str, texts: list[str], values: list[float | None], note: str
) -> None:
    with open_table(one(tmp_path, where, texts * 4)) as table:
        (chunk,) = table.chunks({"v": "number"})
        expected = [np.nan if value is None else value for value in values * 4]
        np.testing.assert_array_equal(chunk["v"], expected)
        assert table.column("v").type in ("integer", "number")
        assert any(note in given for given in table.notes), table.notes


SPELLINGS = [
    *("2020-08-29", "2020/08/29", "29-Aug-2020", "29-AUG-2020", "August 29, 2020", "29.08.20"),
    *("29 Aug 2020", "Sat, 29 Aug 2020", "29.8.2020", "Aug 29, 2020", "29 August 2020"),
    *("29/08/2020", "08/29/20", "29-08-2020", "20200829", "2020-08-29T00:00:00Z"),
    "2020-08-29 02:00+02:00",
]


@pytest.mark.parametrize("where", ["csv", "json", "db", "memory"])
def test_a_day_is_the_same_in_every_spelling(tmp_path: Path, where: str) -> None:
    columns = {f"c{i}": [spelling] * 12 for i, spelling in enumerate(SPELLINGS)}
    columns["mixed"] = SPELLINGS[:11] + SPELLINGS[:1]
    with open_table(source(tmp_path, where, columns)) as table:
        assert {column.type for column in table.columns} == {"date"}
        for chunk in table.chunks(dict.fromkeys(columns, "date")):
            assert {n: set(np.asarray(v).tolist()) for n, v in chunk.items()} == {
                name: {DAY} for name in columns
            }


@pytest.mark.parametrize(
    ("texts", "note"),
    [
        (["12 kg", "3 lb", "7 kg", "9 lb"], "'kg' and 'lb'"),
        (["12%", "3", "7%", "9"], "with and without %"),
        (["A12", "B7", "C3"], ""),
        (["1.9.15", "1.1.4", "2.8.23"], ""),
        (["555-8686", "555-9210", "555-7066"], ""),
        (["2010-15", "2011-16", "2012-17"], ""),
        (["03/04/2020", "05/06/2020"], "no value tells whether the day or the month"),
    ],
)
def test_what_is_neither_stays_text(tmp_path: Path, texts: list[str], note: str) -> None:
    with open_table(one(tmp_path, "csv", texts * 6)) as table:
        assert table.column("v").type == "text"
        assert any(note in given for given in table.notes) or not note, table.notes


def test_whole_numbers_are_dates_only_if_all_are_days(tmp_path: Path) -> None:
    days = [20200827, 20200828, 20200829, 20200830]
    kinds: list[tuple[list[int], Kind]] = [(days, "date"), ([*days, 20200832], "number")]
    for values, kind in kinds:
        for where in ("csv", "json", "memory"):
            table_source = one(tmp_path, where, list(map(str, values)) * 5)
            with open_table({"v": values * 5} if where == "memory" else table_source) as table:
                assert (table.column("v").type == "date") == (kind == "date")
                (chunk,) = table.chunks({"v": kind})
                assert np.asarray(chunk["v"])[2] == (DAY if kind == "date" else 20200829)
                assert any("--types" in note for note in table.notes) == (kind == "date")
        with open_table({"v": values * 5}, types={"v": "number"}) as table:
            assert table.column("v").type == "integer"


def test_times_with_zones_and_short_years_are_noted(tmp_path: Path) -> None:
    zoned = [f"2020-01-{day:02}T23:30:00+02:00" for day in range(1, 29)]
    with open_table(one(tmp_path, "csv", zoned)) as table:
        assert any("read in UTC" in note for note in table.notes)
    short = [f"{day:02}.08.20" for day in range(1, 29)]
    with open_table(one(tmp_path, "csv", short)) as table:
        assert any("1969 to 2068" in note for note in table.notes)
