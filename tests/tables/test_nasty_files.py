"""Text files as people have them: read rightly, or refused with one sentence and a place."""

from __future__ import annotations

import csv
import errno
import gzip
import itertools
import math
import os
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet as gn
from glassnet.tables import fit_recipe, load, open_table, text_source
from glassnet.tables.columns import Kind

HOUSES = "rooms,city,y\n3,Rome,no\n5,Bonn,yes\n4,Rome,no\n"


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(content: str | bytes, name: str = "houses.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def read(path: Path, **kinds: Kind) -> dict[str, list[Any]]:
    """The columns named, as these kinds."""
    with open_table(path) as table:
        parts = list(table.chunks(kinds))
    return {name: np.concatenate([part[name] for part in parts]).tolist() for name in kinds}


def refusal(path: Path, target: str | None = None, **options: Any) -> str:
    """The sentence, without the folder, with which opening or fitting is refused."""
    with pytest.raises(gn.InputError) as caught, open_table(path) as table:
        fit_recipe(table, target or table.columns[-1].name, **options)
    sentence = str(caught.value).replace(f"{path.parent}/", "")
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize(
    "content",
    [
        HOUSES,
        HOUSES.rstrip("\n"),
        "\ufeff" + HOUSES,
        HOUSES.replace("\n", "\r\n"),
        HOUSES.replace("\n", "\r"),
        HOUSES.replace("\n", "\r\n", 2),
        HOUSES.replace(",", ";"),
        HOUSES.replace(",", "\t"),
        HOUSES.replace(",", "|"),
        HOUSES.replace(",", " , "),
        HOUSES.replace("Rome", '"Rome"'),
        HOUSES.replace("\n", "\n\n"),
        HOUSES.replace("\n", ",\n"),
        HOUSES.replace("\n", ",\n").replace("y,\n", "y\n"),
        HOUSES.replace("\n", ",\n").replace("y,\n", "y\n").encode("utf-16"),
        HOUSES.encode("utf-16"),
        ("\ufeff" + HOUSES).encode("utf-16-be"),
        gzip.compress(HOUSES.encode()),
        gzip.compress(HOUSES[:20].encode()) + gzip.compress(HOUSES[20:].encode()),
    ],
    ids=[
        "plain", "no last line end", "BOM", "CRLF", "CR", "both line ends", "semicolons", "tabs",
        "bars", "spaces around", "quotes", "empty lines", "trailing delimiter",
        "trailing delimiter in the rows", "the same in UTF-16", "UTF-16",
        "big-endian UTF-16", "gzip", "gzip in two members",
    ],
)  # fmt: skip
def test_the_same_table_is_read_however_it_is_written(write: Any, content: str | bytes) -> None:
    found = read(write(content), rooms="number", city="category", y="category")
    assert found == {
        "rooms": [3, 5, 4],
        "city": ["Rome", "Bonn", "Rome"],
        "y": ["no", "yes", "no"],
    }


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "houses.csv is empty"),
        (" \n\n", "houses.csv is empty"),
        ("rooms,y\n", "has columns but no rows"),
        ("rooms,y", "has columns but no rows"),
        ("rooms,y\n1,2\n3\n", "houses.csv:3: this row has 1 field, but the first line has 2"),
        ("rooms,y\n1,2\n3,4,5\n", "houses.csv:3: this row has 3 fields"),
        ('rooms,y\n"1\n\n",2\n3,4,5\n', "houses.csv:5: this row has 3 fields"),
        ('rooms,y\n1,"2\n3,4\n', "houses.csv:2: a quote in this row is not closed"),
        ('rooms,y\n1,2\n3,"4"5\n', "houses.csv:3: a quote in this row is not closed"),
        ("rooms,y,rooms\n1,2,3\n", "columns 1 and 3 are both named 'rooms'"),
        ("city,y\nKöln,1\n".encode("latin-1"), "houses.csv:2: the text is not UTF-8"),
        (b"city,y\n" + b"Bonn,1\n" * 99_999 + b"K\xf6ln,1\n", "houses.csv:100001: the text is not"),
        (b"a,y\n\x00\x01,2\n", "no table in text form, for byte 5 is 0"),
        (bytes(range(256)) * 20, "no table in text form, for byte 1 is 0"),
        ("a,y\n1,2\n".encode("utf-32"), "UTF-32"),
        ("a,y\n1,2\n".encode("utf-16") + b"\x00\xd8", "not valid UTF-16"),
        (gzip.compress(HOUSES.encode() * 1000)[:-30], "cut short or damaged"),
        (gzip.compress(HOUSES.encode(), mtime=0)[:-8] + b"12345678", "cut short or damaged"),
        (b"PK\x03\x04rest", "no spreadsheet that can be read, but damaged, locked or another"),
        (
            "rooms,y\n1,2\n3,\n5,\n7,1\n",
            "houses.csv:3: the target column 'y' has no value here and in 1",
        ),
        ("rooms,y\n1,a\n3,a\n", "one class only, 'a'"),
        ("rooms,y\n1,7\n3,7\n", "one class only, 7"),
        ("rooms,y\n1,0.5\n3,0.5\n", "the same value in every row"),
        ("rooms,y\n1,\n3,\n", "column 'y' is empty"),
        ("rooms,y\n1,1\n1,2\n", "Column 'rooms' is left out: it holds 1 in every row"),
        ("y\na\nb\n", "no column left to learn from"),
        ("rooms,y\n1,a\ninf,b\n", "houses.csv:3: column 'rooms' holds 'inf' where a number"),
        ("rooms,y\n1,a\n-1e999,b\n", "houses.csv:3: column 'rooms' holds '-1e999' where a number"),
        ("rooms,y\n1e308,a\n-1e308,b\n", "column 'rooms' holds numbers too large to work with"),
        (
            "rooms,y\n" + "1,a\n2,b\n" * 20 + '"\nabc",a\n',
            "houses.csv:42: column 'rooms' holds '\\nabc' where a number is expected",
        ),
        (
            "day,y\n" + "2026-01-31,a\n2026-02-01,b\n" * 10 + "2026-02-30,a\n",
            "houses.csv:22: column 'day' holds '2026-02-30' where a date such as",
        ),
        (
            "flag,y\n" + "true,a\nFalse,b\n" * 10 + "maybe,a\nmaybe,a\n",
            "houses.csv:22: column 'flag' holds 'maybe' where true or false is expected (2 such",
        ),
    ],
    ids=itertools.count(),
)
def test_what_is_no_table_is_refused_with_its_place(
    write: Any, content: str | bytes, sentence: str
) -> None:
    assert sentence in refusal(write(content))


