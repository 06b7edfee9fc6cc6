"""A column of a table: its name, its type, and the SQL that its values are read by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from glassnet.tables.date_formats import MICROSECONDS_A_DAY, DateFormat
from glassnet.tables.number_formats import PLAIN, NumberFormat

Type = Literal["integer", "number", "boolean", "date", "text", "other"]
Kind = Literal["number", "boolean", "category", "date"]

_NAN = "CAST('nan' AS DOUBLE)"


@dataclass(frozen=True)
class TableColumn:
    """A column: its name, its type, and how its numbers or dates are written where it is text.

    `sql` is the column in DuckDB, without what means a missing value, and `is_text` whether its
    values are texts there; `named` is False where the file gives no name. `asked` is the type
    that the user said it has, `why` how the type was decided, and
    `gone` the texts that were read as missing. `categorical` is True where the
    source says that the values, of whatever type, are categories; `holds` names values of the
    type "other".
    """

    name: str
    type: Type
    sql: str = field(repr=False)
    is_text: bool = field(repr=False)
    format: NumberFormat | DateFormat = PLAIN
    named: bool = True
    categorical: bool = False
    holds: str = ""
    asked: str | None = None
    why: str = ""
    gone: tuple[str, ...] = ()

    @property
    def number_format(self) -> NumberFormat:
        """How its texts write numbers."""
        return self.format if isinstance(self.format, NumberFormat) else PLAIN

    @property
    def date_format(self) -> DateFormat:
        """How its texts write dates."""
        return self.format if isinstance(self.format, DateFormat) else DateFormat()


def converted(column: TableColumn, kind: Kind) -> str:
    """SQL of the column's values as that kind: NULL where missing or impossible."""
    c = column.sql
    if kind == "category":
        return _as_text(column)
    if kind == "number":
        if column.is_text:
            return column.number_format.sql(c)
        value = f"CAST({c} AS DOUBLE)"
        return value if column.type == "integer" else f"nullif({value}, {_NAN})"  # NaN is missing
    if kind == "boolean":
        text = f"lower(CAST({c} AS VARCHAR))"
        return (
            f"CASE WHEN {text} IN ('true', '1', '1.0') THEN 1.0::DOUBLE "
            f"WHEN {text} IN ('false', '0', '0.0') THEN 0.0::DOUBLE END"
        )
    if column.is_text:
        return column.date_format.sql(c)
    return f"(epoch_us(CAST({c} AS TIMESTAMP)) / {MICROSECONDS_A_DAY}.0::DOUBLE)"


def wrong(column: TableColumn, kind: Kind) -> str:
    """SQL that is true where there is a value, but none of that kind, or an infinite one."""
    value = converted(column, kind)
    if kind == "category":
        return "false"
    if kind == "number":
        lost = f"{column.sql} IS NOT NULL AND {value} IS NULL" if column.is_text else "false"
        return f"({lost}) OR coalesce(isinf({value}), false)"
    return f"{column.sql} IS NOT NULL AND {value} IS NULL"


def _as_text(column: TableColumn) -> str:
    c = column.sql
    if column.is_text or column.type != "number":
        return f"CAST({c} AS VARCHAR)"
    # 1.0 is the category '1', as it is where the same column holds whole numbers.
    whole = f"{c} = trunc({c}) AND abs({c}) < 1e15"
    text = f"CASE WHEN {whole} THEN CAST(CAST({c} AS BIGINT) AS VARCHAR) ELSE CAST({c} AS VARCHAR)"
    return f"CASE WHEN NOT isnan(CAST({c} AS DOUBLE)) THEN {text} END END"
