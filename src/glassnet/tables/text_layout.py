"""What the first lines of a text file are: titles, names, units, or rows already."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from glassnet.errors import InputError
from glassnet.tables.date_formats import ORDERS, DateFormat
from glassnet.tables.missing_texts import ALWAYS, AMONG_NUMBERS
from glassnet.tables.reading import Reading

AS_FOUND = Reading()
BLANKS = " \t\ufeff"  # a byte order mark may stand where files were joined
MOST_TITLES = 20
CELLS_TO_TYPE = 20_000
MOSTLY = 0.9
NEARLY = 0.9
LONGEST_UNIT = 16
YEARS = range(1500, 2201)
_MISSING = {"", *ALWAYS, *AMONG_NUMBERS}
_NUMBER = re.compile(
    r"[($\u00a2-\u00a5\u20a0-\u20bf+\u2212-]{0,3} ?"
    r"(\d[\d.,'\u2019\u00a0\u202f ]*|[.,]\d+)([eE][+-]?\d+)?"
    r" ?([%\u2030)+$\u00a2-\u00a5\u20a0-\u20bf-]|[kKMB]|[a-zA-Z\u00b0]{1,3})?"
)
_DATES = tuple(DateFormat(order) for order in ORDERS)
_LIKELY_DATE = re.compile(r"(?=.*\d)(\d{1,4}[-/. ,a-z]|[a-z]{3})", re.IGNORECASE)
UNITS = re.compile(
    r"[\[(].*[\])]|%|\u00b0.?|[nmk\u00b5]?[gmslAVWNJK]|[cdk]m|mm|ms|kg|Hz|[kM]Hz|h|min|sec|"
    r"s|Pa|[hkM]Pa|bar|mbar|mol|kWh|[km]m?/[hs]|m[23\u00b2\u00b3]|l|ml|EUR|USD|\u20ac|\$|-"
)

Kind = Literal["missing", "number", "date", "boolean", "text"]


@dataclass(frozen=True)
class Record:
    """The fields of a row, and the line on which it begins, counted from 1."""

    line: int
    fields: list[str]


@dataclass(frozen=True)
class TextLayout:
    """The names of the columns, the line on which the rows begin, and notes on what was decided.

    `has_header` says whether a line of names stands above the rows.
    """

    names: tuple[str, ...]
    first: int
    notes: tuple[str, ...]
    has_header: bool

    @staticmethod
    def agreement(records: Sequence[Record]) -> tuple[int, float, float, int]:
        """How well a delimiter explains the records, the larger the better.

        Whether there are columns and nearly all rows have as many: 2 where that is so, 1 where it
        is without titles, else 0. The share of columns that hold numbers, dates or booleans, the
        share of rows that have as many fields, and how many.
        """
        if not records:
            return 0, 0.0, 0.0, 0
        width = table_width(records)
        fitting = [_trimmed(r.fields, width) == width for r in records]
        alike, below = sum(fitting) / len(fitting), fitting[_titles(records, width) :]
        some = [r.fields for r in records[1:] if len(r.fields) >= width] or [records[0].fields]
        kinds = kinds_of(some, width)
        typed = sum(kind not in ("text", "missing") for kind in kinds) / width if width > 1 else 0.0
        fits = (alike >= NEARLY) + (sum(below) >= NEARLY * len(below)) if width > 1 else 0
        return fits, typed, alike, width


def layout_of(
    records: Sequence[Record], reading: Reading, shown: str, learned: Reading = AS_FOUND
) -> TextLayout:
    """Find out what the first lines are, in doubt as `learned` says of the table of a model.

    Raises InputError if an option contradicts them.
    """
    notes: list[str] = []
    width = table_width(records)
    titles = _titles(records, width)
    if titles:
        last = records[titles - 1].line
        notes.append(
            f"{shown}: the table begins below line {last}; {_title_words(records[:titles])} above."
        )
    records = records[titles:]
    top = [*records[0].fields]
    below = [_fitted(record.fields, width) for record in records[1:] if record.fields]
    is_header, why = _has_header(top, below, reading, learned)
    numbered = [f"x{i + 1}" for i in range(width)]
    names = _names(top, width, below) if is_header else numbered
    if why and (is_header or not reading.names):
        notes.append(f"The first line of {shown} {why}{_taken(is_header, numbered)}.")
    where = f"{shown}:{records[0].line}"
    first = int(is_header)
    if is_header and len(records) > 2 and _is_unit_row(below[0], below[1:], width):
        units, names, line = _units(top, below, width)
        first = 2
        line = records[line].line
        notes.append(f"Line {line} of {shown} holds units, {units:.60}, and is left out.")
    names = _renamed(names, reading, learned, where, is_header=is_header)
    if is_header:
        _refuse_twins(names, where)
    line = records[first].line if first < len(records) else records[-1].line + 1
    return TextLayout(tuple(names), line, tuple(notes), is_header)


def _has_header(
    top: Sequence[str], below: Sequence[Sequence[str]], reading: Reading, learned: Reading
) -> tuple[bool, str]:
    """Whether the first line holds names, and why, where another reading was possible."""
    if reading.header != "auto":
        return reading.header == "yes", ""
    if learned.header == "no":  # its columns had the names that the reader or the user gave them
        given = learned.names or [f"x{i + 1}" for i in range(len(top))]
        return set(top) <= set(given), ""
    if learned.header == "yes":
        return True, ""
    return _is_header(
        top, below, kinds_of(below, len(below[0]) if below else len(top)), reading.names
    )


def _taken(is_header: bool, numbered: Sequence[str]) -> str:
    """The rest of a note on what the first line is taken for."""
    if is_header:
        return " (--header no takes it as a row)"
    columns = "column is" if len(numbered) == 1 else "columns are"
    named = numbered[0] if len(numbered) == 1 else f"{numbered[0]} to {numbered[-1]}"
    return (
        f", so it is taken as data and the {columns} named {named} (--header yes takes it as names)"
    )


def _renamed(
    names: Sequence[str], reading: Reading, learned: Reading, where: str, *, is_header: bool
) -> list[str]:
    """The names that the user gave, here or for the table of the model, or else those there are."""
    given = reading.names or (() if is_header else learned.names)
    if not given:
        return list(names)
    if len(given) != len(names):
        of_model = "" if reading.names else " for the table of the model"
        raise InputError(
            f"{where}: names gives {len(given)} names{of_model}, and this line has {len(names)} "
            "fields: give one name for each."
        )
    return list(given)


def _units(
    top: Sequence[str], below: Sequence[Sequence[str]], width: int
) -> tuple[str, list[str], int]:
    """The units in the first two lines, the names in the other one, and which are the units."""
    first, second = (all(UNITS.fullmatch(t) for t in line) for line in (top, below[0]))
    if first and not second:
        return ", ".join(filter(None, top)), _names(below[0], width, below[1:]), 0
    return ", ".join(filter(None, below[0])), _names(top, width, below), 1


def table_width(records: Sequence[Record]) -> int:
    """How many columns most records have; a delimiter at the end of each makes none."""
    if not records:
        return 1
    width = Counter(len(record.fields) for record in records).most_common(1)[0][0]
    full = [r.fields for r in records if len(r.fields) == width]
    without_name = len(records[0].fields) == width - 1 or not records[0].fields[-1]
    return width - 1 if width > 1 and without_name and not any(r[-1] for r in full) else width


def _trimmed(fields: Sequence[str], width: int) -> int:
    """How many fields there are, without an empty one behind the last delimiter."""
    return width if len(fields) == width + 1 and not fields[-1] else len(fields)


def _fitted(fields: Sequence[str], width: int) -> list[str]:
    return [*fields[:width], *[""] * (width - len(fields))]


def _titles(records: Sequence[Record], width: int) -> int:
    """How many records at the top are titles: few words above rows of many fields."""
    for number, record in enumerate(records[: MOST_TITLES + 1]):
        filled = sum(map(bool, record.fields))
        short = len(record.fields) < width and filled <= width / 2
        padded = width > 2 and filled <= 1 and number + 1 < len(records)
        if not (short or padded):
            return number if number + 1 < len(records) or not number else 0
    return 0


def _title_words(records: Sequence[Record]) -> str:
    words = "; ".join(" ".join(filter(None, r.fields)) for r in records)
    return f"{words!r:.70} stands" if words else "empty lines stand"


def _is_header(
    top: Sequence[str], below: Sequence[Sequence[str]], kinds: Sequence[Kind], names: Sequence[str]
) -> tuple[bool, str]:
    """Whether the first line holds names, and why, where another reading was possible."""
    own = [kind_of(field) for field in top]
    numbers = [text for text, kind in zip(top, own, strict=True) if kind == "number"]
    if names and tuple(top[: len(names)]) == tuple(names):
        return True, ""
    if all(kind in ("number", "missing") for kind in own):
        years = _are_years(top, below)
        return years, "holds years in order, taken as names" if years else "holds only numbers"
    typed = [
        (mine, theirs)
        for mine, theirs in zip(own, kinds, strict=False)
        if theirs not in ("text", "missing")
    ]
    named = sum(mine == "text" for mine, _ in typed)
    valued = sum(mine == theirs for mine, theirs in typed)
    repeated = sum(
        bool(field) and own[i] == "text" and kinds[i] == "text" and _repeats(field, i, below)
        for i, field in enumerate(top[: len(kinds)])
    )
    if valued + repeated > named and not _are_years(numbers, below):
        return False, "holds values like those below"
    return True, "holds numbers among names, taken as names" if valued else ""


def _repeats(field: str, column: int, below: Sequence[Sequence[str]]) -> bool:
    return any(row[column] == field for row in below)


def _are_years(fields: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether these are years in order, and few numbers below are years."""
    if len(fields) < 2 or not all(re.fullmatch(r"\d{4}", field) for field in fields):
        return False
    years = [int(field) for field in fields]
    steps = {b - a for a, b in pairwise(years)}
    cells = [cell for row in below for cell in row]
    same = sum(bool(re.fullmatch(r"\d{4}", cell)) and int(cell) in YEARS for cell in cells)
    rising = len(steps) == 1 and min(steps) > 0
    return all(y in YEARS for y in years) and rising and same < len(cells) / 4


