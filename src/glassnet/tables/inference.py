"""What the texts of a table mean: numbers, booleans, dates, or just texts.

One decimal mark is found for the whole table, and one order of dates: a column that could be read
in two ways is read as the others show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np

from glassnet.errors import InputError
from glassnet.tables.columns import TableColumn
from glassnet.tables.conventions import Conventions, Format
from glassnet.tables.date_formats import DateFormat
from glassnet.tables.layouts import Layout
from glassnet.tables.missing_texts import missing_texts
from glassnet.tables.number_formats import (
    COMMA,
    PLAIN,
    POINT,
    NumberFormat,
    shape_of,
    surroundings,
)
from glassnet.tables.reading import Reading
from glassnet.tables.sql_text import literal

# A column of which so many values are numbers is one of numbers with mistakes in it, which are
# then refused with their places; with fewer it is a column of texts.
MOSTLY = 0.9
LIKELY = 0.5  # of a sample; what fewer of it are written in is not looked for in all rows
ROWS_TO_SAMPLE = 2000
CELLS_TO_SAMPLE = 2**18
MOST_FORMATS = 2  # of numbers with one decimal mark, and of dates, that all rows are looked at for
FEWEST_THOUSANDS = 3  # numbers with and without a mark that show what the mark is
MOST_NAMED = 5  # columns, or texts, that a note names
ORDERED = (DateFormat("day first"), DateFormat("month first"))
COMPACT = DateFormat(compact=True)
Questions = dict[Any, Callable[[str], str]]
Some = TypeVar("Some", NumberFormat, DateFormat)


def understood(
    layout: Layout,
    columns: Sequence[TableColumn],
    reading: Reading,
    learned: Conventions | None = None,
    delimiter: str | None = None,
) -> tuple[list[TableColumn], list[str], Conventions]:
    """Return the columns with what their texts mean, notes on it, and how they were read.

    `learned` is how the table of a model was read, and `delimiter` what separates the fields of a
    text file. Raises InputError where two readings fit and nothing decides.
    """
    return _Look(layout, reading, learned, delimiter).understand(columns)


@dataclass
class _Counts:
    """What was counted in a column of texts without what means missing.

    `bare` is the column without those texts, too, that mean missing among numbers only; `codes`
    says how often each stands there. `point` and `comma` are the formats, with that decimal mark,
    in which most values are numbers; `both` are numbers in either, and `differ` other ones.
    """

    column: TableColumn
    bare: TableColumn
    n: dict[Any, int]
    codes: dict[str, int] = field(default_factory=dict)
    point: NumberFormat | None = None
    comma: NumberFormat | None = None
    both: int = 0
    differ: int = 0
    sample: Sequence[str] = ()

    @property
    def present(self) -> int:
        return self.n["present"]

    @property
    def is_plain(self) -> bool:
        return self.n[PLAIN] == self.present > 0

    @property
    def numbers(self) -> int:
        """How many values are numbers, at most."""
        return max(self.of(PLAIN), self.of(self.point), self.of(self.comma))

    @property
    def is_number(self) -> bool:
        return self.present > 0 and self.numbers >= MOSTLY * self.present

    @property
    def shown(self) -> str | None:
        """The decimal mark that its values show; None if they show none."""
        if self.comma is None:  # some of its texts can have a decimal point only
            return "." if self.is_plain and self.n["fraction"] else None
        if not self.is_number:
            return None
        point, comma = self.of(self.point) - self.both, self.of(self.comma) - self.both
        return None if point == comma else "." if point > comma else ","

    @property
    def date(self) -> DateFormat | None:
        """The format in which most values are dates, if these are nearly all."""
        formats = [f for f in self.n if isinstance(f, DateFormat)]
        best = max(formats, key=self.of, default=None)
        return best if self.present and self.of(best) >= MOSTLY * self.present else None

    @property
    def is_clear_date(self) -> bool:
        """Whether the values show if the day or the month comes first, where that is in doubt."""
        first, second = ORDERED
        return self.date not in ORDERED or self.of(first) != self.of(second)

    @property
    def is_whole(self) -> bool:
        """Whether it holds whole numbers without any mark, which are the same in all formats."""
        return self.is_plain and not self.n["fraction"] and not self.n["eight digits"]

    @property
    def sql_of_both(self) -> tuple[str, str]:
        """SQL of the numbers with a decimal point, and with a comma."""
        assert self.point is not None
        assert self.comma is not None
        return self.point.sql(self.bare.sql), self.comma.sql(self.bare.sql)

    def read_both(self, text: str) -> tuple[str, str]:
        """A text as a number with a decimal point, and with a comma."""
        assert self.point is not None
        assert self.comma is not None
        return f"{self.point.parse(text):.12g}", f"{self.comma.parse(text):.12g}"

    def of(self, format: Format | None) -> int:
        """How many values are written so."""
        return self.n.get(format, 0)

    def format(self, decimal: str) -> NumberFormat:
        """The format with that decimal mark, or with the other where that reads more."""
        if self.is_plain and not self.differ:
            return PLAIN
        first, second = (self.comma, self.point) if decimal == "," else (self.point, self.comma)
        best = first if self.of(first) >= self.of(second) else second
        return PLAIN if best is None or (best.decimal == "." and self.is_plain) else best


@dataclass
class _Look:
    """One table, looked at column by column, and the notes on it."""

    layout: Layout
    reading: Reading
    learned: Conventions | None
    delimiter: str | None
    notes: list[str] = field(default_factory=list)

    def understand(
        self, columns: Sequence[TableColumn]
    ) -> tuple[list[TableColumn], list[str], Conventions]:
        """See `understood`."""
        _refuse_strange_types(self.layout.source, self.reading, columns)
        columns = self._with_compact_dates([self._asked(column) for column in columns])
        counts = self._counted([c for c in columns if c.type == "text" and c.is_text])
        decimal = self._decimal(counts)
        order = self._date_order(counts)
        by_name = {c.column.name: self._meaning(c, decimal or ".", order) for c in counts}
        found = [by_name.get(column.name, column) for column in columns]
        self.notes += _format_notes(found)
        formats = {
            c.name: COMMA if c.format == PLAIN and decimal == "," else c.format
            for c in found
            if c.is_text and c.type in ("integer", "number", "date")
        }
        missing, kept = self._given_texts()
        return found, self.notes, Conventions(decimal, order, missing, kept, formats)

    def _asked(self, column: TableColumn) -> TableColumn:
        """The column as the user said it is, and without the numbers that mean missing."""
        asked = self.reading.type_of(column.name)
        if column.is_text or column.type == "other":
            return replace(column, asked=asked)
        if asked == "date" and column.type != "date":
            text = f"CAST({column.sql} AS VARCHAR)"
            return replace(column, type="text", sql=text, is_text=True, asked=asked)
        sql = column.sql
        for text in self.reading.missing or () if column.type in ("integer", "number") else ():
            value = PLAIN.parse(text)
            if value is not None:
                sql = f"nullif({sql}, {int(value) if value.is_integer() else repr(value)})"
        return replace(column, sql=sql, asked=asked)

    def _with_compact_dates(self, columns: Sequence[TableColumn]) -> list[TableColumn]:
        """The columns, of which whole numbers that may be dates such as 20260131 are texts."""
        whole = [c for c in columns if c.type == "integer" and not c.is_text and not c.asked]
        ends = self.layout.aggregates([(c, [f"min({c.sql})", f"max({c.sql})"]) for c in whole])
        names = {
            c.name
            for c, (least, greatest) in zip(whole, ends, strict=True)
            if least is not None and 19000101 <= least and greatest < 21000000
        }
        return [
            replace(c, type="text", sql=f"CAST(CAST({c.sql} AS BIGINT) AS VARCHAR)", is_text=True)
            if c.name in names
            else c
            for c in columns
        ]

    # Counting

    def _counted(self, texts: Sequence[TableColumn]) -> list[_Counts]:
        always, among_numbers = self._missing_texts()
        every = ", ".join(map(literal, (*always, *among_numbers)))
        codes: Questions = {"codes": lambda c: f"CASE WHEN {c} IN ({every}) THEN 1 END"}
        first = self._counts(texts, _FIRST_LOOK | (codes if every else {}))
        counts = [_Counts(c, c, n) for c, n in zip(texts, first, strict=True)]
        self._take_codes_out([c for c in counts if c.n.get("codes")], always, among_numbers)
        self._try_formats([c for c in counts if c.present and not c.is_whole])
        self._compare([c for c in counts if c.point and c.comma and c.is_number])
        return counts

    def _take_codes_out(
        self, counts: Sequence[_Counts], always: Sequence[str], among_numbers: Sequence[str]
    ) -> None:
        """Let the columns hold no text that means missing, and count again."""
        every = {text: _is(text) for text in (*always, *among_numbers)}
        found = self._counts([c.column for c in counts], every)
        for count, n in zip(counts, found, strict=True):
            count.codes = {text: k for text, k in n.items() if k}
            count.bare = _without(count.column, tuple(count.codes))
            count.column = _without(count.column, tuple(t for t in count.codes if t in always))
        again = self._counts([c.bare for c in counts], _FIRST_LOOK)
        for count, n in zip(counts, again, strict=True):
            count.n = n

    def _try_formats(self, counts: Sequence[_Counts]) -> None:
        """Count the values that are written in each format in which some of a sample are."""
        for count, texts in zip(counts, self._sample(counts), strict=True):
            count.sample = texts
        likely = [self._likely(count, count.sample) for count in counts]
        tried = [(c, formats) for c, formats in zip(counts, likely, strict=True) if formats]
        asked = [(c.bare, [f"count({q(c.bare.sql)})" for q in f.values()]) for c, f in tried]
        for (c, formats), row in zip(tried, self.layout.aggregates(asked), strict=True):
            c.n |= dict(zip(formats, row, strict=True))
            numbers = [f for f in formats if isinstance(f, NumberFormat)]
            c.point = max((f for f in numbers if f.decimal == "."), key=c.of, default=None)
            c.comma = max((f for f in numbers if f.decimal == ","), key=c.of, default=None)

    def _sample(self, counts: Sequence[_Counts]) -> list[list[str]]:
        """Some texts of each column."""
        if not counts:
            return []
        rows = max(100, min(ROWS_TO_SAMPLE, CELLS_TO_SAMPLE // len(counts)))
        asked = [(c.bare, f"CAST({c.bare.sql} AS VARCHAR)") for c in counts]
        columns = [np.ma.masked_array(found) for found in next(self.layout.chunks(asked, rows))]
        texts = [column.compressed().tolist() for column in columns]
        return [
            some or self.layout.distinct(c.bare, sql, ROWS_TO_SAMPLE)
            for c, (_, sql), some in zip(counts, asked, texts, strict=True)
        ]

    def _likely(self, count: _Counts, texts: Sequence[str]) -> Questions:
        """The formats that all rows are to be looked at for, in the order of preference."""
        formats: list[Format] = []
        if count.is_plain:
            # In most columns a few rows show that no point stands between thousands.
            if count.n["fraction"] and all(COMMA.parse(text) is not None for text in texts):
                formats = [POINT, COMMA]
            elif not count.n["fraction"] and all(map(_is_compact_date, texts)):
                formats = [COMPACT]
            return {format: format.sql for format in formats}
        if self.learned is not None and count.column.name in self.learned.formats:
            formats.append(self.learned.formats[count.column.name])
        formats += _number_formats(texts)
        dates = _tried((DateFormat(), *ORDERED), texts)
        if max(dates.values()) >= LIKELY * len(texts):
            formats += [f for f, n in dates.items() if n]
        found: Questions = {format: format.sql for format in formats}
        if any(text.lower() in ("true", "false") for text in texts):
            found["boolean"] = lambda c: f"CASE WHEN lower({c}) IN ('true', 'false') THEN 1 END"
        return found

    def _compare(self, counts: Sequence[_Counts]) -> None:
        """Count how many numbers either decimal mark gives, and how many differ by it."""
        asked = []
        for c in counts:
            point, comma = c.sql_of_both
            conditions = f"{point} IS NOT NULL AND {comma} IS NOT NULL", f"{point} <> {comma}"
            asked.append((c.bare, [f"count(CASE WHEN {some} THEN 1 END)" for some in conditions]))
        for c, (both, differ) in zip(counts, self.layout.aggregates(asked), strict=True):
            c.both, c.differ = both, differ

    def _counts(self, columns: Sequence[TableColumn], questions: Questions) -> list[dict[Any, int]]:
        """How many values of each column answer each question."""
        if not columns:
            return []
        asked = [(c, [f"count({q(c.sql)})" for q in questions.values()]) for c in columns]
        return [dict(zip(questions, row, strict=True)) for row in self.layout.aggregates(asked)]

    # Deciding for the table

    def _decimal(self, counts: Sequence[_Counts]) -> str | None:
        """The decimal mark of the table; None where no number needs one."""
        if self.reading.decimal is not None:
            return self.reading.decimal
        if self.reading.thousands in (".", ","):
            return "," if self.reading.thousands == "." else "."
        shown = [c.shown for c in counts]
        if self.learned is not None and self.learned.decimal is not None:
            return self._learned_decimal(counts, self.learned.decimal)
        point, comma = shown.count("."), shown.count(",")
        if point or comma:
            likely = "." if self.delimiter == "," else ","
            return likely if point == comma else "." if point > comma else ","
        open_ones = [c for c in counts if c.differ]
        return self._of_thousands(open_ones) if open_ones else None

    def _learned_decimal(self, counts: Sequence[_Counts], learned: str) -> str:
        """The decimal mark of the model's table, or another that this one shows beyond doubt."""
        other = "." if learned == "," else ","
        shown = [c.shown for c in counts]
        if other not in shown or learned in shown:
            return learned
        doubtful = [c for c in counts if c.differ]
        if doubtful:
            raise InputError(
                f"{self.layout.source}: the model was trained on numbers with a decimal "
                f"{_NAMES[learned]}, and this table has some with a decimal {_NAMES[other]}, so "
                f"that {self._example(doubtful[0])} in column {doubtful[0].column.name!r:.80} "
                "could be "
                f"either: {SAY_WHICH}."
            )
        self.notes.append(
            f"This table writes numbers with a decimal {_NAMES[other]}, otherwise than the one "
            f"the model was trained on, with a decimal {_NAMES[learned]}: it is read so."
        )
        return other

    def _of_thousands(self, counts: Sequence[_Counts]) -> str:
        """The decimal mark where every number with a mark has three digits behind it."""
        for count in counts:
            mark = self._mark_between_thousands(count)
            if mark is not None:
                return self._noted(count, "," if mark == "." else ".")
        count = counts[0]
        text = self._example(count)
        mark = "." if "." in text else ","
        if self.delimiter in (",", None) or (self.delimiter == "\t" and mark == "."):
            return self._noted(count, ".")
        if self.delimiter == ";" and mark == ",":
            return self._noted(count, ",")
        point, comma = count.read_both(text)
        raise InputError(
            f"{self.layout.source}: {text} in column {count.column.name!r:.80} could be {point} or "
            f"{comma}, and no other number shows the decimal mark: {SAY_WHICH}."
        )

    def _mark_between_thousands(self, count: _Counts) -> str | None:
        """The mark where numbers with it and whole ones below 1000 without it stand together."""
        if min(count.both - count.differ, count.differ) < FEWEST_THOUSANDS:
            return None
        point, comma = count.sql_of_both
        large = f"CASE WHEN {point} = {comma} AND abs({point}) >= 1000 THEN 1 END"
        ((n_large,),) = self.layout.aggregates([(count.bare, [f"count({large})"])])
        return None if n_large else "." if "." in self._example(count) else ","

    def _noted(self, count: _Counts, decimal: str) -> str:
        """The decimal mark, with a note that the other was possible."""
        text = self._example(count)
        point, comma = count.read_both(text)
        chosen, other = (comma, point) if decimal == "," else (point, comma)
        grouped = ("." in text) == (decimal == ",")
        mark = "thousands set apart" if grouped else f"a decimal {_NAMES[decimal]}"
        self.notes.append(
            f"Column {count.column.name!r} is read as numbers with {mark}: {text} is {chosen}, "
            f"where {other} was possible (--decimal {'.' if decimal == ',' else ','} reads it so)."
        )
        return decimal

    def _example(self, count: _Counts) -> str:
        """A text that is another number with the other decimal mark."""
        point, comma = count.sql_of_both
        found = self.layout.first(count.bare, f"{point} <> {comma}")
        assert found is not None
        return str(found[1])

    def _date_order(self, counts: Sequence[_Counts]) -> str | None:
        """What comes first in dates, where day and month could be mistaken for each other."""
        if self.reading.date_order is not None:
            return self.reading.date_order
        if self.learned is not None and self.learned.date_order is not None:
            return self.learned.date_order
        shown = {c.date.order for c in counts if c.date in ORDERED and c.is_clear_date and c.date}
        return str(shown.pop()) if len(shown) == 1 else None

    # Deciding for a column

    def _meaning(self, count: _Counts, decimal: str, order: str | None) -> TableColumn:
        column, asked = count.column, count.column.asked
        learned = None if self.learned is None else self.learned.formats.get(column.name)
        found: TableColumn | None = None
        if asked in ("category", "text") or not count.present:
            self._note_codes(count, among_numbers=not count.present)
            found = replace(column, why="as asked" if asked else "empty")
        elif asked == "number" or (asked is None and isinstance(learned, NumberFormat)):
            found = self._number(count, decimal, learned)
        elif asked == "date" or (asked is None and isinstance(learned, DateFormat)):
            found = self._date(count, order, learned)
            format = learned or DateFormat()
            found = found or replace(count.bare, type="date", format=format, why="as asked")
        elif count.is_number and count.of(COMPACT) < count.present:
            found = self._number(count, decimal, None)
        elif count.n.get("boolean", 0) >= MOSTLY * count.present:
            found = replace(column, type="boolean", why="all values are true or false")
        return found or self._date(count, order, None) or self._text(count)

    def _number(self, count: _Counts, decimal: str, learned: Format | None) -> TableColumn:
        self._note_codes(count, among_numbers=True)
        if count.n["leading zeros"] and not count.column.asked:
            self._note_leading_zeros(count)
        found = count.format(decimal)
        if isinstance(learned, NumberFormat) and learned.decimal == decimal:
            found = learned if count.of(learned) >= count.of(found) > 0 else found
        if self.reading.thousands is not None and not count.is_whole:
            marks: Any = {"decimal": decimal, "thousands": self.reading.thousands}
            found = replace(found, **marks)
        whole = count.is_whole or (count.is_plain and not count.n["fraction"])
        why = "as asked" if count.column.asked else _share(count.numbers, count.present, "numbers")
        return replace(count.bare, type="integer" if whole else "number", format=found, why=why)

    def _date(
        self, count: _Counts, order: str | None, learned: Format | None
    ) -> TableColumn | None:
        """The column as dates if most of its values write some, in the same way."""
        format = count.date
        if format is None:
            return None
        if isinstance(learned, DateFormat) and count.of(learned) >= count.of(format):
            format = learned
        elif not count.is_clear_date:
            format = DateFormat(order) if order else None
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

    def _text(self, count: _Counts) -> TableColumn:
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

    # Notes

    def _note_leading_zeros(self, count: _Counts) -> None:
        name = count.column.name
        found = self.layout.first(count.bare, f"{count.bare.sql} BETWEEN '00' AND '0:'")
        assert found is not None
        self.notes.append(
            f"Column {name!r} holds numbers that begin with 0, such as {found[1]}, and is read as "
            f"numbers: if they are codes, say --types {_word(name + '=category')}."
        )

    def _note_codes(self, count: _Counts, *, among_numbers: bool) -> None:
        """Say which texts were read as missing, and which could be meant so."""
        always, _ = self._missing_texts()
        name = count.column.name
        read = {t: k for t, k in count.codes.items() if among_numbers or t in always}
        left = {t: k for t, k in count.codes.items() if t not in read}
        for texts, what, option in (
            (read, "read as missing", "--not-missing {} keeps it as a value"),
            (left, "taken as a value", "--missing {} reads it as missing"),
        ):
            if texts:
                verb = "is" if sum(texts.values()) == 1 else "are"
                advice = option.format(_word(next(iter(texts))))
                self.notes.append(
                    f"Column {name!r}: {_with_counts(texts)} {verb} {what} ({advice})."
                )

    def _missing_texts(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        missing, kept = self._given_texts()
        return missing_texts(missing, kept, typed=self.delimiter is None)

    def _given_texts(self) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
        """What the user said means missing, and does not, here or for the table of the model."""
        missing, kept = self.reading.missing, self.reading.not_missing
        if self.learned is not None:
            missing = self.learned.missing if missing is None else missing
            kept = kept or self.learned.not_missing
        return missing, kept


def _refuse_strange_types(source: str, reading: Reading, columns: Sequence[TableColumn]) -> None:
    known = {column.name for column in columns}
    for name, _ in reading.types:
        if name not in known:
            raise InputError(
                f"{source} has no column {name!r:.80} that types names: it has "
                f"{_listed(sorted(known))}."
            )


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


SAY_WHICH = "say which by --decimal . or --decimal , (in Python decimal='.')"
_NAMES = {".": "point", ",": "comma"}
_FIRST_LOOK: Questions = {
    "present": lambda c: c,
    PLAIN: PLAIN.sql,
    "fraction": lambda c: f"CASE WHEN regexp_matches({c}, '[.eE]') THEN 1 END",
    "leading zeros": lambda c: f"CASE WHEN {c} BETWEEN '00' AND '0:' THEN 1 END",
    "eight digits": lambda c: f"CASE WHEN length({c}) = 8 AND {c} BETWEEN '19' AND '21' THEN 1 END",
}


def _number_formats(texts: Sequence[str]) -> list[Format]:
    """The formats in which most of the texts are numbers, few with each decimal mark."""
    marks = [mark for mark in ",. '" if any(_has(text, mark) for text in texts)]
    pairs: list[Any] = [
        (decimal, thousands)
        for decimal in ((".", ",") if {",", "."} & set(marks) else ".")
        for thousands in ("", *marks)
        if thousands != decimal
    ]
    forms = surroundings(dict.fromkeys(map(shape_of, texts)))
    found = _tried([replace(f, decimal=d, thousands=t) for f in forms for d, t in pairs], texts)
    fewest = (1 - MOSTLY) * len(texts)  # with a unit: if fewer have it, they are mistakes
    bare = _tried([replace(f, unit="") for f in found], texts)
    found = {f: n for f, n in found.items() if not f.unit or n - bare[replace(f, unit="")] > fewest}
    if max(found.values(), default=0) >= LIKELY * len(texts):
        found |= _tried((POINT, COMMA), texts)
    by_mark = ([f for f, n in found.items() if n and f.decimal == mark] for mark in (".", ","))
    return [f for some in by_mark for f in sorted(some, key=lambda f: -found[f])[:MOST_FORMATS]]


def _tried(formats: Iterable[Some], texts: Sequence[str]) -> dict[Some, int]:
    """How many of the texts each format reads."""
    return {format: sum(format.parse(text) is not None for text in texts) for format in formats}


def _is(text: str) -> Callable[[str], str]:
    return lambda c: f"CASE WHEN {c} = {literal(text)} THEN 1 END"


def _without(column: TableColumn, texts: tuple[str, ...]) -> TableColumn:
    """The column, with nothing where one of the texts stands."""
    if not texts:
        return column
    listed, c = ", ".join(map(literal, texts)), column.sql
    some = f"(CASE WHEN {c} NOT IN ({listed}) THEN {c} END)"
    return replace(column, gone=texts, sql=f"nullif({c}, {listed})" if len(texts) == 1 else some)


def _is_compact_date(text: str) -> bool:
    return "19" <= text < "21" and len(text) == 8 and COMPACT.parse(text) is not None


def _has(text: str, mark: str) -> bool:
    same = {" ": " \u00a0\u2009\u202f", "'": "'\u2019"}.get(mark, mark)
    return any(sign in text for sign in same)


def _marks(format: NumberFormat) -> str:
    if format.decimal == ",":
        return "with a decimal comma"
    return "with thousands set apart" if format.thousands else ""


def _share(count: int, present: int, what: str) -> str:
    return (
        f"all {present} values are {what}"
        if count == present
        else (f"{count} of {present} values are {what}")
    )


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
