"""Rows at the end of a table that are none: sums of the others, and remarks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from glassnet.tables.staging import TABLE, row_count

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TOTAL = re.compile(
    r"(grand |sub)?totals?:?|sums?:?|summe:?|gesamt(summe)?:?|insgesamt:?|somme:?|totale:?|suma:?",
    re.IGNORECASE,
)
_REMARK = re.compile(
    r"(sources?|notes?|footnotes?|quellen?|hinweise?|anmerkung(en)?|remarques?|fuentes?)\b.*|[*\u00b9]\D.*",
    re.IGNORECASE | re.DOTALL,
)


def without_last_rows(connection: DuckDBPyConnection) -> list[str]:
    """Leave out last rows that are remarks, or sum up the others; return notes on them."""
    notes: list[str] = []
    while (last := row_count(connection) - 1) > 0:
        row = connection.execute(f"SELECT * FROM {TABLE} WHERE rowid = {last}").fetchone() or ()
        first, *others = [value for value in row if value is not None] or [""]
        if not isinstance(first, str):
            break
        if len(row) > 1 and not others and _REMARK.fullmatch(first):
            notes.append(f"The last row, {first!r:.60}, is a remark: it is left out.")
        elif others and _TOTAL.fullmatch(first):
            notes.append(
                f"The last row begins with {first!r}, like a sum of the others: it is left out."
            )
        else:
            break
        connection.execute(f"DELETE FROM {TABLE} WHERE rowid = {last}")
    return notes
