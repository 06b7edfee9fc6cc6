"""Spreadsheets as a table: .xlsx, .xls, .ods and the like, read by calamine.

A sheet is a grid of typed cells. The table in it may have titles above, empty rows and columns
around, and remarks below; its cells hold what the sheet says they hold.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.errors import InputError
from glassnet.tables.columns import TableColumn, Type
from glassnet.tables.last_rows import without_last_rows
from glassnet.tables.number_formats import COMMA, LARGEST_EXACT, POINT
from glassnet.tables.reading import Reading
from glassnet.tables.staging import (
    CELLS_AT_ONCE,
    How,
    across,
    create,
    insert_arrays,
    understood_table,
)
from glassnet.tables.table import Table
from glassnet.tables.text_layout import UNITS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SIGNATURES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_EPOCH = datetime.datetime(1970, 1, 1)
_DAY = datetime.timedelta(days=1)
_NUMBER, _DATE, _TIME = (float, int), datetime.date, (datetime.time, datetime.timedelta)


@dataclass(frozen=True)
class _Grid:
    """The table of a sheet: its names, its rows with their numbers in the sheet, and notes."""

    names: list[str]
    rows: list[list[Any]]
    numbers: list[int]
    notes: list[str]
    header: str  # yes or no


def open_spreadsheet(connection: DuckDBPyConnection, path: Path, name: str, how: How) -> Table:
    """A sheet of a spreadsheet.

    Raises InputError if it is none, or damaged, or has no such sheet, or nothing on it.
    """
    import python_calamine

    try:
        with python_calamine.CalamineWorkbook.from_path(path) as book:
            sheet, cells, notes = _sheet(book, how.reading.sheet, name)
    except python_calamine.CalamineError as error:
        raise InputError(
            f"{name} is no spreadsheet that can be read, but damaged, locked or another kind of "
            f"archive ({str(error).rstrip('.')}): save the table as .xlsx without a password, or "
            "as .csv."
        ) from None
    where = f"{name}, sheet {sheet!r}"
    learned = how.learned.reading
    grid = _grid(cells, how.reading, learned, where)
    columns, values = [], []
    for i, title in enumerate(grid.names):
        column, array, more = _column(i, title, [row[i] for row in grid.rows])
        columns.append(column)
        values.append(array)
        notes += more
    _fill(connection, columns, values)
    notes += without_last_rows(connection)
    return understood_table(
        name,
        columns,
        across(connection, name),
        lambda row: f"{where}, row {grid.numbers[row]}",
        how,
        laid_out=Reading(header=grid.header, names=how.reading.names),
        notes=[*notes, *grid.notes],
    )


def _sheet(book: Any, wanted: str | None, name: str) -> tuple[str, list[list[Any]], list[str]]:
    """The name and the cells of the sheet that is wanted, or of the first that holds a table."""
    known = [s.name for s in book.sheets_metadata if str(s.typ).endswith("WorkSheet")]
    hidden = [s.name for s in book.sheets_metadata if not str(s.visible).endswith("Visible")]
    if wanted is not None and wanted not in known:
        raise InputError(
            f"{name} has no sheet {wanted!r:.80}: it has {', '.join(map(repr, known))}."
        )
    shown = [sheet for sheet in known if sheet not in hidden] or known
    filled = []
    for sheet in [wanted] if wanted is not None else shown:
        cells = _cells(book.get_sheet_by_name(sheet))
        if any(any(value is not None for value in row) for row in cells):
            filled.append((sheet, cells))
    if not filled:
        raise InputError(f"{name} is empty: it must have a line of column names and rows below.")
    others = [sheet for sheet, _ in filled[1:]]
    notes = [f"{name}: sheet {filled[0][0]!r} is read, not {_either(others)} (--sheet chooses)."]
    return *filled[0], notes if others else []


def _cells(sheet: Any) -> list[list[Any]]:
    """The cells from the first row and column on; None for those that are empty or an error."""
    rows = sheet.to_python(skip_empty_area=False)
    return [[None if isinstance(v, str) and not v.strip() else v for v in row] for row in rows]


def _grid(cells: list[list[Any]], reading: Reading, learned: Reading, where: str) -> _Grid:
    """Find the table among the cells, in doubt as `learned` says of the table of a model."""
    numbered = [(i, row) for i, row in enumerate(cells, start=1) if i > reading.skip]
    numbered = [(i, row) for i, row in numbered if _filled(row)]
    if not numbered:
        raise InputError(f"{where} has no rows below the {reading.skip} to skip.")
    widest = max(_filled(row) for _, row in numbered)
    titles = list(takewhile(lambda item: 2 * _filled(item[1]) < widest, numbered))
    notes = [f"{where}: row {i} is a title: it is left out." for i, _ in titles]
    rows = numbered[len(titles) :]
    rows, remarks = _without_remarks(rows, widest)
    notes += [f"{where}: row {i} is a remark below the table: it is left out." for i in remarks]
    used = [j for j in range(len(rows[0][1])) if any(row[j] is not None for _, row in rows)]
    header = learned.header if reading.header == "auto" else reading.header
    has_header = header == "yes" or (header == "auto" and _is_header(rows, used))
    if has_header and _is_of_groups(rows, used):
        notes.append(f"{where}: row {rows[0][0]} names groups of columns: it is left out.")
        rows = rows[1:]
    if has_header:
        names = ["" if (v := rows[0][1][j]) is None else _text(v).strip() for j in used]
        rows = rows[1:]
        if _is_unit_row(rows, used):
            notes.append(f"{where}: row {rows[0][0]} is taken as units: it is left out.")
            rows = rows[1:]
    else:
        names = [f"x{k + 1}" for k in range(len(used))]
        notes.append(
            f"{where}: row {rows[0][0]} is taken as data, not as names, and the columns are named "
            f"{names[0]} to {names[-1]} (--header yes takes it as names)."
        )
    given = reading.names or (() if has_header else learned.names)
    if given:
        names = _renamed(given, names, where)
    _refuse_twins(names, where)
    cells = [[row[j] for j in used] for _, row in rows]
    return _Grid(names, cells, [i for i, _ in rows], notes, "yes" if has_header else "no")


def _without_remarks(
    rows: list[tuple[int, list[Any]]], widest: int
) -> tuple[list[tuple[int, list[Any]]], list[int]]:
    """The rows without those behind a gap at the end that hold a single text; and these."""
    end = len(rows)
    while end > 2 and widest > 1 and _is_remark(rows[end - 1][1]):
        end -= 1
    after_gap = end < len(rows) and rows[end][0] - rows[end - 1][0] > 1
    return (rows[:end], [i for i, _ in rows[end:]]) if after_gap else (rows, [])


def _is_remark(row: list[Any]) -> bool:
    return _filled(row) == 1 and any(isinstance(value, str) for value in row)


def _is_header(rows: list[tuple[int, list[Any]]], used: Sequence[int]) -> bool:
    """Whether the first row names the columns: texts, and no value like those below it."""
    first = [rows[0][1][j] for j in used]
    if not any(isinstance(value, str) for value in first):
        return False
    fractions = [isinstance(v, float) and not v.is_integer() for v in first]
    return not any(fractions) and not any(isinstance(v, bool) for v in first)


def _is_of_groups(rows: list[tuple[int, list[Any]]], used: Sequence[int]) -> bool:
    """Whether the first row, which has gaps, stands above the names of the columns."""
    if len(rows) < 3 or _filled(rows[0][1]) == len(used):
        return False
    below = [rows[1][1][j] for j in used]
    texts = all(isinstance(name, str) for name in below) and len(set(below)) == len(below)
    values = [[row[j] for _, row in rows[2:] if row[j] is not None] for j in used]
    over_values = any(some and not any(isinstance(v, str) for v in some) for some in values)
    return texts and over_values and not all(UNITS.fullmatch(name) for name in below)


def _is_unit_row(rows: list[tuple[int, list[Any]]], used: Sequence[int]) -> bool:
    """Whether texts stand in the first row above values that are none, in most columns."""
    if len(rows) < 3 or not all(isinstance(rows[0][1][j], str | None) for j in used):
        return False
    below = {j: [row[j] for _, row in rows[1:] if row[j] is not None] for j in used}
    over_values = [
        j for j in used if below[j] and not any(isinstance(value, str) for value in below[j])
    ]
    return 2 * sum(rows[0][1][j] is not None for j in over_values) > len(used)


def _renamed(given: Sequence[str], names: Sequence[str], where: str) -> list[str]:
    if len(given) != len(names):
        raise InputError(
            f"{where} has {len(names)} columns, and names gives {len(given)}: give one for each."
        )
    return list(given)


def _refuse_twins(names: Sequence[str], where: str) -> None:
    for i, name in enumerate(names):
        if name and name in names[:i]:
            raise InputError(
                f"{where}: columns {names.index(name) + 1} and {i + 1} are both named "
                f"{name!r:.80}: "
                "rename one."
            )


def _column(number: int, name: str, values: list[Any]) -> tuple[TableColumn, np.ndarray, list[str]]:
    """A column of cells, its values, and notes on them."""
    column = TableColumn(
        name or f"column {number + 1}", "text", f"c{number}", is_text=True, named=bool(name)
    )
    held = [value for value in values if value is not None]
    notes: list[str] = []
    if any(isinstance(value, float) and abs(value) > LARGEST_EXACT for value in held):
        notes.append(
            f"Column {column.name!r} holds whole numbers of so many digits that a spreadsheet "
            "rounds them: keep ids in a column of texts."
        )
    if held and all(isinstance(value, _TIME) for value in held):
        values = [None if value is None else _fraction(value) for value in values]
        held = [value for value in values if value is not None]
        notes.append(f"Column {column.name!r} holds times: they are read as fractions of a day.")
    kind = _type(held)
    if kind == "text":
        text = _text if any(isinstance(value, _NUMBER) for value in held) else str
        texts = [None if v is None else text(v).strip() for v in values]
        return column, np.array(texts, object), notes
    return replace(column, type=kind, is_text=False), _array(kind, values), notes


def _type(held: Sequence[Any]) -> Type:
    if held and all(isinstance(value, bool) for value in held):
        return "boolean"
    if held and all(isinstance(v, _NUMBER) and not isinstance(v, bool) for v in held):
        return "integer" if all(float(value).is_integer() for value in held) else "number"
    return "date" if held and all(isinstance(value, _DATE) for value in held) else "text"


def _array(kind: Type, values: Sequence[Any]) -> np.ndarray:
    if kind == "date":
        days = [None if v is None else np.datetime64(v, "us") for v in values]
        return np.array(days, "datetime64[us]")
    if kind == "boolean":
        return np.array(values, object)
    return np.array([np.nan if v is None else v for v in values], float)


def _fill(
    connection: DuckDBPyConnection, columns: Sequence[TableColumn], values: Sequence[np.ndarray]
) -> None:
    types = {"date": "TIMESTAMP", "boolean": "BOOLEAN", "text": "VARCHAR"}
    create(connection, [types.get(column.type, "DOUBLE") for column in columns])
    step = max(1, CELLS_AT_ONCE // max(len(columns), 1))
    for first in range(0, len(values[0]) if values else 0, step):
        insert_arrays(connection, [array[first : first + step] for array in values])


def _text(value: Any) -> str:
    """A cell of a column that holds texts, too, as programs write it.

    Among numbers, 3,5 is one that the spreadsheet did not take for a number.
    """
    if isinstance(value, str):
        with_comma = POINT.parse(value) is None and COMMA.parse(value) is not None
        return value.replace(".", "").replace(",", ".") if with_comma else value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _fraction(value: datetime.time | datetime.timedelta) -> float:
    if isinstance(value, datetime.time):
        value = datetime.datetime.combine(_EPOCH, value) - _EPOCH
    return value / _DAY


def _filled(row: Sequence[Any]) -> int:
    return sum(value is not None for value in row)


def _either(names: Sequence[str]) -> str:
    return " or ".join(map(repr, names[:5])) + (f" or {len(names) - 5} more" * (len(names) > 5))
