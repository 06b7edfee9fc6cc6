"""Delimited text: what separates the fields, where the rows begin, and where a fault stands.

DuckDB reads these files. This module looks at the beginning to tell it how, and reads what DuckDB
refuses once more, slowly and by the definition: that finds the line to name, or reads the file
after all, as with line ends of both kinds.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from glassnet.errors import InputError
from glassnet.tables.reading import Reading
from glassnet.tables.text_layout import BLANKS, Record, TextLayout, layout_of, table_width

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "spaces"}
SAMPLE_BYTES = 2**18
SAMPLE_RECORDS = 200
LONGEST_FIELD = 2**31 - 1
NEARLY = 0.9  # of the records, that have as many fields
COMMENT = "#"
_SEPARATOR = re.compile(r'\s*"?sep=(.)"?\s*', re.IGNORECASE)


@dataclass(frozen=True)
class TextFile:
    """A delimited text file: `names` are those of its columns, empty where it gives none.

    Its rows begin on line `first`, counted from 1; lines that begin with `comment` are none.
    `notes` are on what was decided although another reading was possible.
    """

    path: Path
    shown: str
    encoding: str
    delimiter: str
    names: tuple[str, ...]
    first: int
    comment: str | None
    notes: tuple[str, ...]


def look(path: Path, shown: str, reading: Reading) -> TextFile:
    """Find out how the file is written from its beginning.

    Raises InputError if it is empty or no text, or if an option contradicts it.
    """
    sample, whole = _sample(path)
    encoding = reading.encoding or _encoding(sample, shown)
    lines = list(io.StringIO(sample.decode(encoding, errors="replace"), newline=""))
    if reading.skip >= len(lines) and whole:
        raise InputError(
            f"{shown} is empty: it must have a line of column names and rows below."
            if not reading.skip
            else f"{shown} has {len(lines)} lines, and skip leaves out {reading.skip}."
        )
    notes: list[str] = []
    skip, given = reading.skip, reading.delimiter
    separator = next((i for i, line in enumerate(lines[skip:]) if line.strip(BLANKS + "\r\n")), 0)
    hint = _SEPARATOR.fullmatch(lines[skip + separator]) if skip < len(lines) else None
    if hint:
        skip, given = skip + separator + 1, given or hint[1]
        notes.append(f"Line {skip} of {shown} says that {_named(given)} separate the fields.")
    comment = reading.comment or _comment(lines[skip:], given)
    if comment and not reading.comment:
        notes.append(f"Lines of {shown} that begin with {comment} are left out as comments.")
    by_delimiter = {
        delimiter: _records(lines, skip, comment, delimiter, whole)
        for delimiter in ([given] if given else DELIMITERS)
    }
    if not "".join(lines[skip:]).strip():
        raise InputError(f"{shown} is empty: it must have a line of column names and rows below.")
    delimiter = given or _delimiter(by_delimiter, shown, notes)
    records = by_delimiter[delimiter]
    if given and not hint and table_width(records) == 1:
        line, fields = records[0].line, records[0].fields
        raise InputError(
            f"{shown}:{line}: {_named(given)} separate nothing here, where it says "
            f"{','.join(fields)!r:.60}: name another delimiter, or leave it to be found out."
        )
    layout = layout_of(records, reading, shown)
    found = (*notes, *layout.notes)
    return TextFile(path, shown, encoding, delimiter, layout.names, layout.first, comment, found)


def rows(file: TextFile) -> Iterator[tuple[int, list[str]]]:
    """Each row of the file with the number of its first line, what stands above left out.

    A row may end with a delimiter, as DuckDB takes it too: the empty field behind it is dropped.
    Raises InputError with the line of a row that has another number of fields, of a quote that
    is not closed, or of a character that is no text.
    """
    width = len(file.names)
    for line, record in _all_records(file):
        if len(record) == width + 1 and not record[-1]:
            record.pop()
        if len(record) != width:
            raise InputError(
                f"{file.shown}:{line}: this row has {_fields(len(record))}, but the first line has "
                f"{width}: look for {_named(file.delimiter)} or quotes that are "
                "missing or too many, or lines above the table (--skip, --comment)."
            )
        yield line, record


def line_of(file: TextFile, row: int) -> int:
    """The line on which a row begins, rows counted from 0 and lines from 1."""
    return next(islice(rows(file), row, None))[0]


def _named(delimiter: str) -> str:
    return DELIMITERS.get(delimiter, f"signs {delimiter}")


def _word(delimiter: str) -> str:
    """The delimiter as the option takes it."""
    return DELIMITERS[delimiter].removesuffix("s")


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


def _comment(lines: list[str], delimiter: str | None) -> str | None:
    """The usual sign if lines that begin with it are no rows; the first one may hold the names."""
    signs = re.compile(f"[{re.escape(delimiter) if delimiter else ',;|'}\t]")
    filled = [line for line in lines if line.strip()]
    by_sign = [
        (line.lstrip(BLANKS)[0] == COMMENT, len(signs.findall(line))) for line in filled[:200]
    ]
    usual = [count for is_comment, count in by_sign if not is_comment]
    if not usual or len(usual) == len(by_sign):
        return None
    alike = max(set(usual), key=usual.count)
    return None if any(is_comment and n == alike > 0 for is_comment, n in by_sign) else COMMENT


class _Fed:
    """The lines of a file that the csv module is fed with, and the number of the first one."""

    def __init__(
        self, lines: Iterable[str], skip: int, comment: str | None, delimiter: str
    ) -> None:
        self._lines = enumerate(lines, start=1)
        self._skip = skip
        self._comment = comment
        self._spaces = delimiter == " "
        self.first = 0

    def __iter__(self) -> Iterator[str]:
        for number, line in self._lines:
            if number <= self._skip or (self._comment and self._is_comment(line)):
                continue
            self.first = self.first or number
            yield line.replace("\t", " ").strip(" ") if self._spaces else line

    def _is_comment(self, line: str) -> bool:
        return line.lstrip(BLANKS).startswith(str(self._comment))


def _records(
    lines: list[str], skip: int, comment: str | None, delimiter: str, whole: bool
) -> list[Record]:
    fed = _Fed(lines, skip, comment, delimiter)
    records: list[Record] = []
    with _long_fields():
        for fields in csv.reader(fed, delimiter=delimiter, skipinitialspace=True):
            if fields:
                stripped = [field.strip(BLANKS) for field in fields]
                records.append(Record(fed.first, stripped))
            fed.first = 0
            if len(records) == SAMPLE_RECORDS:
                return records
    return records if whole or len(records) < 2 else records[:-1]


def _delimiter(by_delimiter: dict[str, list[Record]], shown: str, notes: list[str]) -> str:
    """What separates the fields: rows agree in their number, and columns hold one type each.

    Raises InputError where two do so alike.
    """
    found = {d: TextLayout.agreement(records) for d, records in by_delimiter.items()}
    spaces = found.pop(" ")
    others = [fit[2] for fit in found.values() if fit[0] and fit[1]]
    if spaces[0] and spaces[1] >= 0.5 and spaces[2] > max(others, default=0):
        found[" "] = spaces  # not else: words in a text stand between spaces, too
    best = max(found, key=lambda d: found[d])
    fitting = [d for d, fit in found.items() if d != best and fit[0] and found[best][0]]
    for other in fitting:
        if found[other][1:3] == found[best][1:3] and not found[best][1] and found[best][2] == 1:
            first, second = (f"{found[d][3]} columns by {_named(d)}" for d in (best, other))
            raise InputError(
                f"{shown} could be {first} or {second}: say which by --delimiter {_word(best)} or "
                f"--delimiter {_word(other)} (in Python delimiter={best!r:.80})."
            )
        notes.append(
            f"{shown} is read with {_named(best)} between its fields; {_named(other)} were "
            f"possible, too (--delimiter {_word(other)})."
        )
    return best


def _all_records(file: TextFile) -> Iterator[tuple[int, list[str]]]:
    with (
        file.path.open(encoding=file.encoding, errors="surrogateescape", newline="") as lines,
        _long_fields(),
    ):
        fed = _Fed(lines, file.first - 1, file.comment, file.delimiter)
        reader = csv.reader(fed, delimiter=file.delimiter, skipinitialspace=True, strict=True)
        while True:
            fed.first = 0
            try:
                record = next(reader, None)
            except csv.Error:
                raise InputError(
                    f"{file.shown}:{fed.first}: a quote in this row is not closed, or text follows "
                    'it: write a quote within a quoted field twice, "".'
                ) from None
            except UnicodeError:
                raise _wrong_encoding(file, fed.first) from None
            if record is None:
                return
            if record:
                _check_text(file, fed.first, record)
                yield fed.first, [field.strip(BLANKS) for field in record]


def _check_text(file: TextFile, line: int, record: list[str]) -> None:
    try:
        "".join(record).encode("utf-8")
    except UnicodeEncodeError:
        raise _wrong_encoding(file, line) from None


def _wrong_encoding(file: TextFile, line: int) -> InputError:
    if file.encoding == "utf-16":
        return InputError(f"{file.shown}:{line}: the text is not valid UTF-16: save it as UTF-8.")
    return InputError(
        f"{file.shown}:{line}: the text is not UTF-8, maybe Windows-1252 or Latin-1: say which, as "
        "by --encoding windows-1252, or save the file as UTF-8."
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
