"""The same table in files, databases and data frames gives the same values and types."""

from __future__ import annotations

import importlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.tables import open_table
from glassnet.tables.columns import Kind
from glassnet.tables.table import Table

KINDS: dict[str, Kind] = {
    "n": "number",
    "i": "number",
    "b": "boolean",
    "d": "date",
    "t": "category",
}
VALUES = (
    "SELECT * FROM (VALUES (1.5::DOUBLE, 1::BIGINT, true, DATE '2026-01-31', 'x'), "
    "(NULL, NULL, NULL, NULL, NULL), (-2, 3, false, DATE '1969-12-31', 'NA')) AS v(n, i, b, d, t)"
)
FRAME: dict[str, Any] = {
    "n": [1.5, None, -2.0],
    "i": [1, None, 3],
    "b": [True, None, False],
    "d": ["2026-01-31", None, "1969-12-31"],
    "t": ["x", None, "NA"],
}


def values(table: Table) -> dict[str, list[Any]]:
    parts = list(table.chunks(KINDS))
    joined = {name: np.concatenate([p[name] for p in parts]).tolist() for name in KINDS}
    return {n: [None if v != v else v for v in c] for n, c in joined.items()}  # noqa: PLR0124


EXPECTED = {
    "n": [1.5, None, -2.0],
    "i": [1, None, 3],
    "b": [1, None, 0],
    "d": [20484, None, -1],
    "t": ["x", None, "NA"],
}


