"""Delimited text: what separates the fields, where the rows begin, and where a fault stands.

DuckDB reads these files. This module looks at the beginning to tell it how, and reads what DuckDB
refuses once more, slowly and by the definition: that finds the line to name, or reads the file
after all, as with line ends of both kinds.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from glassnet.errors import InputError
from glassnet.tables.number_formats import COMMA
from glassnet.tables.reading import Reading
from glassnet.tables.text_layout import (
    BLANKS,
    Record,
    TextLayout,
    kind_of,
    kinds_of,
    layout_of,
    table_width,
)

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "spaces"}
SAMPLE_BYTES = 2**18
SAMPLE_RECORDS = 200
LONGEST_FIELD = 2**31 - 1
NEARLY = 0.9  # of the records, that have as many fields
COMMENT = "#"
UTF_8 = "utf-8-sig"
AS_FOUND = Reading()
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
    has_header: bool

    def laid_out(self, reading: Reading) -> Reading:
        """How the file is laid out, for later tables to be read alike; names only if given."""
        return Reading(
            header="yes" if self.has_header else "no",
            names=reading.names,
            delimiter=self.delimiter,
            encoding=None if self.encoding == UTF_8 else self.encoding,
            comment=self.comment,
        )


def look(path: Path, shown: str, reading: Reading, learned: Reading = AS_FOUND) -> TextFile:
    """Find out how the file is written from its beginning.

    What `reading` leaves open is in doubt as `learned` says of the table of a model. Raises
    InputError if the file is empty or no text, or if an option contradicts it.
    """
    sample, whole = _sample(path)
    encoding = _encoding(sample, shown, reading.encoding, learned.encoding)
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
        notes.append(f"Line {skip} of {shown} says that {in_words(given)} separate the fields.")
    comment = _comment_sign(lines[skip:], given, reading.comment or learned.comment)
    if comment and not reading.comment:
        notes.append(f"Lines of {shown} that begin with {comment} are left out as comments.")
    elif whole and reading.comment and not comment:
        notes.append(f"No line of {shown} begins with {reading.comment!r:.80}, the comment sign.")
    by_delimiter = {
        delimiter: _records(lines, skip, comment, delimiter, whole)
        for delimiter in ([given] if given else DELIMITERS)
    }
    if not "".join(lines[skip:]).strip():
        raise InputError(f"{shown} is empty: it must have a line of column names and rows below.")
    delimiter = given or _delimiter(by_delimiter, shown, notes, learned.delimiter)
    records = by_delimiter[delimiter]
    if given and not hint and table_width(records) == 1:
        line, fields = records[0].line, records[0].fields
        raise InputError(
            f"{shown}:{line}: {in_words(given)} separate nothing here, where it says "
            f"{','.join(fields)!r:.60}: name another delimiter, or leave it to be found out."
        )
    layout = layout_of(records, reading, shown, learned)
    _check_names(sample, lines[: layout.first], shown, encoding)
    found = (*notes, *layout.notes)
    return TextFile(
        path, shown, encoding, delimiter, layout.names, layout.first, comment, found,
        layout.has_header,
    )  # fmt: skip


def rows(file: TextFile, remarks: list[int] | None = None) -> Iterator[tuple[int, list[str]]]:
    """Each row of the file with the number of its first line, what stands above left out.

    A row may end with a delimiter, as DuckDB takes it too: the empty field behind it is dropped.
    Texts alone at the end are no rows: the numbers of their lines are appended to `remarks`.
    Raises InputError with the line of a row that has another number of fields, of a quote that
    is not closed, or of a character that is no text.
    """
    width = len(file.names)
    single: list[int] = []
    for line, record in _all_records(file):
        if len(record) == width + 1 and not record[-1]:
            record.pop()
        if len(record) == 1 < width and kind_of(record[0]) == "text":
            single.append(line)
            continue
        if single or len(record) != width:
            at, n = (single[0], 1) if single else (line, len(record))
            raise InputError(
                f"{file.shown}:{at}: this row has {_fields(n)}, but the first line has "
                f"{width}: look for {in_words(file.delimiter)} or quotes that are "
                "missing or too many, or lines above the table (--skip, --comment)."
            )
        yield line, record
    if remarks is not None:
        remarks += single


def line_of(file: TextFile, row: int) -> int:
    """The line on which a row begins, rows counted from 0 and lines from 1."""
    return next(islice(rows(file), row, None))[0]


def in_words(delimiter: str) -> str:
    """Return a delimiter as sentences name it."""
    return DELIMITERS.get(delimiter, f"signs {delimiter}")


def _word(delimiter: str) -> str:
    """The delimiter as the option takes it."""
    return DELIMITERS[delimiter].removesuffix("s")


def _sample(path: Path) -> tuple[bytes, bool]:
    """The beginning of the file to the end of a line, and whether that is all of it."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES) + file.readline()
        return sample, not file.read(1)


def _encoding(sample: bytes, shown: str, asked: str | None, learned: str | None) -> str:
    if asked:
        return UTF_8 if codecs.lookup(asked).name == "utf-8" else asked
    if sample.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        raise InputError(f"{shown} is written in UTF-32: save it as UTF-8.")
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    zero = sample.find(b"\0")
    if zero >= 0:
        raise _not_text(sample, shown, zero)
    if learned and "a,".encode(learned) == b"a," and not _is_wide_utf_8(sample):
        return learned
    return UTF_8


def _not_text(sample: bytes, shown: str, zero: int) -> InputError:
    halves = sample[::2].count(0), sample[1::2].count(0)
    if 5 * max(halves) >= len(sample) > 2 and not min(halves):  # every other byte, mostly
        order = "be" if halves[0] else "le"
        return InputError(
            f"{shown} looks like UTF-16 without a byte order mark: say --encoding utf-16-{order}, "
            "or save it as UTF-8."
        )
    return InputError(
        f"{shown} is no table in text form, for byte {zero + 1} is 0: give a file of the kind "
        ".csv, .tsv, .json, .parquet, .duckdb or SQLite, or say which --encoding it has."
    )


