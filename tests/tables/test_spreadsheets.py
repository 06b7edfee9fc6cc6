"""Spreadsheets: the table on a sheet, wherever it stands, and its cells as the sheet has them."""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import pytest

import glassnet as gn
from glassnet.tables import open_table
from glassnet.tables.columns import Kind
from glassnet.tables.table import Table

pytest.importorskip("python_calamine")
SHEETS = Path(__file__).parent / "sheets"
DAY = 1  # the style of a date among the formats below
_KINDS: dict[str, Kind] = {
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "date": "date",
    "text": "category",
}
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    """Write an .xlsx; "#" in front of a text is an error."""
    tabs = "".join(
        f'<sheet name="{escape(name)}" sheetId="{i}" r:id="rId{i}"/>'
        for i, name in enumerate(sheets, start=1)
    )
    links = "".join(
        f'<Relationship Id="rId{i}" Type="{_LINKS}/worksheet" Target="sheet{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        )
        file.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}"><Relationship Id="rId1" '
            f'Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        file.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>{tabs}</sheets></workbook>',
        )
        file.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}">{links}<Relationship Id="s" '
            f'Type="{_LINKS}/styles" Target="styles.xml"/></Relationships>',
        )
        file.writestr(
            "xl/styles.xml",
            f'<styleSheet xmlns="{_MAIN}"><cellXfs count="2"><xf numFmtId="0"/>'
            '<xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
        )
        for i, rows in enumerate(sheets.values(), start=1):
            data = "".join(
                f'<row r="{r}">{"".join(_cell(r, c, v) for c, v in enumerate(row))}</row>'
                for r, row in enumerate(rows, start=1)
            )
            file.writestr(
                f"xl/sheet{i}.xml",
                f'<worksheet xmlns="{_MAIN}"><sheetData>{data}</sheetData></worksheet>',
            )
    return path


def _cell(row: int, column: int, value: Any) -> str:
    where = f'r="{chr(65 + column)}{row}"'
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c {where} t="b"><v>{int(value)}</v></c>'
    if isinstance(value, datetime.date):
        return f'<c {where} s="{DAY}"><v>{(value - datetime.date(1899, 12, 30)).days}</v></c>'
    if isinstance(value, str) and value.startswith("#"):
        return f'<c {where} t="e"><v>{value}</v></c>'
    if isinstance(value, str):
        return f'<c {where} t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c {where}><v>{value!r}</v></c>"


def values(table: Table) -> dict[str, list[Any]]:
    kinds = {c.name: _KINDS[c.type] for c in table.columns}
    (chunk,) = table.chunks(kinds)
    return {
        name: [None if v != v else v for v in np.asarray(column).tolist()]  # noqa: PLR0124
        for name, column in chunk.items()
    }


HEADER = ["name", "day", "share", "flag", "code"]
ROWS: list[list[Any]] = [
    ["a", datetime.date(2020, 1, 3), 0.45, True, "1,5"],
    ["b", datetime.date(2020, 1, 4), 1, False, "2,25"],
    ["c", None, 0.5, True, "3"],
]
EXPECTED = {
    "name": ["a", "b", "c"],
    "day": [18264, 18265, None],
    "share": [0.45, 1, 0.5],
    "flag": [1, 0, 1],
    "code": [1.5, 2.25, 3],
}


@pytest.mark.parametrize("ending", ["xls", "ods", "xlsx"])
def test_cells_are_read_as_the_sheet_has_them(tmp_path: Path, ending: str) -> None:
    path = SHEETS / f"sales.{ending}"
    if ending == "xlsx":
        sales: list[list[Any]] = [["Sales"], [], [*HEADER], *ROWS]
        moved = [[None, *row] for row in sales]
        path = workbook(tmp_path / "sales.xlsx", {"Data": moved})
    with open_table(path) as table:
        assert values(table) == EXPECTED
        assert [c.type for c in table.columns] == ["text", "date", "number", "boolean", "number"]
        assert any("row 1 is a title" in note for note in table.notes)
        assert table.place(0) == f"{path}, sheet 'Data', row 4"


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        ([HEADER, *ROWS], ""),
        ([[], [None, None], HEADER, *ROWS, [], []], ""),
        ([["Sales of 2020"], ["by region"], [], HEADER, *ROWS], "row 2 is a title"),
        ([HEADER, *ROWS, [], ["Source: our office"]], "row 6 is a remark"),
        ([HEADER, ["-", "d", "%", "y/n", "m"], *ROWS], "row 2 is taken as units"),
        ([HEADER, ROWS[0], [], *ROWS[1:]], ""),
    ],
)
def test_the_table_on_a_sheet_is_found(tmp_path: Path, rows: list[list[Any]], note: str) -> None:
    with open_table(workbook(tmp_path / "t.xlsx", {"S": rows})) as table:
        assert values(table) == EXPECTED
        assert not note or any(note in given for given in table.notes)


