"""Whether the day or the month comes first in the dates of a table, as its columns show it."""

from __future__ import annotations

from collections.abc import Sequence

from glassnet.errors import InputError
from glassnet.tables.column_counts import ORDERED, ColumnCounts
from glassnet.tables.layouts import Layout
from glassnet.tables.reading import Reading

Decision = tuple[str | None, list[str]]


def date_order(
    layout: Layout, counts: Sequence[ColumnCounts], reading: Reading, learned: str | None
) -> Decision:
    """Return the order, None where nothing shows it, and notes on it.

    `learned` is that of the table that a model was trained on. Raises InputError for an order
    that contradicts the table, and where columns of a later table leave it open.
    """
    ordered = [c for c in counts if c.date in ORDERED]
    shown = {c.date.order: c for c in ordered if c.date and c.is_clear_date}
    asked = reading.date_order
    if asked is not None:
        if ordered and shown and asked not in shown:
            raise _contradiction(layout, *next(iter(shown.items())), asked)
        unused = ["No column holds dates in which the day or the month could come first."]
        return asked, [] if ordered else unused
    if learned is None or learned in shown or not shown:
        return (learned or (next(iter(shown)) if len(shown) == 1 else None)), []
    order = next(iter(shown))
    open_one = next((c for c in ordered if not c.is_clear_date), None)
    if open_one is not None:
        raise InputError(
            f"{layout.source}: the model was trained on dates with the {learned}, and this table "
            f"has some with the {order}, so that those of column {open_one.column.name!r:.80} "
            "could be either: say which by --date-order."
        )
    return order, [
        f"This table writes dates with the {order}, otherwise than the one the model was trained "
        f"on, with the {learned}: it is read so."
    ]


def _contradiction(layout: Layout, order: str, count: ColumnCounts, asked: str) -> InputError:
    format = next(f for f in ORDERED if f.order == asked) if asked != "year first" else None
    sql = count.bare.sql
    lacking = "true" if format is None else f"{format.sql(sql)} IS NULL"
    found = layout.first(count.bare, f"{sql} IS NOT NULL AND {lacking}")
    example = "" if found is None else f", such as {found[1]!r:.80}"
    return InputError(
        f"{layout.source}: column {count.column.name!r:.80} holds dates with the {order}{example}, "
        f"not with the {asked}, which was asked for: say --date-order {order.replace(' ', '-')}."
    )
