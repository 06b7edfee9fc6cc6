"""Delimited text: what separates the fields, what the first line is, and where a fault stands.

DuckDB reads these files. This module looks at the beginning to tell it how, and reads what DuckDB
refuses once more, slowly and by the definition: that finds the line to name, or reads the file
after all, as with line ends of both kinds.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from glassnet.errors import InputError

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SAMPLE_BYTES = 2**18
SAMPLE_RECORDS = 200
LONGEST_FIELD = 2**31 - 1
BLANKS = " \t"
NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)*|[.,]\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True)
class TextFile:
    """A delimited text file: `names` are those of its columns, empty where it gives none.

    `has_header` says if the names are its own, from the first line.
    """

    path: Path
    shown: str
    encoding: str
    delimiter: str
    names: tuple[str, ...]
    has_header: bool


def look(path: Path, shown: str) -> TextFile:
    """Find out how the file is written from its beginning.

    Raises InputError if it is empty or no text.
    """
    sample, whole = _sample(path)
    encoding = _encoding(sample, shown)
    text = sample.decode(encoding, errors="replace")
    if not text.strip():
        raise InputError(f"{shown} is empty: it must have a line of column names and rows below.")
    records = {delimiter: _records(text, delimiter, whole) for delimiter in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda d: _agreement(records[d]))
    first = [field.strip(BLANKS) for field in records[delimiter][0]]
    has_header = not all(NUMBER.fullmatch(field) or not field for field in first)
    names = tuple(first) if has_header else tuple(f"x{i + 1}" for i in range(len(first)))
    return TextFile(path, shown, encoding, delimiter, names, has_header)


def rows(file: TextFile) -> Iterator[tuple[int, list[str]]]:
    """Each row of the file with the number of its first line, the header left out.

    A row may end with a delimiter, as DuckDB takes it too: the empty field behind it is dropped.
    Raises InputError with the line of a row that has another number of fields, of a quote that
    is not closed, or of a character that is no text.
    """
    width = len(file.names)
    for number, (line, record) in enumerate(_all_records(file)):
        if len(record) == width + 1 and not record[-1]:
            record.pop()
        if len(record) != width:
            raise InputError(
                f"{file.shown}:{line}: this row has {_fields(len(record))}, but the first line has "
                f"{width}: look for {DELIMITERS[file.delimiter]} or quotes that are "
                "missing or too many."
            )
        if number or not file.has_header:
            yield line, record


def line_of(file: TextFile, row: int) -> int:
    """The line on which a row begins, rows counted from 0 and lines from 1."""
    return next(islice(rows(file), row, None))[0]


def _sample(path: Path) -> tuple[bytes, bool]:
    """The beginning of the file to the end of a line, and whether that is all of it."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES) + file.readline()
        return sample, not file.read(1)


def _encoding(sample: bytes, shown: str) -> str:
    if sample.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        raise InputError(f"{shown} is written in UTF-32: save it as UTF-8.")
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    zero = sample.find(b"\0")
    if zero >= 0:
        raise InputError(
            f"{shown} is no table in text form, for byte {zero + 1} is 0: give a file of the kind "
            ".csv, .tsv, .json, .parquet, .duckdb or SQLite."
        )
    return "utf-8-sig"


def _records(text: str, delimiter: str, whole: bool) -> list[list[str]]:
    lines = io.StringIO(text, newline="")
    with _long_fields():
        reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
        records = [record for record in islice(reader, SAMPLE_RECORDS) if record]
    cut = not whole and len(records) < SAMPLE_RECORDS and len(records) > 1
    return records[:-1] if cut else records or [[""]]


def _agreement(records: list[list[str]]) -> tuple[bool, float, int]:
    """How well a delimiter explains the records: rows as wide as the first, and many fields."""
    width = len(records[0])
    alike = sum(len(record) == width for record in records) / len(records)
    return width > 1, alike, width


def _all_records(file: TextFile) -> Iterator[tuple[int, list[str]]]:
    with (
        file.path.open(encoding=file.encoding, errors="surrogateescape", newline="") as lines,
        _long_fields(),
    ):
        reader = csv.reader(lines, delimiter=file.delimiter, skipinitialspace=True, strict=True)
        line = 1
        while True:
            try:
                record = next(reader, None)
            except csv.Error:
                raise InputError(
                    f"{file.shown}:{line}: a quote in this row is not closed, or text follows "
                    'it: write a quote within a quoted field twice, "".'
                ) from None
            except UnicodeError:
                raise _wrong_encoding(file, line) from None
            if record is None:
                return
            if record:
                _check_text(file, line, record)
                yield line, [field.strip(BLANKS) for field in record]
            line = reader.line_num + 1


def _check_text(file: TextFile, line: int, record: list[str]) -> None:
    try:
        "".join(record).encode("utf-8")
    except UnicodeEncodeError:
        raise _wrong_encoding(file, line) from None


def _wrong_encoding(file: TextFile, line: int) -> InputError:
    if file.encoding == "utf-16":
        return InputError(f"{file.shown}:{line}: the text is not valid UTF-16: save it as UTF-8.")
    return InputError(
        f"{file.shown}:{line}: the text is not UTF-8, maybe Windows-1252 or Latin-1: save the file "
        "as UTF-8, as with: iconv -f WINDOWS-1252 -t UTF-8."
    )


@contextmanager
def _long_fields() -> Iterator[None]:
    usual = csv.field_size_limit(LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(usual)


def _fields(count: int) -> str:
    return f"{count} field" if count == 1 else f"{count} fields"
