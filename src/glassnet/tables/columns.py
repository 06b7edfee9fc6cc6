"""A column of a table: its name, its type, and the SQL that its values are read by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Type = Literal["integer", "number", "boolean", "date", "text", "other"]
Kind = Literal["number", "boolean", "category", "date"]
NumberStyle = Literal["plain", "decimal comma", "thousands"]
DateStyle = Literal["plain", "day first", "month first"]
Style = NumberStyle | DateStyle

MICROSECONDS_A_DAY = 86_400_000_000
# A number with decimal comma, thousands apart by points if at all; and with thousands by commas.
COMMA = r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?([eE][+-]?\d+)?"
THOUSANDS = r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d*)?([eE][+-]?\d+)?"
# 2026-01-31; 31.1.2026; 31/1/2026 or 1/31/2026, which of them only the whole column can tell.
ISO_DATE = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?"
POINTED_DATE = r"(\d{1,2})\.(\d{1,2})\.(\d{4})([T ]\d{1,2}:\d{2}.*)?"
SLASHED_DATE = POINTED_DATE.replace(r"\.", "/")
_NAN = "CAST('nan' AS DOUBLE)"


@dataclass(frozen=True)
class TableColumn:
    """A column: its name, its type, and how its numbers or dates are written where it is text.

    `sql` is the column in DuckDB and `is_text` whether its values are texts there; `named` is
    False where the file gives no name. `categorical` is True where the source says that the
    values, of whatever type, are categories; `holds` names values of the type "other".
    """

    name: str
    type: Type
    sql: str = field(repr=False)
    is_text: bool = field(repr=False)
    style: Style = "plain"
    named: bool = True
    categorical: bool = False
    holds: str = ""


def converted(column: TableColumn, kind: Kind) -> str:
    """SQL of the column's values as that kind: NULL where missing or impossible."""
    c = column.sql
    if kind == "category":
        return _as_text(column)
    if kind == "number":
        if column.is_text:
            return number_of_text(c, column.style)
        value = f"CAST({c} AS DOUBLE)"
        return value if column.type == "integer" else f"nullif({value}, {_NAN})"  # NaN is missing
    if kind == "boolean":
        text = f"lower(CAST({c} AS VARCHAR))"
        return (
            f"CASE WHEN {text} IN ('true', '1', '1.0') THEN 1.0::DOUBLE "
            f"WHEN {text} IN ('false', '0', '0.0') THEN 0.0::DOUBLE END"
        )
    timestamp = date_of_text(c, column.style) if column.is_text else f"CAST({c} AS TIMESTAMP)"
    return f"(epoch_us({timestamp}) / {MICROSECONDS_A_DAY}.0::DOUBLE)"


def wrong(column: TableColumn, kind: Kind) -> str:
    """SQL that is true where there is a value, but none of that kind, or an infinite one."""
    value = converted(column, kind)
    if kind == "category":
        return "false"
    if kind == "number":
        lost = f"{column.sql} IS NOT NULL AND {value} IS NULL" if column.is_text else "false"
        return f"({lost}) OR coalesce(isinf({value}), false)"
    return f"{column.sql} IS NOT NULL AND {value} IS NULL"


def number_of_text(c: str, style: Style) -> str:
    """SQL of the number that a text writes in that style, NULL if it writes none."""
    if style == "decimal comma":
        digits = f"replace(replace({c}, '.', ''), ',', '.')"
        return f"CASE WHEN regexp_full_match({c}, '{COMMA}') THEN try_cast({digits} AS DOUBLE) END"
    if style == "thousands":
        digits = f"replace({c}, ',', '')"
        matches = f"regexp_full_match({c}, '{THOUSANDS}')"
        return f"CASE WHEN {matches} THEN try_cast({digits} AS DOUBLE) END"
    # DuckDB takes 1_000 for a number, where it is more likely a name, and -nan too.
    return f"CASE WHEN NOT contains({c}, '_') THEN nullif(try_cast({c} AS DOUBLE), {_NAN}) END"


def date_of_text(c: str, style: Style = "plain") -> str:
    """SQL of the timestamp that a text writes: 2026-01-31, 2026-01-31T12:00, 31.1.2026.

    In the styles with day or month first: 31/1/2026, or 1/31/2026. NULL if it writes none.
    """
    c = f"CAST({c} AS VARCHAR)"
    if style in ("day first", "month first"):
        order = r"\3-\2-\1\4" if style == "day first" else r"\3-\1-\2\4"
        return (
            f"CASE WHEN {_written(c, SLASHED_DATE)} THEN {_reordered(c, SLASHED_DATE, order)} END"
        )
    pointed = _reordered(c, POINTED_DATE, r"\3-\2-\1\4")
    return (
        f"CASE WHEN {_written(c, ISO_DATE)} THEN try_cast({c} AS TIMESTAMP) "
        f"WHEN {_written(c, POINTED_DATE)} THEN {pointed} END"
    )


def _written(c: str, pattern: str) -> str:
    return f"regexp_full_match({c}, '{pattern}')"


def _reordered(c: str, pattern: str, order: str) -> str:
    return f"try_cast(regexp_replace({c}, '{pattern}', '{order}') AS TIMESTAMP)"


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def _as_text(column: TableColumn) -> str:
    c = column.sql
    if column.is_text or column.type != "number":
        return f"CAST({c} AS VARCHAR)"
    # 1.0 is the category '1', as it is where the same column holds whole numbers.
    whole = f"{c} = trunc({c}) AND abs({c}) < 1e15"
    text = f"CASE WHEN {whole} THEN CAST(CAST({c} AS BIGINT) AS VARCHAR) ELSE CAST({c} AS VARCHAR)"
    return f"CASE WHEN NOT isnan(CAST({c} AS DOUBLE)) THEN {text} END END"