@pytest.mark.parametrize("ending", ["parquet", "json", "jsonl", "duckdb"])
def test_files_that_know_their_types(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"t.{ending}"
    if ending == "duckdb":
        with duckdb.connect(str(path)) as file:
            file.execute(f"CREATE TABLE t AS {VALUES}")
    else:
        options = {"json": "FORMAT json, ARRAY true", "jsonl": "FORMAT json"}.get(
            ending, "FORMAT parquet"
        )
        duckdb.execute(f"COPY ({VALUES}) TO '{path}' ({options})")
    with open_table(path) as table:
        assert values(table) == EXPECTED
        types = [column.type for column in table.columns]
    assert types == ["number", "integer", "boolean", "date", "text"]


@pytest.mark.parametrize("library", ["pandas", "pandas nullable", "polars", "pyarrow"])
def test_data_frames(library: str) -> None:
    pandas, polars, pyarrow = map(importlib.import_module, ("pandas", "polars", "pyarrow"))
    dates = [None if d is None else np.datetime64(d).item() for d in FRAME["d"]]
    if library.startswith("pandas"):
        frame = pandas.DataFrame({**FRAME, "d": pandas.to_datetime(FRAME["d"])})
        frame = frame.convert_dtypes() if "nullable" in library else frame
    elif library == "polars":
        frame = polars.DataFrame({**FRAME, "d": dates})
    else:
        frame = pyarrow.table({**FRAME, "d": dates})
    with open_table(frame) as table:
        assert values(table) == EXPECTED
        with pytest.raises(gn.InputError, match=r"Row 0 of the data frame .* holds 'x' where"):
            next(table.chunks({"t": "number"}))


def test_an_sqlite_file_is_read_by_table_and_by_query(tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite"
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE t (n REAL, i INTEGER, b TEXT, d TEXT, t TEXT, z TEXT)")
        file.executemany(
            "INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)",
            [
                (1.5, 1, "true", "2026-01-31", "x", "01"),
                (None,) * 6,
                (-2.0, 3, "false", "1969-12-31", "NA", "02"),
            ],
        )
    file.close()
    with open_table(path, table="t") as table:
        assert values(table) == EXPECTED
        assert table.column("i").type == "integer"
    with open_table(path, query="SELECT i + 1 AS j FROM t WHERE i > 1") as table:
        assert [np.asarray(chunk["j"]).tolist() for chunk in table.chunks({"j": "number"})] == [[4]]
    before = path.read_bytes()
    for query in (
        "DROP TABLE t",
        "DELETE FROM t RETURNING n",
        f"ATTACH '{tmp_path}/other.db' AS o",
        f"VACUUM INTO '{tmp_path}/other.db'",
        "PRAGMA database_list",
        "SELECT * FROM pragma_database_list",
        "SELECT load_extension('x')",
        "SELECT 1; SELECT 2",
        "SELECT nope",
        "",
    ):
        with pytest.raises(gn.InputError, match="cannot be read"):
            open_table(path, query=query)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "t.duckdb"
    with duckdb.connect(str(path)) as file:
        file.execute(f"CREATE TABLE t AS {VALUES}")
        file.execute("CREATE TABLE u AS SELECT 1 AS a")
        file.execute("CREATE SEQUENCE s")
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")
    return path


@pytest.mark.parametrize(
    "query",
    [
        "SELECT n * 2 AS m FROM t ORDER BY n DESC NULLS LAST",
        "SELECT n * 2 AS m FROM t ORDER BY n DESC NULLS LAST ; -- as we always do",
        "WITH q AS (FROM source.t) SELECT n * 2 AS m FROM q ORDER BY n DESC NULLS LAST /* ; */",
    ],
)
def test_a_query_gives_its_rows_in_its_order(database: Path, query: str) -> None:
    with open_table(database, query=query) as table:
        (chunk,) = table.chunks({"m": "number"})
    np.testing.assert_array_equal(chunk["m"], [3.0, -4.0, np.nan])


ONE_SELECT = "a query must be a single SELECT"
NO_FILES = "disabled by configuration"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", ONE_SELECT),
        ("SELECT 1; SELECT 2", ONE_SELECT),
        ("DROP TABLE t", ONE_SELECT),
        ("UPDATE t SET n = 0", ONE_SELECT),
        ("SELECT * FROM t; DELETE FROM t", ONE_SELECT),
        ("CREATE TABLE made AS SELECT 1", ONE_SELECT),
        ("COPY t TO 'FOLDER/stolen.csv'", ONE_SELECT),
        ("COPY t TO 'FOLDER/t.duckdb'", ONE_SELECT),
        ("EXPORT DATABASE 'FOLDER/stolen'", ONE_SELECT),
        ("ATTACH 'FOLDER/other.duckdb' AS o", ONE_SELECT),
        ("DETACH source", ONE_SELECT),
        ("INSTALL httpfs", ONE_SELECT),
        ("LOAD 'FOLDER/secret.csv'", ONE_SELECT),
        ("SET enable_external_access = true", ONE_SELECT),
        ("PRAGMA database_list", ONE_SELECT),
        ("CALL duckdb_tables()", ONE_SELECT),
        ("SELECT 1) AS q(c0); DROP TABLE t; SELECT * FROM (SELECT 1", "syntax error"),
        ("SELECT 1 /* open", "unterminated"),
        ("WITH q AS (INSERT INTO u VALUES (2) RETURNING a) SELECT * FROM q", "must be at the top"),
        ("SELECT nextval('s')", "read-only"),
        ("SELECT * FROM query('DELETE FROM t')", "single SELECT"),
        ("SELECT * FROM read_csv('FOLDER/secret.csv')", NO_FILES),
        ("SELECT * FROM 'FOLDER/secret.csv'", NO_FILES),
        ("SELECT * FROM read_text('/etc/passwd')", NO_FILES),
        ("SELECT * FROM glob('FOLDER/*')", NO_FILES),
        ("SELECT * FROM read_parquet('http://localhost/t.parquet')", NO_FILES),
        ("SELECT * FROM of_the_caller", "of_the_caller does not exist"),
        ("SELECT getenv('HOME')", "getenv does not exist"),
        ("SELECT * FROM enable_logging(storage = 'file')", "configuration has been locked"),
    ],
)
def test_a_query_changes_nothing_and_reaches_nothing_but_its_file(
    database: Path, query: str, sentence: str
) -> None:
    before = {path.name: path.read_bytes() for path in database.parent.iterdir()}
    of_the_caller = {"a": np.arange(3)}
    assert len(of_the_caller) == 1
    with pytest.raises(gn.InputError, match=sentence) as caught:
        open_table(database, query=query.replace("FOLDER", str(database.parent)))
    assert "\n" not in str(caught.value)
    assert {path.name: path.read_bytes() for path in database.parent.iterdir()} == before


