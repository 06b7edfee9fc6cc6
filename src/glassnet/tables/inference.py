"""What the texts of a table mean: numbers, booleans, dates, or just texts.

One decimal mark is found for the whole table, and one order of dates: a column that could be read
in two ways is read as the others show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from glassnet.errors import InputError
from glassnet.tables.column_counts import COMPACT, LIKELY, MOSTLY, ColumnCounts, Counter
from glassnet.tables.columns import TableColumn
from glassnet.tables.conventions import Conventions, Format
from glassnet.tables.date_formats import DateFormat
from glassnet.tables.date_order import date_order
from glassnet.tables.decimal_mark import decimal_mark
from glassnet.tables.layouts import Layout
from glassnet.tables.missing_texts import MissingTexts
from glassnet.tables.number_formats import (
    COMMA,
    PLAIN,
    NumberFormat,
    shape_of,
    surroundings,
)
from glassnet.tables.reading import Reading
from glassnet.tables.sql_text import literal

MOST_NAMED = 5  # columns, or texts, that a note names


def understood(
    layout: Layout,
    columns: Sequence[TableColumn],
    reading: Reading,
    learned: Conventions,
    delimiter: str | None = None,
) -> tuple[list[TableColumn], list[str], Conventions]:
    """Return the columns with what their texts mean, notes on it, and how they were read.

    `learned` is how the table of a model was read, and `delimiter` what separates the fields of a
    text file. Raises InputError where two readings fit and nothing decides, and for an option
    that contradicts the table.
    """
    _refuse_strange_types(layout.source, reading, columns)
    known = learned.reading
    given = known.missing if reading.missing is None else reading.missing
    kept = reading.not_missing or known.not_missing
    missing = MissingTexts.of(given, kept, typed=delimiter is None)
    notes = list(_notes_on_absent(layout, columns, reading))
    columns = _with_compact_dates(layout, [_asked(column, reading) for column in columns])
    texts = [column for column in columns if column.type == "text" and column.is_text]
    counts = Counter(layout, missing, learned).count(texts)
    decimal, more = decimal_mark(layout, counts, reading, known.decimal, delimiter)
    order, on_dates = date_order(layout, counts, reading, known.date_order)
    notes += more + on_dates
    meanings = _Meanings(layout, reading, learned, delimiter, missing, decimal or ".", order, notes)
    by_name = {c.column.name: meanings.of(c) for c in counts}
    found = [by_name.get(column.name, column) for column in columns]
    notes += _format_notes(found)
    formats = {
        c.name: COMMA if c.format == PLAIN and decimal == "," else c.format
        for c in found
        if c.is_text and c.type in ("integer", "number", "date")
    }
    found_out = Reading(decimal=decimal, date_order=order, missing=given, not_missing=kept)
    return found, notes, Conventions(found_out, formats)


def _asked(column: TableColumn, reading: Reading) -> TableColumn:
    """The column as the user said it is, and without the numbers that mean missing."""
    asked = reading.type_of(column.name)
    if column.is_text or column.type == "other":
        return replace(column, asked=asked)
    if asked == "date" and column.type != "date":
        return replace(_in_digits(column), asked=asked)
    sql = column.sql
    for text in reading.missing or () if column.type in ("integer", "number") else ():
        value = PLAIN.parse(text)
        if value is not None:
            sql = f"nullif({sql}, {int(value) if value.is_integer() else repr(value)})"
    return replace(column, sql=sql, asked=asked)


def _with_compact_dates(layout: Layout, columns: Sequence[TableColumn]) -> list[TableColumn]:
    """The columns, of which whole numbers that may be dates such as 20260131 are texts."""
    whole = [c for c in columns if c.type == "integer" and not c.is_text and not c.asked]
    ends = layout.aggregates([(c, [f"min({c.sql})", f"max({c.sql})"]) for c in whole])
    names = {
        c.name
        for c, (least, greatest) in zip(whole, ends, strict=True)
        if least is not None and 19000101 <= least and greatest < 21000000
    }
    return [_in_digits(c) if c.name in names else c for c in columns]


def _in_digits(column: TableColumn) -> TableColumn:
    """The column with its values as texts: 20260131 of a whole number, also of a float."""
    whole = column.type == "integer"
    sql = f"CAST({column.sql} AS BIGINT)" if whole else column.sql
    return replace(column, type="text", sql=f"CAST({sql} AS VARCHAR)", is_text=True)


@dataclass(frozen=True)
class _Meanings:
    """How the columns of one table are decided, and the notes on it."""

    layout: Layout
    reading: Reading
    learned: Conventions
    delimiter: str | None
    missing: MissingTexts
    decimal: str
    order: str | None
    notes: list[str] = field(default_factory=list)

    def of(self, count: ColumnCounts) -> TableColumn:
        """The column with what its texts mean."""
        column, asked = count.column, count.column.asked
        learned = None if asked else self.learned.formats.get(column.name)
        found: TableColumn | None = None
        if asked in ("category", "text") or not count.present:
            self._note_codes(count, among_numbers=not count.present)
            found = replace(column, why="as asked" if asked else "empty")
        elif asked == "number" or isinstance(learned, NumberFormat):
            found = self._number(count, learned)
        elif asked == "date" or isinstance(learned, DateFormat):
            found = self._date(count, learned)
            format = learned or DateFormat()
            found = found or replace(count.bare, type="date", format=format, why="as asked")
        elif count.is_number and count.of(COMPACT) < count.present:
            found = self._number(count, None)
        elif count.n.get("boolean", 0) >= MOSTLY * count.present:
            found = replace(column, type="boolean", why="all values are true or false")
        return found or self._date(count, None) or self._text(count)

    def _number(self, count: ColumnCounts, learned: Format | None) -> TableColumn:
        self._note_codes(count, among_numbers=True)
        if count.n["leading zeros"] and not count.column.asked:
            self._note_leading_zeros(count)
        found = count.format(self.decimal)
        if isinstance(learned, NumberFormat) and learned.decimal == self.decimal:
            found = learned if count.of(learned) >= count.of(found) > 0 else found
        if self.reading.thousands is not None and not count.is_whole:
            marks: Any = {"decimal": self.decimal, "thousands": self.reading.thousands}
            found = replace(found, **marks)
        whole = count.is_whole or (count.is_plain and not count.n["fraction"])
        why = "as asked" if count.column.asked else _share(count.numbers, count.present, "numbers")
        return replace(count.bare, type="integer" if whole else "number", format=found, why=why)

    def _date(self, count: ColumnCounts, learned: Format | None) -> TableColumn | None:
        """The column as dates if most of its values write some, in the same way."""
        format = count.date
        if format is None:
            return None
        if isinstance(learned, DateFormat) and count.of(learned) >= count.of(format):
            format = learned
        elif not count.is_clear_date:
            format = DateFormat(self.order) if self.order else None
        if format is None or count.of(format) < MOSTLY * count.present:
            self.notes.append(
                f"Column {count.column.name!r} looks like dates, but no value tells whether the "
                "day or the month comes first, so it is taken as text: write dates as 2026-01-31, "
                "or say --date-order day-first or --date-order month-first."
            )
            return count.column
        self._note_codes(count, among_numbers=True)
        for remark in format.remarks(count.sample):
            self.notes.append(f"Column {count.column.name!r} holds dates: {remark}.")
        why = "as asked" if count.column.asked else _share(count.of(format), count.present, "dates")
        return replace(count.bare, type="date", format=format, why=why)

    def _text(self, count: ColumnCounts) -> TableColumn:
        typed = self.delimiter is None  # where a text is meant as one
        units = [f.unit for f in surroundings(dict.fromkeys(map(shape_of, count.sample))) if f.unit]
        if count.numbers and (len(units) > 1 or units == ["%"]):
            some = f"such as {units[0]!r} and {units[-1]!r}" if units[1:] else "with and without %"
            self.notes.append(
                f"Column {count.column.name!r} holds numbers in several units, {some}: it is taken "
                "as text."
            )
        elif count.numbers > (LIKELY * count.present if typed else 0):
            self.notes.append(
                f"Column {count.column.name!r} holds numbers in {count.numbers} of its "
                f"{count.present} values, and texts otherwise: it is taken as text."
            )
        self._note_codes(count, among_numbers=False)
        return replace(count.column, why="its values are texts")

    def _note_leading_zeros(self, count: ColumnCounts) -> None:
        name = count.column.name
        found = self.layout.first(count.bare, f"{count.bare.sql} BETWEEN '00' AND '0:'")
        assert found is not None
        self.notes.append(
            f"Column {name!r} holds numbers that begin with 0, such as {found[1]}, and is read as "
            f"numbers: if they are codes, say --types {_word(name + '=category')}."
        )

    def _note_codes(self, count: ColumnCounts, *, among_numbers: bool) -> None:
        """Say which texts were read as missing, and which could be meant so."""
        always, codes = self.missing.always, count.codes.items()
        read = {t: k for t, k in codes if among_numbers or t in always}
        left = {t: k for t, k in codes if t not in read}
        for texts, what, option in (
            (read, "read as missing", "--not-missing {} keeps it as a value"),
            (left, "taken as a value", "--missing {} reads it as missing"),
        ):
            if texts:
                verb = "is" if sum(texts.values()) == 1 else "are"
                advice = option.format(_word(next(iter(texts))))
                self.notes.append(
                    f"Column {count.column.name!r}: {_with_counts(texts)} {verb} {what} ({advice})."
                )


def _refuse_strange_types(source: str, reading: Reading, columns: Sequence[TableColumn]) -> None:
    known = {column.name for column in columns}
    for name, _ in reading.types:
        if name not in known:
            raise InputError(
                f"{source} has no column {name!r:.80} that types names: it has "
                f"{_listed(sorted(known))}."
            )


def _notes_on_absent(
    layout: Layout, columns: Sequence[TableColumn], reading: Reading
) -> Iterator[str]:
    """What the user said about texts that stand nowhere in the table."""
    known = [column for column in columns if column.type != "other"]
    for option, texts in (("missing", reading.missing or ()), ("not_missing", reading.not_missing)):
        for text in texts:
            asked = [(c, [f"count(CASE WHEN {_holds(c, text)} THEN 1 END)"]) for c in known]
            if not any(n for (n,) in layout.aggregates(asked)):
                yield f"No value is {text!r:.80}, which {option} names."
    mark = reading.thousands
    texts_only = [column for column in known if column.is_text]
    if mark:
        asked = [(c, [f"count(CASE WHEN {_has_mark(c, mark)} THEN 1 END)"]) for c in texts_only]
        if not any(n for (n,) in layout.aggregates(asked)):
            yield f"No number has {mark!r} between its thousands, as thousands says."


def _holds(column: TableColumn, text: str) -> str:
    if column.type in ("integer", "number") and not column.is_text:
        value = PLAIN.parse(text)
        return "false" if value is None else f"CAST({column.sql} AS DOUBLE) = {value!r}"
    return f"CAST({column.sql} AS VARCHAR) = {literal(text)}"


def _has_mark(column: TableColumn, mark: str) -> str:
    """SQL that is true where the mark, or one like it, stands between digits."""
    signs = {" ": " \u00a0\u2009\u202f", "'": "'\u2019"}.get(mark, mark)
    return f"regexp_matches({column.sql}, {literal(f'[0-9][{signs}][0-9]')})"


def _format_notes(columns: Sequence[TableColumn]) -> Iterator[str]:
    """Which columns are read as numbers or dates of another format than the usual one."""
    by_format: dict[Format, list[str]] = {}
    for column in columns:
        if column.is_text and column.type in ("number", "date"):
            by_format.setdefault(column.format, []).append(column.name)
    for format, names in by_format.items():
        one = len(names) == 1
        words = f"Column {names[0]!r} is" if one else f"Columns {_listed(names)} are"
        if isinstance(format, DateFormat) and format != DateFormat():
            how = "dates" if format.compact else f"dates with the {format.order}"
        elif isinstance(format, NumberFormat) and format != PLAIN:
            how = f"numbers {_marks(format)}".rstrip()
        else:
            continue
        other = ""
        if format == COMPACT:
            other = f" (--types {_word(names[0] + '=number')} reads numbers)"
        yield (f"{words} read as {how}: {format.describe()}{other}.")


def _marks(format: NumberFormat) -> str:
    if format.decimal == ",":
        return "with a decimal comma"
    return "with thousands set apart" if format.thousands else ""


def _share(count: int, present: int, what: str) -> str:
    of = f"all {present}" if count == present else f"{count} of {present}"
    return f"{of} values are {what}"


def _with_counts(counts: Mapping[str, int]) -> str:
    shown = [f"{text!r} {k} {'times' if k > 1 else 'time'}" for text, k in counts.items()]
    more = len(shown) - MOST_NAMED
    return ", ".join(shown[:MOST_NAMED]) + (f" and {more} more texts" if more > 0 else "")


def _word(text: str) -> str:
    """A text as a shell takes it."""
    return text if text.replace("/", "").replace("_", "").isalnum() else f"'{text}'"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(map(repr, names[:MOST_NAMED])) + (f" and {more} more" if more > 0 else "")