def _check_names(sample: bytes, lines: list[str], shown: str, encoding: str) -> None:
    """Refuse names, which are read here only, with characters that are none in the encoding."""
    for number, line in enumerate(lines, start=1):
        if "\ufffd" in line and "\ufffd".encode() not in sample:
            raise _wrong_encoding(shown, number, encoding)


def _is_wide_utf_8(sample: bytes) -> bool:
    """Whether there are characters beyond ASCII, and all of them in UTF-8."""
    try:
        return not sample.decode("utf-8").isascii()
    except UnicodeDecodeError:
        return False


def _comment_sign(lines: list[str], delimiter: str | None, wanted: str | None) -> str | None:
    """The sign that begins comments: the one that is wanted, if any line does, or the usual one."""
    if wanted:
        return wanted if any(_begins(line, wanted) for line in lines) else None
    filled = [line for line in lines if line.strip()][:SAMPLE_RECORDS]
    remarks = [line for line in filled if _begins(line, COMMENT)]
    others = [line for line in filled if not _begins(line, COMMENT)]
    if not remarks or not others:
        return None
    signs = f"[{re.escape(delimiter) if delimiter else ',;|'}\t]"
    fields = [re.split(signs, line.strip()) for line in others]
    alike = table_width([Record(0, row) for row in fields])
    rows = [
        line
        for line in remarks
        if len(row := re.split(signs, line)) == alike > 1
        and _is_row(row, fields, is_first=line is filled[0])
    ]
    return None if rows else COMMENT


def _is_row(row: list[str], others: list[list[str]], *, is_first: bool) -> bool:
    """Whether a line that begins with # is a row, or that of the names, all the same."""
    kinds = enumerate(kinds_of(others[1:], len(row)))
    typed = [i for i, kind in kinds if kind not in ("text", "missing")]
    if is_first:  # the names, unless these stand below it
        return not any(kind_of(field) == "text" for i, field in enumerate(others[0]) if i in typed)
    if typed:
        return all(kind_of(row[i].strip(BLANKS)) != "text" for i in typed)
    return not row[0].lstrip(BLANKS).startswith(f"{COMMENT} ")


def _begins(line: str, sign: str) -> bool:
    return line.lstrip(BLANKS).startswith(sign)


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
            if number <= self._skip or (self._comment and _begins(line, self._comment)):
                continue
            self.first = self.first or number
            # A byte order mark may stand in front of a quote, also where files were joined.
            text = line.lstrip("\ufeff")
            yield text.replace("\t", " ").strip(" ") if self._spaces else text


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


def _delimiter(
    by_delimiter: dict[str, list[Record]], shown: str, notes: list[str], learned: str | None
) -> str:
    """What separates the fields: rows agree in their number, and columns hold one type each.

    Raises InputError where two do so alike and the table of a model does not decide.
    """
    found = {d: TextLayout.agreement(records) for d, records in by_delimiter.items()}
    spaces = found.pop(" ")
    others = [fit[2] for fit in found.values() if fit[0] and fit[1]]
    if spaces[0] and spaces[1] >= 0.5 and spaces[2] > max(others, default=0):
        found[" "] = spaces  # not else: words in a text stand between spaces, too
    best = max(found, key=lambda d: found[d])
    if learned in found and found[learned][:3] >= found[best][:3]:
        return str(learned)
    if best == "," and _is_one_column(by_delimiter[best]):
        notes.append(
            f"{shown} is read as one column of numbers with decimal commas; commas between fields "
            "were possible, too (--delimiter comma)."
        )
        return ";"
    fitting = [d for d, fit in found.items() if d != best and fit[0] and fit[0] == found[best][0]]
    for other in fitting:
        if found[other][1:3] == found[best][1:3] and not found[best][1] and found[best][2] == 1:
            first, second = (f"{found[d][3]} columns by {in_words(d)}" for d in (best, other))
            raise InputError(
                f"{shown} could be {first} or {second}: say which by --delimiter {_word(best)} or "
                f"--delimiter {_word(other)} (in Python delimiter={best!r:.80})."
            )
        notes.append(
            f"{shown} is read with {in_words(best)} between its fields; {in_words(other)} were "
            f"possible, too (--delimiter {_word(other)})."
        )
    return best


def _is_one_column(records: list[Record]) -> bool:
    """Whether a single name stands above numbers that have no other comma than a decimal one."""
    name, *below = (record.fields for record in records)
    texts = [",".join(fields) for fields in below]
    one = len(name) == 1 and kind_of(name[0]) == "text" and any(len(f) == 2 for f in below)
    return one and all(COMMA.parse(text) is not None for text in texts)


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
                raise _wrong_encoding(file.shown, fed.first, file.encoding) from None
            if record is None:
                return
            if record:
                _check_text(file, fed.first, record)
                yield fed.first, [field.strip(BLANKS) for field in record]


def _check_text(file: TextFile, line: int, record: list[str]) -> None:
    try:
        "".join(record).encode("utf-8")
    except UnicodeEncodeError:
        raise _wrong_encoding(file.shown, line, file.encoding) from None


def _wrong_encoding(shown: str, line: int, encoding: str) -> InputError:
    if encoding == "utf-16":
        return InputError(f"{shown}:{line}: the text is not valid UTF-16: save it as UTF-8.")
    return InputError(
        f"{shown}:{line}: the text is not UTF-8, maybe Windows-1252 or Latin-1: say which, as "
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
