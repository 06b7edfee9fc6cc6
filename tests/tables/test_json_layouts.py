"""JSON in every layout that programs write gives the same table."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.tables import open_table
from glassnet.tables.table import Table

IDS = [2**60 + 1, 2**60 + 3, 2**60 + 1, 2**60 + 5]
FRAME = pd.DataFrame({"a": [1.5, 2, None, -1], "b": ["x", "y", "z", "y"], "i": IDS})
RECORDS = FRAME.to_json(orient="records")


def rows(table: Table) -> list[tuple[Any, ...]]:
    (chunk,) = table.chunks({"a": "number", "b": "category", "i": "category"})
    a, b, i = (np.asarray(chunk[name]).tolist() for name in "abi")
    return [(None if v != v else v, *rest) for v, *rest in zip(a, b, i, strict=True)]  # noqa: PLR0124


EXPECTED = [
    (None if a != a else a, b, str(i))  # noqa: PLR0124
    for a, b, i in FRAME.itertuples(index=False)
]


def written(frame: pd.DataFrame, **options: Any) -> str:
    text = frame.to_json(**options)
    assert isinstance(text, str)
    return text


LABELLED = FRAME.set_index(pd.Index(list("pqrs")))
LAYOUTS = {
    "columns": written(FRAME),
    "columns, indented": written(FRAME, indent=2),
    "columns, labelled": written(LABELLED),
    "rows by label": written(FRAME, orient="index"),
    "rows by name": written(LABELLED, orient="index"),
    "records": RECORDS,
    "lines": written(FRAME, orient="records", lines=True),
    "split": written(FRAME, orient="split"),
    "table": written(FRAME, orient="table"),
    "table, labelled": written(LABELLED, orient="table"),
    "lists": json.dumps({"a": [1.5, 2, None, -1], "b": ["x", "y", "z", "y"], "i": IDS}),
    "names and values": json.dumps([["a", "b", "i"], *json.loads(written(FRAME, orient="values"))]),
    "below a key": f'{{"data": {RECORDS}, "count": 4}}',
    "below two keys": f'{{"ok": true, "result": {{"records": {RECORDS}}}}}',
    "split below a key": f'{{"data": {written(FRAME, orient="split")}}}',
    "blanks around": f"\n\n  {RECORDS}\n",
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_layout_gives_the_same_table(tmp_path: Path, layout: str, encoding: str) -> None:
    path = tmp_path / "t.json"
    path.write_text(LAYOUTS[layout], encoding=encoding)
    with open_table(path) as table:
        assert rows(table) == EXPECTED
        assert table.place(1) == f"{path}, row 2"


def test_values_alone_get_names(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text(written(FRAME, orient="values"))
    with open_table(path) as table:
        assert [(c.name, c.type) for c in table.columns] == [
            ("x1", "number"),
            ("x2", "text"),
            ("x3", "integer"),
        ]


def test_json_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text(RECORDS)
    with open_table(path) as table:
        assert rows(table) == EXPECTED


def test_a_key_chooses_among_arrays(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text(f'{{"now": {RECORDS}, "then": {{"old": [{{"z": 1}}]}}}}')
    with pytest.raises(gn.InputError, match=r"2 arrays of rows, below the keys 'now', 'then.old'"):
        open_table(path)
    with open_table(path, key="then.old") as table:
        assert [c.name for c in table.columns] == ["z"]
    with pytest.raises(gn.InputError, match=r"no key 'before': it has 'now', 'then'"):
        open_table(path, key="before")


def test_numbers_in_quotes_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    fees = ["12.50", "3", None, "N/A", *map(str, range(20))]
    path.write_text(json.dumps([{"fee": fee, "day": "2020-01-03T00:00:00.000"} for fee in fees]))
    with open_table(path) as table:
        (chunk,) = table.chunks({"fee": "number", "day": "date"})
        expected = [12.5, 3, np.nan, np.nan, *range(20)]
        np.testing.assert_array_equal(chunk["fee"], expected)
        assert set(np.asarray(chunk["day"]).tolist()) == {18264.0}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[1, 2]", "holds no objects"),
        ("3", "holds no objects"),
        ("[[1, 2], [3]]", "row 2 has 1 values, but the first has 2"),
        ('{"columns": ["a", "b"], "data": [[1, 2], [3]]}', "row 2 has 1 values"),
        ('{"schema": {"fields": []}, "data": [1, 2]}', "holds no objects"),
        ('{"a": [1, 2], "b": [1]}', "holds no objects"),
        ('{"a": [1,\n 2', r"t.json:2:3: this is no JSON"),
        ("", "is empty"),
        ("[]", "no rows|no objects"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "t.json"
    path.write_text(text)
    with pytest.raises(gn.InputError, match=sentence):
        open_table(path)


@pytest.mark.parametrize("layout", ["records", "lines", "columns", "csv"])
def test_standard_input_is_a_table_as_often_as_it_is_opened(
    monkeypatch: pytest.MonkeyPatch, layout: str
) -> None:
    text = FRAME.to_csv(index=False) if layout == "csv" else LAYOUTS[layout]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    for _ in range(2):
        with open_table("-") as table:
            assert rows(table) == EXPECTED
            assert table.place(0).startswith("standard input")