def test_folders_and_files_that_are_not_there_are_refused(tmp_path: Path, write: Any) -> None:
    write(HOUSES)
    assert "is a folder without .parquet files" in refusal(tmp_path)
    assert "There is no file" in refusal(tmp_path / "none.csv")
    assert "no .parquet file" in refusal(write(HOUSES, "houses.parquet"))
    assert "no .duckdb file" in refusal(write(HOUSES, "houses.duckdb"))


def test_a_file_that_may_not_be_read_is_refused(
    write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = write(HOUSES)

    # What a file without permission does, also to root, who may read everything.
    def denied(self: Path, *_: Any, **__: Any) -> Any:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    monkeypatch.setattr(Path, "open", denied)
    assert "houses.csv cannot be read: Permission denied." in refusal(secret)


def test_parquet_is_read_whatever_its_name(write: Any) -> None:
    path = write("")
    duckdb.execute(f"COPY (SELECT 3 AS rooms) TO '{path}' (FORMAT parquet)")
    assert read(path, rooms="number") == {"rooms": [3]}


@pytest.mark.parametrize("name", ["a*b.csv", "a?b.csv", "[ab].csv", "a'b.csv", "a b.txt", "ä.csv"])
def test_a_name_is_never_a_pattern(write: Any, name: str) -> None:
    write("rooms\n7\n8\n", "aXb.csv")
    write("rooms\n7\n8\n", "a.csv")
    assert read(write(HOUSES, name), rooms="number") == {"rooms": [3, 5, 4]}


def test_a_first_line_of_numbers_is_data_and_said_so(write: Any) -> None:
    path = write("1.5,2,-3\n4,5,6e1\n")
    assert read(path, x1="number", x3="number") == {"x1": [1.5, 4], "x3": [-3, 60]}
    with open_table(path) as table:
        assert "The first line" in table.notes[0]
        assert "named x1 to x3" in table.notes[0]


def test_fields_may_hold_lines_quotes_and_delimiters(write: Any) -> None:
    path = write('"a\nname",y\n"one\n\ntwo","x""y, z"\r\n"3",\n')
    kinds: dict[str, Kind] = {"a\nname": "category", "y": "category"}
    assert read(path, **kinds) == {
        "a\nname": ["one\n\ntwo", "3"],
        "y": ['x"y, z', None],
    }


@pytest.mark.parametrize(
    ("delimiter", "fields", "values", "note"),
    [
        (";", ["1,5", "2", "-0,25"], [1.5, 2, -0.25], "decimal comma"),
        (";", ["1.234,5", "12", "1.000.000"], [1234.5, 12, 1e6], "decimal comma"),
        (";", ["1,234.5", "12", "1,000,000"], [1234.5, 12, 1e6], "thousands"),
        (",", ['"1,234.5"', "12", '"-1,000"'], [1234.5, 12, -1000], "thousands"),
        (",", ['"1,5"', "12", '"-1,25"'], [1.5, 12, -1.25], "decimal comma"),
        ("\t", ["1,5", "12", "1e3"], [1.5, 12, 1000], "decimal comma"),
        (",", ["1e3", " +.5 ", "-7."], [1000, 0.5, -7], ""),
        (",", ["NA", "?", "3"], [None, None, 3], "read as missing"),
        (",", ["NaN", "", "null"], [None, None, None], "read as missing"),
        (",", ["123456789012345678901234567890", "1", ""], [1.2345678901234568e29, 1, None], ""),
    ],
)  # fmt: skip
def test_numbers_are_read_however_they_are_written(
    write: Any, delimiter: str, fields: list[str], values: list[float | None], note: str
) -> None:
    path = write("\n".join([f"a{delimiter}b", *(f"{field}{delimiter}x" for field in fields)]))
    found = read(path, a="number")["a"]
    assert [None if math.isnan(v) else v for v in found] == values
    with open_table(path) as table:
        assert len(table.notes) == bool(note)
        assert note in "".join(table.notes)


def test_types_are_found_out(write: Any) -> None:
    path = write(
        "i,n,b,d,t,zip code,m,e,\n"
        "1,1.5,true,2026-01-31,2026-01-31T12:00:00,x,1,,\n"
        "-2,2,False,2026-02-01,2026-01-31 18:00,1_0,a,,\n"
    )
    with open_table(path) as table:
        assert {c.name: c.type for c in table.columns} == {
            "i": "integer", "n": "number", "b": "boolean", "d": "date", "t": "date",
            "zip code": "text", "m": "text", "e": "text",
        }  # fmt: skip
        assert table.notes == (
            "Column 'm' holds numbers in 1 of its 2 values, and texts otherwise: "
            "it is taken as text.",
        )
        assert table.rows == 2
        assert table.description["columns"][0] == {"name": "i", "type": "integer"}
    days = (np.datetime64("2026-01-31") - np.datetime64("1970-01-01")).astype(int)
    assert read(path, d="date", t="date", b="boolean") == {
        "d": [days, days + 1],
        "t": [days + 0.5, days + 0.75],
        "b": [1, 0],
    }


def test_a_very_long_field_is_read(write: Any) -> None:
    long = "x" * 5_000_000
    assert read(write(f"a,y\n{long},1\nb,2\n"), a="category")["a"] == [long, "b"]


def wide_file(write: Any, rows: int, columns: int) -> tuple[Path, np.ndarray]:
    """Numbers, and a target y that is the first of them."""
    table = np.random.default_rng(0).normal(size=(rows, columns)).round(3)
    names = ",".join(f"c{i}" for i in range(columns))
    lines = [names + ",y", *(",".join(map(str, row)) + f",{row[0]}" for row in table)]
    return write("\n".join(lines)), table


@pytest.mark.parametrize("columns", [2000, pytest.param(10_000, marks=pytest.mark.long)])
def test_thousands_of_columns_are_read(write: Any, columns: int) -> None:
    path, table = wide_file(write, 200, columns)
    with open_table(path, memory="200MB") as opened:
        recipe, _ = fit_recipe(opened, "y")
        X = load(opened, recipe).X
        assert opened.rows == 200
    np.testing.assert_allclose(X, (table - table.mean(0)) / table.std(0), rtol=0, atol=1e-12)


WIDE_KINDS: dict[str, Kind] = {"n": "number", "c": "category", "b": "boolean", "d": "date"}


def test_a_wide_table_answers_as_a_narrow_one_does(
    write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = "n,c,b,d,e,e2,\n"
    rows = [f"{i / 3},t {i % 7},{i % 2 == 0},2026-01-{1 + i % 28:02d},,x,\n" for i in range(999)]
    path = write(head + "".join(rows) + 'NA," t 1 ", ,NA,3,"x\ny",\n'.replace("\\", ""))
    answers = []
    for most in (text_source.MOST_ACROSS, 2):
        monkeypatch.setattr(text_source, "MOST_ACROSS", most)
        with open_table(path) as table:
            chunks = list(table.chunks(WIDE_KINDS))
            answers.append(
                {
                    "columns": [(c.name, c.type, c.format, c.named) for c in table.columns],
                    "summaries": table.summaries(WIDE_KINDS),
                    "distinct": table.distinct("c", "category", 10),
                    "too many": table.distinct("n", "number", 10),
                    "missing": table.first_missing("b", "boolean"),
                    "notes": table.notes,
                    **{n: [str(v) for c in chunks for v in np.asarray(c[n])] for n in WIDE_KINDS},
                }
            )
            with pytest.raises(gn.InputError, match=r"houses\.csv:2: column 'c' holds 't 0' where"):
                table.summaries({"c": "number"})
    assert answers[0] == answers[1]
    assert answers[0]["missing"] == 999


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (("c700", "c699"), "houses.csv:1: columns 700 and 701 are both named 'c699'"),
        (("\n", ",z\n"), "houses.csv:2: this row has 1000 fields, but the first line has 1001"),
        (("0.5,", "0.5,,"), "houses.csv:4: this row has 1001 fields, but the first line has 1000"),
        (("0.5,", "0.5x,"), "houses.csv:4: column 'c3' holds '0.5x' where a number is expected"),
    ],
)
def test_a_fault_in_a_wide_table_is_found(
    write: Any, fault: tuple[str, str], sentence: str
) -> None:
    names = ",".join(f"c{i}" for i in range(1000))
    rows = [",".join(str(i + j) for j in range(1000)) for i in range(20)]
    rows[2] = ",".join("0.5" if j == 3 else "7" for j in range(1000))
    content = "\n".join([names, *rows]) + "\n"
    assert sentence in refusal(write(content.replace(fault[0], fault[1], 1)), "c1")