def test_errors_of_formulas_are_missing_and_decimal_commas_numbers(tmp_path: Path) -> None:
    ends = [["#DIV/0!", "#N/A", "t"], ["7,5", "-", "u"]]
    rows: list[list[Any]] = [["x", "y", "z"], *([i + 0.5, i, "s"] for i in range(18)), *ends]
    with open_table(workbook(tmp_path / "t.xlsx", {"S": rows})) as table:
        found = values(table)
        assert found["x"] == [*(i + 0.5 for i in range(18)), None, 7.5]
        assert found["y"] == [*range(18), None, None]


def test_sheets_are_chosen_by_name(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", {"Empty": [], "A": [["x"], [1]], "B": [["y"], [2]]})
    with open_table(path) as table:
        assert [c.name for c in table.columns] == ["x"]
        assert any("sheet 'A' is read, not 'B'" in note for note in table.notes)
    with open_table(path, sheet="B") as table:
        assert [c.name for c in table.columns] == ["y"]
        assert not table.notes
    with pytest.raises(gn.InputError, match="no sheet 'C': it has 'Empty', 'A', 'B'"):
        open_table(path, sheet="C")


def test_a_sheet_without_names_keeps_its_first_row(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", {"S": [[1.5, "a"], [2.5, "b"]]})
    with open_table(path) as table:
        assert values(table) == {"x1": [1.5, 2.5], "x2": ["a", "b"]}
    with open_table(path, names=["n", "t"], header="no") as table:
        assert [c.name for c in table.columns] == ["n", "t"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04 and no more", "no spreadsheet that can be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "no spreadsheet that can be read"),
    ],
)
def test_what_is_no_spreadsheet_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes(content)
    with pytest.raises(gn.InputError, match=sentence):
        open_table(path)


def test_a_name_twice_and_a_wrong_value_are_refused_with_their_place(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", {"S": [["x", "x"], [1, 2]]})
    with pytest.raises(gn.InputError, match=r"sheet 'S': columns 1 and 2 are both named 'x'"):
        open_table(path)
    rows: list[list[Any]] = [["x", "y"], *([str(i), i] for i in range(19)), ["oops", 19]]
    with (
        open_table(workbook(path, {"S": rows})) as table,
        pytest.raises(gn.InputError, match=r"sheet 'S', row 21: column 'x' holds 'oops'"),
    ):
        table.summaries({"x": "number"})


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["2024", None, "2025"], ["a", "b", "c"], [1, 2, 5], [3, 4, 6]],
         {"a": [1, 3], "b": [2, 4], "c": [5, 6]}),
        ([[None, "name", "city"], ["p", "Bob", "Rome"], ["q", "Ann", "Bonn"]],
         {"column 1": ["p", "q"], "name": ["Bob", "Ann"], "city": ["Rome", "Bonn"]}),
        ([["a", "b"], ["1,5", 1], ["1.234,5", 2], [3.5, 3]],
         {"a": [1.5, 1234.5, 3.5], "b": [1, 2, 3]}),
        ([["a", "b"], ["x", 1], ["y", 2], ["Total", 3]], {"a": ["x", "y"], "b": [1, 2]}),
        ([["a", "b"], ["1,234", 1], ["2,500", 2]], {"a": [1234, 2500], "b": [1, 2]}),
        ([["d", "b"], [20200131, 1], [20200201, 2]], {"d": [18292, 18293], "b": [1, 2]}),
        ([["d", "b"], [43861, 1], [43862, 2]], {"d": [43861, 43862], "b": [1, 2]}),
        ([["Land", 2019, 2020], ["A", 1, 2], ["B", 3, 4]],
         {"Land": ["A", "B"], "2019": [1, 3], "2020": [2, 4]}),
    ],
)  # fmt: skip
def test_sheets_as_people_have_them(
    tmp_path: Path, rows: list[list[Any]], expected: dict[str, list[Any]]
) -> None:
    with open_table(workbook(tmp_path / "t.xlsx", {"S": rows})) as table:
        assert values(table) == expected


def test_ids_of_18_digits_are_kept_as_texts_and_noted_as_numbers(tmp_path: Path) -> None:
    ids = ["123456789012345678", "123456789012345679"]
    rows: list[list[Any]] = [["id", "n", "y"], *[[i, int(i), k] for k, i in enumerate(ids * 6)]]
    path = workbook(tmp_path / "t.xlsx", {"S": rows})
    run = gn.train_table(path, "y", features=["id"], categories=["id"], task="regression",
                         max_epochs=1, hidden=2)  # fmt: skip
    assert run.recipe is not None
    assert run.recipe.columns[0].categories == tuple(ids)  # type: ignore[union-attr]
    assert any("'n' holds whole numbers of so many digits" in note for note in run.notes)
