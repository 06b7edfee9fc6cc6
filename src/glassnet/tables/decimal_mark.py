"""The decimal mark of a table: one for all its numbers, as its columns together show it."""

from __future__ import annotations

from collections.abc import Sequence

from glassnet.errors import InputError
from glassnet.tables.column_counts import ColumnCounts
from glassnet.tables.layouts import Layout
from glassnet.tables.number_formats import COMMA, POINT
from glassnet.tables.reading import Reading

FEWEST_THOUSANDS = 3  # numbers with and without a mark that show what the mark is
SAY_WHICH = "say which by --decimal . or --decimal , (in Python decimal='.')"
NAMES = {".": "point", ",": "comma"}
OTHER = {".": ",", ",": "."}
Decision = tuple[str | None, list[str]]


def decimal_mark(
    layout: Layout,
    counts: Sequence[ColumnCounts],
    reading: Reading,
    learned: str | None,
    delimiter: str | None,
) -> Decision:
    """Return the decimal mark, None where no number needs one, and notes on it.

    Parameters
    ----------
    layout, counts
        The rows, and what each column of texts shows.
    reading
        What the user said.
    learned
        The mark of the table that a model was trained on.
    delimiter
        What separates the fields of a text file.

    Raises
    ------
    InputError
        Where two readings fit and nothing decides, and for a mark that contradicts the table.
    """
    shown = [c.shown for c in counts]
    asked = reading.decimal or OTHER.get(reading.thousands or "")
    if asked is not None:
        if asked not in shown and OTHER[asked] in shown:
            raise _contradiction(layout, counts[shown.index(OTHER[asked])], asked)
        return asked, []
    if learned is not None:
        return _as_learned(layout, counts, learned)
    point, comma = shown.count("."), shown.count(",")
    if point or comma:
        likely = "." if delimiter == "," else ","
        return likely if point == comma else "." if point > comma else ",", []
    open_ones = [c for c in counts if c.differ]
    return _of_thousands(layout, open_ones, delimiter) if open_ones else (None, [])


def _contradiction(layout: Layout, count: ColumnCounts, asked: str) -> InputError:
    format = {".": POINT, ",": COMMA}[asked]
    sql = count.bare.sql
    found = layout.first(count.bare, f"{sql} IS NOT NULL AND {format.sql(sql)} IS NULL")
    example = "" if found is None else f", such as {found[1]!r:.80}"
    return InputError(
        f"{layout.source}: column {count.column.name!r:.80} holds numbers with a decimal "
        f"{NAMES[OTHER[asked]]}{example}, and no other has a decimal {NAMES[asked]}, which "
        f"was asked for: say --decimal {OTHER[asked]} or leave it out."
    )


def _as_learned(layout: Layout, counts: Sequence[ColumnCounts], learned: str) -> Decision:
    """The decimal mark of the model's table, or another that this one shows beyond doubt."""
    other, shown = OTHER[learned], [c.shown for c in counts]
    if other not in shown or learned in shown:
        return learned, []
    doubtful = next((c for c in counts if c.differ and c.shown is None), None)
    if doubtful is not None:
        raise InputError(
            f"{layout.source}: the model was trained on numbers with a decimal {NAMES[learned]}, "
            f"and this table has some with a decimal {NAMES[other]}, so that "
            f"{_example(layout, doubtful)} in column {doubtful.column.name!r:.80} could be "
            f"either: {SAY_WHICH}."
        )
    return other, [
        f"This table writes numbers with a decimal {NAMES[other]}, otherwise than the one "
        f"the model was trained on, with a decimal {NAMES[learned]}: it is read so."
    ]


def _of_thousands(
    layout: Layout, counts: Sequence[ColumnCounts], delimiter: str | None
) -> Decision:
    """The decimal mark where every number with a mark has three digits behind it."""
    for count in counts:
        mark = _mark_between_thousands(layout, count)
        if mark is not None:
            return _noted(layout, count, OTHER[mark])
    count = counts[0]
    text = _example(layout, count)
    mark = "." if "." in text else ","
    if delimiter in (",", None) or (delimiter == "\t" and mark == "."):
        return _noted(layout, count, ".")
    if delimiter == ";" and mark == ",":
        return _noted(layout, count, ",")
    point, comma = count.read_both(text)
    raise InputError(
        f"{layout.source}: {text} in column {count.column.name!r:.80} could be {point} or "
        f"{comma}, and no other number shows the decimal mark: {SAY_WHICH}."
    )


def _mark_between_thousands(layout: Layout, count: ColumnCounts) -> str | None:
    """The mark where numbers with it and whole ones below 1000 without it stand together."""
    if min(count.both - count.differ, count.differ) < FEWEST_THOUSANDS:
        return None
    point, comma = count.sql_of_both
    large = f"CASE WHEN {point} = {comma} AND abs({point}) >= 1000 THEN 1 END"
    ((n_large,),) = layout.aggregates([(count.bare, [f"count({large})"])])
    return None if n_large else "." if "." in _example(layout, count) else ","


def _noted(layout: Layout, count: ColumnCounts, decimal: str) -> Decision:
    """The decimal mark, with a note that the other was possible."""
    text = _example(layout, count)
    point, comma = count.read_both(text)
    chosen, other = (comma, point) if decimal == "," else (point, comma)
    grouped = ("." in text) == (decimal == ",")
    mark = "thousands set apart" if grouped else f"a decimal {NAMES[decimal]}"
    return decimal, [
        f"Column {count.column.name!r} is read as numbers with {mark}: {text} is {chosen}, "
        f"where {other} was possible (--decimal {OTHER[decimal]} reads it so)."
    ]


def _example(layout: Layout, count: ColumnCounts) -> str:
    """A text that is another number with the other decimal mark."""
    point, comma = count.sql_of_both
    found = layout.first(count.bare, f"{point} <> {comma}")
    assert found is not None
    return str(found[1])
