"""Small files as people have them, each read as a person would read it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.tables import open_table
from glassnet.tables.columns import Kind

KINDS: dict[type, Kind] = {
    float: "number", int: "number", bool: "boolean", str: "category", dt.datetime: "date"
}  # fmt: skip
EPOCH, DAY = dt.datetime(1970, 1, 1), dt.timedelta(days=1)


def day(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


FILES: dict[str, tuple[str, dict[str, list[Any]]]] = {
    "US accounting": (
        'a,b\n"($1,234.50)",1\n$5.00,2\n$(3.00),3\n-$2,4\n',
        {"a": [-1234.5, 5.0, -3.0, -2.0]},
    ),
    "Swiss prices": ("a;b\nFr. 12.\u2013;1\nFr. 1'099.95;2\n", {"a": [12.0, 1099.95]}),
    "German prices": ("a;b\n5,- \u20ac;1\n1.299,95 \u20ac;2\n", {"a": [5.0, 1299.95]}),
    "Indian rupees": (
        'a,b\n"Rs. 12,34,567",1\n"Rs. 1,50,000",2\nRs 999,3\n',
        {"a": [1234567.0, 150000.0, 999.0]},
    ),
    "Japanese yen": ('a,b\n"1,200\u5186",1\n980\u5186,2\n', {"a": [1200.0, 980.0]}),
    "Polish": ("a;b\n1 234,56 z\u0142;1\n99,90 z\u0142;2\n", {"a": [1234.56, 99.9]}),
    "FIFA values": ("a,b\n\u20ac110.5M,1\n\u20ac565K,2\n\u20ac0,3\n", {"a": [110.5e6, 565e3, 0.0]}),
    "phone numbers": ("a,b\n555-1234,1\n555-9876,2\n", {"a": ["555-1234", "555-9876"]}),
    "ranges": ("a,b\n10-20,1\n20-30,2\n", {"a": ["10-20", "20-30"]}),
    "versions": ("a,b\n1.2.3,1\n1.10.0,2\n", {"a": ["1.2.3", "1.10.0"]}),
    "French dates": (
        "d;b\n31 janvier 2020;1\n1 f\u00e9vrier 2020;2\n15 AO\u00dbT 2021;3\n14 juil. 2021;4\n",
        {"d": [day("2020-01-31"), day("2020-02-01"), day("2021-08-15"), day("2021-07-14")]},
    ),
    "Swedish dates": (
        "d;b\n31 januari 2020;1\n1 maj 2020;2\n15 okt 2021;3\n",
        {"d": [day("2020-01-31"), day("2020-05-01"), day("2021-10-15")]},
    ),
    "US times": (
        "d,b\n1/31/2020 5:30 PM,1\n2/1/2020 12:00 AM,2\n",
        {"d": [day("2020-01-31T17:30"), day("2020-02-01")]},
    ),
    "title and source above": (
        'Table 5. Population\nSource: Census\n\nState,Pop\nAlabama,"4,903,185"\nAlaska,"731,545"\n',
        {"State": ["Alabama", "Alaska"], "Pop": [4903185, 731545]},
    ),
    "source below": (
        'State,Pop,Share\nA,"4,903,185",1\nB,"731,545",2\n\nSource: Census\n',
        {"State": ["A", "B"], "Share": [1, 2]},
    ),
    "source in the first column": (
        "State,Pop,Share\nA,1,1\nB,2,2\nTotal,3,3\nNote: by us,,\n",
        {"State": ["A", "B"], "Pop": [1, 2]},
    ),
    "a column of decimal commas": ("preis\n1,5\n2,25\n3,125\n", {"preis": [1.5, 2.25, 3.125]}),
    "delimiters at the ends": ("a,b,\n1,x,\n2,y,\n", {"a": [1, 2], "b": ["x", "y"]}),
    "cells of two lines": ('a,b\n"one\ntwo",1\n"x",2\n', {"a": ["one\ntwo", "x"]}),
    "aligned bars": ("a | b\n1 | x y\n2 | y z\n", {"a": [1, 2], "b": ["x y", "y z"]}),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_as_a_person_reads_it(name: str, tmp_path: Path) -> None:
    content, expected = FILES[name]
    path = tmp_path / "t.csv"
    path.write_text(content, encoding="utf-8", newline="")
    with open_table(path) as table:
        for column, values in expected.items():
            kind = KINDS[type(values[0])]
            (chunk,) = table.chunks({column: kind})
            right = [(v - EPOCH) / DAY if isinstance(v, dt.datetime) else v for v in values]
            assert np.asarray(chunk[column]).tolist() == right
            read = table.column(column).type
            assert read == {"number": read, "category": "text"}.get(kind, kind)
            assert (read in ("integer", "number")) == (kind == "number")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"gr\xf6\xdfe;b\n1;x\n2;y\n", r"t\.csv:1: the text is not UTF-8, maybe Windows-1252"),
        (b"a,b,c\n1,2,3\n4,5,6\n7\n", r"t\.csv:4: this row has 1 field, but the first line has 3"),
        (b"a,b,c\n1,2,3\nx\n4,5,6\n", r"t\.csv:3: this row has 1 field, but the first line has 3"),
        (b"a;b\n1.000;x\n2.000;y\n", "could be 1 or 1000, and no other number shows"),
    ],
)
def test_what_cannot_be_read_so_is_refused(content: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(gn.InputError, match=sentence):
        open_table(path)