def _names(top: Sequence[str], width: int, below: Sequence[Sequence[str]]) -> list[str]:
    """The names of the columns; where they are one too few, rows begin with a name of their own."""
    if len(top) == width + 1 and not top[-1]:
        return list(top[:width])
    if len(top) == width - 1 > 1 and all(top) and all(row[-1] for row in below[:10]):
        return ["", *top]
    return list(top)


def _is_unit_row(row: Sequence[str], below: Sequence[Sequence[str]], width: int) -> bool:
    """Whether a row holds units: short texts above numbers, and nothing that is a value."""
    kinds = kinds_of(below, width)
    above = [row[i] for i, kind in enumerate(kinds) if kind == "number"]
    others = [(i, row[i]) for i, kind in enumerate(kinds) if kind != "number"]
    written = [text for text in above if text]
    return (
        bool(written)
        and all(kind_of(t) == "text" or t in ("-", "") for t in above)
        and all(len(t) <= LONGEST_UNIT for t in row)
        and any(kind_of(t) == "text" for t in written)
        and (len(written) > 1 or all(map(UNITS.fullmatch, written)))
        and not any(t and _repeats(t, i, below) for i, t in others)
    )


def _refuse_twins(names: Sequence[str], where: str) -> None:
    seen: dict[str, int] = {}
    for number, name in enumerate(names, start=1):
        if name and name in seen:
            raise InputError(
                f"{where}: columns {seen[name]} and {number} are both named {name!r:.80}: "
                "rename one, or say --header no if this line is a row."
            )
        seen[name] = number


def kinds_of(rows: Sequence[Sequence[str]], width: int) -> list[Kind]:
    """What most cells of each column hold."""
    most = max(5, CELLS_TO_TYPE // width)
    return [_most([kind_of(row[i]) for row in rows[:most] if i < len(row)]) for i in range(width)]


def _most(kinds: Sequence[Kind]) -> Kind:
    there = [kind for kind in kinds if kind != "missing"]
    if not there:
        return "missing"
    kind, count = Counter(there).most_common(1)[0]
    return kind if count >= MOSTLY * len(there) else "text"


def kind_of(field: str) -> Kind:
    """What the text of a cell seems to be."""
    if field in _MISSING:
        return "missing"
    if _NUMBER.fullmatch(field) and not any(f.parse(field) is not None for f in _likely(field)):
        return "number"
    if any(f.parse(field) is not None for f in _likely(field)):
        return "date"
    return "boolean" if field.lower() in ("true", "false") else "text"


def _likely(field: str) -> tuple[DateFormat, ...]:
    return _DATES if len(field) < 40 and _LIKELY_DATE.match(field) else ()
