"""Answers of a class as a table: a line a student, a column a step; written blank, read filled in.

The first column is the id of the sheet, the second the student's name, the others are the steps
in the order of the calculation. Numbers may be written 0.5, 0,5, 5e-1 or 1/2; a blank cell is a
step that was not answered. Commas, semicolons or tabs separate the cells, as the first line shows.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from glassnet.errors import InputError
from glassnet.worksheets.marking import Graded
from glassnet.worksheets.worksheet import Exercise, Worksheet, quantities, worksheet

SHEET, STUDENT = "sheet", "student"
MOST_NAMED = 3  # missing columns that an error lists


@dataclass(frozen=True)
class Answers:
    """One line of a file: whose answers to which sheet; None where a cell is blank."""

    sheet: Worksheet
    student: str
    numbers: dict[str, float | None]


def blank_answers(sheets: Sequence[Worksheet]) -> str:
    """The file to fill in, as CSV: one line for each sheet."""
    steps = _steps(sheets[0].exercise)
    lines = [[sheet.exercise.id, ""] + [""] * len(steps) for sheet in sheets]
    return _csv([[SHEET, STUDENT, *steps], *lines])


def summary(graded: Sequence[Graded]) -> str:
    """The marks of a class as CSV, a line a student."""
    lines: list[list[object]] = [
        [SHEET, STUDENT, "score", "of", "right", "carried_forward", "wrong", "unanswered",
         "first_wrong"],
    ]  # fmt: skip
    for one in graded:
        counts = [one.count(v) for v in ("right", "carried forward", "wrong", "unanswered")]
        first = one.first_wrong.step if one.first_wrong else ""
        student = _no_formula(one.student)
        lines.append([one.sheet, student, f"{one.score:g}", len(one.marks), *counts, first])
    return _csv(lines)


def _no_formula(text: str) -> str:
    """A name that a spreadsheet would run as a formula is shown as text."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _csv(lines: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()


def read_answers(path: Path, expected: Collection[str] | None = None) -> list[Answers]:
    """Every line of a file of answers, checked; `expected` are the ids that may occur, if not all.

    Raises InputError with file and line for a file that cannot be read, columns that are missing,
    unknown or there twice, a cell that is no number, a line that is there twice, and an id that is
    none, is not expected, or belongs to a sheet with other steps than the file has columns.
    """
    lines = _lines(path)
    if len(lines) < 2:
        raise InputError(f"{path}:1: there are no answers below the column names.")
    (header_line, header), *rows = lines
    columns = ["".join(name.split()) for name in header]
    if SHEET not in columns:
        raise InputError(
            f"{path}:{header_line}: the column {SHEET!r:.80} is missing: it holds the id of each "
            "sheet."
        )
    exercises = [_exercise(path, line, row, columns, expected) for line, row in rows]
    steps = _steps(exercises[0])
    names = _checked_columns(path, header_line, header, columns, steps)
    found: dict[tuple[str, str], int] = {}
    answers = []
    for (line, row), exercise in zip(rows, exercises, strict=True):
        if _steps(exercise) != steps:
            raise InputError(
                f"{path}:{line}: the sheet {exercise.id} has other steps than {exercises[0].id}: "
                "grade them in a file of their own."
            )
        cells = dict(zip(names, row, strict=True))
        student = cells.pop(STUDENT, "").strip()
        earlier = found.setdefault((exercise.id, student), line)
        if earlier != line:
            raise InputError(
                f"{path}:{line}: {student or 'a student without a name'} has answers to "
                f"{exercise.id} at line {earlier} already: keep one line, or give each a name."
            )
        del cells[SHEET]
        numbers = {step: _number(path, line, step, text) for step, text in cells.items()}
        answers.append(Answers(worksheet(exercise), student, numbers))
    return answers


def filled_in(path: Path) -> bool:
    """Whether a file holds anything that `blank_answers` does not write: it must not be lost.

    Raises InputError if the file cannot be read.
    """
    return any(cell.strip() for _, row in _lines(path)[1:] for cell in row[1:])


def _steps(exercise: Exercise) -> list[str]:
    return [step for q in quantities(exercise.network, exercise.samples) for step in q.entries]


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """The lines that are not blank, each with its number in the file."""
    text = _text(path)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = next((mark for mark in ";\t" if mark in first), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines = []
    begins = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                lines.append((begins, row))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{path}:{begins}: this is not a line of CSV ({error}).") from None
    return lines


def _text(path: Path) -> str:
    try:
        contents = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"Cannot read the answers in {str(path)!r:.200}: {reason}.") from None
    try:
        return contents.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = contents.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}:{line}: this is not UTF-8 text: save the file as UTF-8."
        ) from None


def _exercise(
    path: Path, line: int, row: list[str], columns: list[str], expected: Collection[str] | None
) -> Exercise:
    if len(row) != len(columns):
        raise InputError(
            f"{path}:{line}: there are {len(row)} cells under {len(columns)} column names: "
            "a number with a decimal comma needs quotes where commas separate the cells."
        )
    text = row[columns.index(SHEET)].strip()
    try:
        exercise = Exercise.from_id(text)
    except InputError as error:
        raise InputError(f"{path}:{line}: {error}") from None
    if expected is not None and text not in expected:
        raise InputError(
            f"{path}:{line}: {text} is another sheet than those asked for "
            f"({_some(list(expected))}): leave out the options, or correct them."
        )
    return exercise


def _checked_columns(
    path: Path, line: int, header: list[str], columns: list[str], steps: list[str]
) -> list[str]:
    """The columns, spelt as in `steps`. Raises InputError unless all of them are there once."""
    by_name = {"".join(name.split()): name for name in [SHEET, STUDENT, *steps]}
    for number, column in enumerate(columns):
        if column not in by_name:
            near = get_close_matches(column, by_name, 1)
            hint = f": did you mean {by_name[near[0]]!r}?" if near else "."
            raise InputError(
                f"{path}:{line}: {header[number]!r:.80} is not a step of the sheet{hint}"
            )
        if column in columns[:number]:
            raise InputError(f"{path}:{line}: the column {by_name[column]!r:.80} is there twice.")
    missing = [step for step in steps if "".join(step.split()) not in columns]
    if missing:
        raise InputError(
            f"{path}:{line}: the columns of {len(missing)} steps are missing ({_some(missing)}): "
            "leave the cells blank, but keep the columns."
        )
    return [by_name[column] for column in columns]


def _some(names: list[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (", ..." if len(names) > MOST_NAMED else "")


_PLAIN = r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d{1,3})?"
_NUMBER = re.compile(rf"(?P<above>{_PLAIN})(\s*/\s*(?P<below>{_PLAIN}))?", re.ASCII | re.IGNORECASE)


def _number(path: Path, line: int, step: str, text: str) -> float | None:
    # Typeset, a minus is not a hyphen; phones and word processors make a dash of it.
    plain = re.sub(r"[\N{MINUS SIGN}\N{EN DASH}]", "-", text.strip())
    if not plain:
        return None
    found = _NUMBER.fullmatch(plain)
    if found:
        above, below = (
            float((found[name] or "1").replace(",", ".")) for name in ("above", "below")
        )
        if below != 0 and math.isfinite(above / below):
            return above / below
    raise InputError(
        f"{path}:{line}: {text.strip()!r:.80} in the column {step!r:.80} is not a number: "
        "write one such as -0.25, or leave the cell blank."
    )
