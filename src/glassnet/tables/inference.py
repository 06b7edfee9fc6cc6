"""What the texts of a file mean: numbers in one of three styles, booleans, dates, or just texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from glassnet.tables.columns import (
    DateStyle,
    NumberStyle,
    Style,
    TableColumn,
    Type,
    date_of_text,
    number_of_text,
)
from glassnet.tables.layouts import Layout

# A column of which so many values are numbers is one of numbers with mistakes in it, which are
# then refused with their places; with fewer it is a column of texts.
MOSTLY = 0.9


def typed(
    layout: Layout, columns: Sequence[TableColumn], comma: bool
) -> tuple[list[TableColumn], list[str]]:
    """The text columns with what their values mean, and notes on what could be meant otherwise.

    `comma` says that a comma within a number is likely the decimal comma, because the file
    separates its fields by something else.
    """
    found: list[TableColumn] = []
    notes: list[str] = []
    counts = _counts(layout, columns, _FIRST_LOOK)
    unclear = [c for c, n in zip(columns, counts, strict=True) if not _plain_number(n)]
    names = (column.name for column in unclear)
    closer = dict(zip(names, _counts(layout, unclear, _SECOND_LOOK), strict=True))
    for column, n in zip(columns, counts, strict=True):
        if column.name in closer:
            found.append(_meaning(column, n | closer[column.name], comma, notes))
        else:
            found.append(replace(column, type="number" if n["fraction"] else "integer"))
    return found, notes


def dated(layout: Layout, columns: Sequence[TableColumn]) -> tuple[list[TableColumn], list[str]]:
    """Columns that their source says are texts, as dates where they write nothing else; notes.

    JSON and SQLite know no dates, and other sources often hold them as texts all the same.
    """
    notes: list[str] = []
    counts = _counts(layout, columns, _LOOK_FOR_DATES)
    return [_dated(column, n, notes) for column, n in zip(columns, counts, strict=True)], notes


_FIRST_LOOK: dict[str, Callable[[str], str]] = {
    "present": lambda c: c,
    "plain": lambda c: number_of_text(c, "plain"),
    "fraction": lambda c: f"CASE WHEN regexp_matches({c}, '[.eE]') THEN 1 END",
}
_DATES: dict[str, Callable[[str], str]] = {
    "date": date_of_text,
    "day first": lambda c: date_of_text(c, "day first"),
    "month first": lambda c: date_of_text(c, "month first"),
}
_LOOK_FOR_DATES: dict[str, Callable[[str], str]] = {"present": lambda c: c, **_DATES}
_SECOND_LOOK: dict[str, Callable[[str], str]] = {
    **_DATES,
    "boolean": lambda c: f"CASE WHEN lower({c}) IN ('true', 'false') THEN 1 END",
    "decimal comma": lambda c: number_of_text(c, "decimal comma"),
    "thousands": lambda c: number_of_text(c, "thousands"),
}


def _counts(
    layout: Layout, columns: Sequence[TableColumn], questions: Mapping[str, Callable[[str], str]]
) -> list[dict[str, int]]:
    """How many values of each column answer each question."""
    asked = [(c, [f"count({q(c.sql)})" for q in questions.values()]) for c in columns]
    return [dict(zip(questions, row, strict=True)) for row in layout.aggregates(asked)]


def _plain_number(n: dict[str, int]) -> bool:
    return n["plain"] == n["present"] > 0


def _meaning(column: TableColumn, n: dict[str, int], comma: bool, notes: list[str]) -> TableColumn:
    present = n["present"]
    style = _style(n, comma)
    fits: dict[Type, int] = {"number": n[style], "boolean": n["boolean"]}
    kind = max(fits, key=lambda kind: fits[kind])
    if fits[kind] < MOSTLY * present or not present:
        if n[style]:
            notes.append(
                f"Column {column.name!r} holds numbers in {n[style]} of its {present} values, and "
                "texts otherwise: it is taken as text."
            )
        return _dated(column, n, notes)
    if kind == "number" and style != "plain":
        notes.append(_style_note(column, style))
    return replace(column, type=kind, style=style)


def _dated(column: TableColumn, n: dict[str, int], notes: list[str]) -> TableColumn:
    """The column as dates if most of its values write some, in the same way."""
    styles: list[DateStyle] = ["plain", "day first", "month first"]
    counts = {style: n["date" if style == "plain" else style] for style in styles}
    style = max(styles, key=lambda style: counts[style])
    if not n["present"] or counts[style] < MOSTLY * n["present"]:
        return column
    if style != "plain" and counts["day first"] == counts["month first"]:
        notes.append(
            f"Column {column.name!r} looks like dates, but no value tells whether the day or the "
            "month comes first, so it is taken as text: write dates as 2026-01-31."
        )
        return column
    if style != "plain":
        example = "31/1/2026" if style == "day first" else "1/31/2026"
        notes.append(
            f"Column {column.name!r} is read as dates with the {style}: {example} is 2026-01-31."
        )
    return replace(column, type="date", style=style)


def _style(n: dict[str, int], comma: bool) -> NumberStyle:
    """The style in which most values are numbers; where two fit alike, what the file suggests."""
    styles: list[NumberStyle] = ["plain", "decimal comma", "thousands"]
    if not comma:
        styles = ["plain", "thousands", "decimal comma"]
    return max(styles, key=lambda style: n[style])


def _style_note(column: TableColumn, style: Style) -> str:
    if style == "decimal comma":
        return f"Column {column.name!r} is read as numbers with a decimal comma: 1,5 is 1.5."
    return f"Column {column.name!r} is read as numbers with thousands set apart: 1,500 is 1500."
