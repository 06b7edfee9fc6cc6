"""Numbers that often stand for a missing value, such as -999, noticed by how far they lie off."""

from __future__ import annotations

from collections.abc import Iterable

from glassnet.tables.columns import converted
from glassnet.tables.table import Table

SENTINELS = frozenset(
    sign * number
    for number in (99.0, 999.0, 9999.0, 99999.0, 999999.0, 9999999.0, 999.9, 9999.9, 999.99)
    for sign in (1, -1)
) | {-9.0}


def sentinel_notes(table: Table, names: Iterable[str]) -> list[str]:
    """Return a note on each column of numbers whose least or greatest value seems to be none.

    That is one of the `SENTINELS`, there more than once, and farther from the other values than
    these are from each other.
    """
    found = table.summaries(dict.fromkeys(names, "number"))
    ends = {n: {s.least, s.greatest} & SENTINELS for n, s in found.items() if s.present}
    notes = (_note(table, name, value) for name, some in ends.items() for value in some)
    return [note for note in notes if note]


def _note(table: Table, name: str, value: float) -> str:
    column = table.column(name)
    v = converted(column, "number")
    other = f"CASE WHEN {v} <> {value!r} THEN {v} END"
    asked = [f"count(CASE WHEN {v} = {value!r} THEN 1 END)", f"count({other})"]
    asked += [f"min({other})", f"max({other})"]
    ((count, others, least, greatest),) = table.layout.aggregates([(column, asked)])
    apart = min(abs(value - least), abs(value - greatest)) if others else 0
    if count < 2 or others < 2 or apart <= greatest - least:
        return ""
    return (
        f"Column {name!r} holds {value:.12g} {count} times, far from its other values, {least:.6g} "
        f"to {greatest:.6g}: if it means that a value is missing, say --missing={value:.12g}."
    )
