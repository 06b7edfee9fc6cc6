"""What the texts of a column show: how many are numbers or dates, in which formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np

from glassnet.tables.columns import TableColumn
from glassnet.tables.conventions import Conventions, Format
from glassnet.tables.date_formats import DateFormat
from glassnet.tables.layouts import Layout
from glassnet.tables.missing_texts import MissingTexts
from glassnet.tables.number_formats import (
    COMMA,
    PLAIN,
    POINT,
    NumberFormat,
    shape_of,
    surroundings,
)
from glassnet.tables.sql_text import literal

# A column of which so many values are numbers is one of numbers with mistakes in it, which are
# then refused with their places; with fewer it is a column of texts.
MOSTLY = 0.9
LIKELY = 0.5  # of a sample; what fewer of it are written in is not looked for in all rows
ROWS_TO_SAMPLE = 2000
CELLS_TO_SAMPLE = 2**18
MOST_FORMATS = 2  # of numbers with one decimal mark, and of dates, that all rows are looked at for
ORDERED = (DateFormat("day first"), DateFormat("month first"))
COMPACT = DateFormat(compact=True)
Questions = dict[Any, Callable[[str], str]]
Some = TypeVar("Some", NumberFormat, DateFormat)


@dataclass
class ColumnCounts:
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
        """How many values there are."""
        return self.n["present"]

    @property
    def is_plain(self) -> bool:
        """Whether all values are numbers as programs write them."""
        return self.n[PLAIN] == self.present > 0

    @property
    def numbers(self) -> int:
        """How many values are numbers, at most."""
        return max(self.of(PLAIN), self.of(self.point), self.of(self.comma))

    @property
    def is_number(self) -> bool:
        """Whether nearly all values are numbers."""
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


@dataclass(frozen=True)
class Counter:
    """Counts the texts of a table, with what means missing there and how a model's was read."""

    layout: Layout
    missing: MissingTexts
    learned: Conventions

    def count(self, columns: Sequence[TableColumn]) -> list[ColumnCounts]:
        """Count what each column of texts shows, in few scans of all rows."""
        first = self._answers(columns, _FIRST_LOOK)
        counts = [ColumnCounts(c, c, n) for c, n in zip(columns, first, strict=True)]
        # No usual text is a number, so that a column of nothing else needs no look for them.
        self._take_codes_out([c for c in counts if self.missing.has_numbers or not c.is_plain])
        self._try_formats([c for c in counts if c.present and not c.is_whole])
        self._compare([c for c in counts if c.point and c.comma and c.is_number])
        return counts

    def _take_codes_out(self, counts: Sequence[ColumnCounts]) -> None:
        """Let the columns hold no text that means missing, and count again."""
        every = self.missing.every
        if not every:
            return
        listed = ", ".join(map(literal, every))
        some: Questions = {"codes": lambda c: f"CASE WHEN {c} IN ({listed}) THEN 1 END"}
        found = self._answers([c.column for c in counts], some)
        counts = [c for c, n in zip(counts, found, strict=True) if n["codes"]]
        found = self._answers([c.column for c in counts], {text: _is(text) for text in every})
        for count, n in zip(counts, found, strict=True):
            count.codes = {text: k for text, k in n.items() if k}
            count.bare = _without(count.column, tuple(count.codes))
            always = tuple(t for t in count.codes if t in self.missing.always)
            count.column = _without(count.column, always)
        again = self._answers([c.bare for c in counts], _FIRST_LOOK)
        for count, n in zip(counts, again, strict=True):
            count.n = n

    def _try_formats(self, counts: Sequence[ColumnCounts]) -> None:
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

    def _sample(self, counts: Sequence[ColumnCounts]) -> list[list[str]]:
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

    def _likely(self, count: ColumnCounts, texts: Sequence[str]) -> Questions:
        """The formats that all rows are to be looked at for, in the order of preference."""
        formats: list[Format] = []
        if count.is_plain:
            # In most columns a few rows show that no point stands between thousands.
            if count.n["fraction"] and all(COMMA.parse(text) is not None for text in texts):
                formats = [POINT, COMMA]
            elif not count.n["fraction"] and all(map(_is_compact_date, texts)):
                formats = [COMPACT]
            return {format: format.sql for format in formats}
        learned = self.learned.formats.get(count.column.name)
        formats += [] if learned is None else [learned]
        formats += _number_formats(texts)
        dates = _tried((DateFormat(), *ORDERED), texts)
        if max(dates.values()) >= LIKELY * len(texts):
            formats += [f for f, n in dates.items() if n]
        found: Questions = {format: format.sql for format in formats}
        if any(text.lower() in ("true", "false") for text in texts):
            found["boolean"] = lambda c: f"CASE WHEN lower({c}) IN ('true', 'false') THEN 1 END"
        return found

    def _compare(self, counts: Sequence[ColumnCounts]) -> None:
        """Count how many numbers either decimal mark gives, and how many differ by it."""
        asked = []
        for c in counts:
            point, comma = c.sql_of_both
            conditions = f"{point} IS NOT NULL AND {comma} IS NOT NULL", f"{point} <> {comma}"
            asked.append((c.bare, [f"count(CASE WHEN {some} THEN 1 END)" for some in conditions]))
        for c, (both, differ) in zip(counts, self.layout.aggregates(asked), strict=True):
            c.both, c.differ = both, differ

    def _answers(
        self, columns: Sequence[TableColumn], questions: Questions
    ) -> list[dict[Any, int]]:
        """How many values of each column answer each question."""
        if not columns:
            return []
        asked = [(c, [f"count({q(c.sql)})" for q in questions.values()]) for c in columns]
        return [dict(zip(questions, row, strict=True)) for row in self.layout.aggregates(asked)]


_FIRST_LOOK: Questions = {
    "present": lambda c: c,
    PLAIN: PLAIN.sql,
    "fraction": lambda c: (
        f"CASE WHEN contains({c}, '.') OR contains({c}, 'e') OR contains({c}, 'E') THEN 1 END"
    ),
    "leading zeros": lambda c: f"CASE WHEN {c} BETWEEN '00' AND '0:' THEN 1 END",
    "eight digits": lambda c: f"CASE WHEN {c} BETWEEN '19' AND '21' AND length({c}) = 8 THEN 1 END",
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