def test_a_table_of_a_database_is_named_where_there_are_several(database: Path) -> None:
    with open_table(database, table="u") as table:
        assert table.rows == 1
    with pytest.raises(gn.InputError, match="name one of: 't', 'u'"):
        open_table(database)
    with pytest.raises(gn.InputError, match="has no table 'v': it has 't', 'u'"):
        open_table(database, table="v")


def test_a_folder_or_pattern_of_parquet_files_is_one_table(tmp_path: Path) -> None:
    for number, name in enumerate(["b", "a", "c"]):
        start = 100_000 * number
        duckdb.execute(
            f"COPY (SELECT range + {start} AS v FROM range(100000)) "
            f"TO '{tmp_path / name}.parquet' (FORMAT parquet)"
        )
    order = [1, 0, 2]
    expected = np.concatenate([np.arange(100_000) + 100_000 * k for k in order])
    for source in (tmp_path, tmp_path / "*.parquet"):
        with open_table(source) as table:
            assert table.rows == 300_000
            found = np.concatenate([c["v"] for c in table.chunks({"v": "number"})])
            assert (found == expected).all()
            assert table.place(100_000) == "b.parquet, row 1"
    duckdb.execute(f"COPY (SELECT 'x' AS v) TO '{tmp_path / 'd.parquet'}' (FORMAT parquet)")
    with pytest.raises(gn.InputError, match=r"d\.parquet has other columns or types"):
        open_table(tmp_path)


def test_infinite_values_in_parquet_are_refused_with_their_row(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    duckdb.execute(
        "COPY (SELECT CASE range WHEN 70000 THEN '-inf'::DOUBLE WHEN 5 THEN 'nan' ELSE range END "
        f"AS v FROM range(80000)) TO '{path}' (FORMAT parquet)"
    )
    with open_table(path) as table, pytest.raises(gn.InputError, match=r"row 70001: column 'v'"):
        table.summaries({"v": "number"})


def test_columns_that_are_missing_are_named(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("rooms,city\n1,2\n")
    with open_table(path) as table:
        with pytest.raises(gn.InputError, match="no column 'roms': did you mean 'rooms'"):
            table.column("roms")
        with pytest.raises(gn.InputError, match="no columns 'a', 'b': it has 'rooms', 'city'"):
            table.require(["a", "rooms", "b"])


@pytest.mark.parametrize("source", [3, [[1, 2]], None])
def test_what_is_no_source_is_refused(source: Any) -> None:
    with pytest.raises(gn.InputError, match="data frame of pandas, polars or pyarrow"):
        open_table(source)


def text_dates(folder: Path, ending: str) -> Path:
    """A column of dates that the source holds as texts, and one of other texts."""
    rows = [(f"2022-01-0{i}T00:00:00.000", "ab"[i % 2], i) for i in range(1, 6)]
    path = folder / f"t.{ending}"
    if ending == "jsonl":
        path.write_text("".join(json.dumps(dict(zip("dty", r, strict=True))) + "\n" for r in rows))
    elif ending == "sqlite":
        with closing(sqlite3.connect(path)) as database:
            database.execute("CREATE TABLE t (d TEXT, t TEXT, y INTEGER)")
            database.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
            database.commit()
    else:
        frame = pd.DataFrame(rows, columns=["d", "t", "y"])
        frame.to_parquet(path)
    return path


@pytest.mark.parametrize("ending", ["jsonl", "sqlite", "parquet"])
def test_dates_held_as_texts_are_dates(tmp_path: Path, ending: str) -> None:
    with open_table(text_dates(tmp_path, ending)) as table:
        assert [column.type for column in table.columns] == ["date", "text", "integer"]
        (chunk,) = table.chunks({"d": "date"})
        assert np.asarray(chunk["d"]).tolist() == [18993.0 + i for i in range(5)]


def test_a_frame_of_texts_holds_dates_too() -> None:
    with open_table(pd.DataFrame({"d": ["2022-01-01", None], "y": [1, 2]})) as table:
        assert table.column("d").type == "date"
