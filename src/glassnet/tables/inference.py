"""What the texts of a file mean: numbers in one of three styles, booleans, dates, or just texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from glassnet.tables.table import (
    Style,
    TableColumn,
    Type,
    batched,
    date_of_text,
    number_of_text,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# A column of which so many values are numbers is one of numbers with mistakes in it, which are
# then refused with their places; with fewer it is a column of texts.
MOSTLY = 0.9


def typed(
    connection: DuckDBPyConnection, relation: str, columns: Sequence[TableColumn], comma: bool
) -> tuple[list[TableColumn], list[str]]:
    """The text columns with what their values mean, and notes on what could be meant otherwise.

    `comma` says that a comma within a number is likely the decimal comma, because the file
    separates its fields by something else.
    """
    found: list[TableColumn] = []
    notes: list[str] = []
    for part in batched(columns):
        counts = _counts(connection, relation, part, _FIRST_LOOK)
        unclear = [c for c, n in zip(part, counts, strict=True) if not _plain_number(n)]
        closer = dict(
            zip(
                (c.name for c in unclear),
                _counts(connection, relation, unclear, _SECOND_LOOK),
                strict=True,
            )
        )
        for column, n in zip(part, counts, strict=True):
            if column.name in closer:
                found.append(_meaning(column, n | closer[column.name], comma, notes))
            else:
                found.append(replace(column, type="number" if n["fraction"] else "integer"))
    return found, notes


_FIRST_LOOK = {
    "present": "{c}",
    "plain": number_of_text("{c}", "plain"),
    "fraction": "CASE WHEN regexp_matches({c}, '[.eE]') THEN 1 END",
    # DuckDB takes 1_000 for a number; here it is more likely a name.
    "joined": "CASE WHEN contains({c}, '_') THEN 1 END",
}
_SECOND_LOOK = {
    "boolean": "CASE WHEN lower({c}) IN ('true', 'false') THEN 1 END",
    "date": date_of_text("{c}").replace("{4}", "{{4}}").replace("{2}", "{{2}}"),
    "decimal comma": number_of_text("{c}", "decimal comma").replace("{1,3}", "{{1,3}}")
    .replace("{3}", "{{3}}"),
    "thousands": number_of_text("{c}", "thousands").replace("{1,3}", "{{1,3}}")
    .replace("{3}", "{{3}}"),
}  # fmt: skip


def _counts(
    connection: DuckDBPyConnection,
    relation: str,
    columns: Sequence[TableColumn],
    questions: dict[str, str],
) -> list[dict[str, int]]:
    """How many values of each column answer each question."""
    if not columns:
        return []
    asked = [f"count({q.format(c=c.sql)})" for c in columns for q in questions.values()]
    found = connection.execute(f"SELECT {', '.join(asked)} FROM {relation}").fetchone()
    assert found is not None
    n = len(questions)
    return [
        dict(zip(questions, found[i * n : i * n + n], strict=True)) for i in range(len(columns))
    ]


def _plain_number(n: dict[str, int]) -> bool:
    return n["plain"] == n["present"] > n["joined"] == 0


def _meaning(column: TableColumn, n: dict[str, int], comma: bool, notes: list[str]) -> TableColumn:
    present = n["present"]
    n["plain"] -= n["joined"]
    style = _style(n, comma)
    fits: dict[Type, int] = {"number": n[style], "boolean": n["boolean"], "date": n["date"]}
    kind = max(fits, key=lambda kind: fits[kind])
    if fits[kind] < MOSTLY * present or not present:
        if n[style]:
            notes.append(
                f"Column {column.name!r} holds numbers in {n[style]} of its {present} values, and "
                "texts otherwise: it is taken as text."
            )
        return column
    if kind == "number" and style != "plain":
        notes.append(_style_note(column, style))
    return replace(column, type=kind, style=style)


def _style(n: dict[str, int], comma: bool) -> Style:
    """The style in which most values are numbers; where two fit alike, what the file suggests."""
    styles: list[Style] = ["plain", "decimal comma", "thousands"]
    if not comma:
        styles = ["plain", "thousands", "decimal comma"]
    return max(styles, key=lambda style: n[style])


def _style_note(column: TableColumn, style: Style) -> str:
    if style == "decimal comma":
        return f"Column {column.name!r} is read as numbers with a decimal comma: 1,5 is 1.5."
    return f"Column {column.name!r} is read as numbers with thousands set apart: 1,500 is 1500."