fields = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters='\n,;"|'), max_size=6
)


@given(
    st.integers(1, 4).flatmap(
        lambda n: st.lists(st.lists(fields, min_size=n, max_size=n), min_size=1, max_size=8)
    ),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_the_csv_module_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    table: list[list[str]],
    delimiter: str,
    line_end: str,
) -> None:
    path = tmp_path_factory.getbasetemp() / "random.csv"
    names = [f"name {i}" for i in range(len(table[0]))]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(
            file, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL
        )
        writer.writerows([names, *table])
    with open_table(path, missing=()) as opened:
        (chunk,) = opened.chunks(dict.fromkeys(names, "category"))
    expected = [[field.strip(" \t") or None for field in row] for row in table]
    assert np.stack(list(chunk.values()), axis=1).tolist() == expected


@given(
    st.lists(st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.integers()), min_size=1)
)
def test_numbers_are_read_back_to_the_last_bit(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, int]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "numbers.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("f", "i"), *rows])
    found = read(path, f="number", i="number")
    assert found == {"f": [f for f, _ in rows], "i": [float(i) for _, i in rows]}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("inside", ["\n", "\r\n"])
def test_a_name_may_hold_a_line_break_of_any_kind(write: Any, end: str, inside: str) -> None:
    content = end.join([f'"Price{inside}EUR",y', "1,2", "3,4", ""])
    assert read(write(content.encode()), y="number") == {"y": [2.0, 4.0]}


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        (["01.02.2022", "31.12.2022 12:00"], [19024.0, 19357.5]),
        (["1.2.2022", "2.2.2022"], [19024.0, 19025.0]),
        (["31/01/2022", "1/2/2022"], [19023.0, 19024.0]),
        (["01/31/2022", "2/1/2022"], [19023.0, 19024.0]),
    ],
)
def test_dates_are_read_however_they_are_written(
    write: Any, texts: list[str], days: list[float]
) -> None:
    path = write("d,y\n" + "".join(f"{text},1\n" for text in texts))
    with open_table(path) as table:
        assert table.column("d").type == "date"
    assert read(path, d="date") == {"d": days}


def test_dates_whose_month_is_unclear_are_texts_and_said_so(write: Any) -> None:
    with open_table(write("d,y\n1/2/2022,1\n3/4/2022,2\n")) as table:
        assert table.column("d").type == "text"
        (note,) = table.notes
    assert note.startswith("Column 'd' looks like dates, but no value tells whether the day")


def test_a_value_that_is_no_day_in_a_column_of_dates_is_refused_with_its_line(write: Any) -> None:
    path = write("d,y\n" + "13.05.2022,1\n14.05.2022,0\n" * 10 + "31.02.2022,1\n")
    assert "houses.csv:22: column 'd' holds '31.02.2022' where a date" in refusal(path, "y")
