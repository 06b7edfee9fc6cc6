"""Texts that stand for a missing value, as programs and people write them."""

from __future__ import annotations

# Missing wherever they stand; and those that could be a category, missing among numbers and dates.
ALWAYS = (
    *("NA", "N/A", "n/a", "NaN", "nan", "Nan", "NAN", "NULL", "null", "Null"),
    *("None", "?", "<NA>", "#N/A", "#NA", r"\N", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?"),
    *("#NUM!", "#NULL!", "1.#QNAN", "-1.#IND", "1.#IND"),
)
AMONG_NUMBERS = (
    *("na", "none", "NONE", "nil", "n.a.", "N.A.", "n.d.", "N/D", "nd", "ND", "-", "--", "---"),
    *("\u2013", "\u2014", ".", "..", "...", "*", "missing", "Missing", "MISSING"),
    *("unknown", "Unknown", "UNKNOWN", "0000-00-00", "0000-00-00 00:00:00", "00/00/0000"),
)


def missing_texts(
    missing: tuple[str, ...] | None, kept: tuple[str, ...], *, typed: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the texts that always mean a missing value, and those that do among numbers.

    `missing` is what the user says means missing: nothing at all where it is empty, and the usual
    where it is None; `kept` is what does not. A `typed` source has missing
    values of its own, so that a text there is meant as one.
    """
    if missing == ():
        return (), ()
    usual, others = ((), ALWAYS + AMONG_NUMBERS) if typed else (ALWAYS, AMONG_NUMBERS)
    always = [text for text in (*(missing or ()), *usual) if text not in kept]
    return tuple(always), tuple(t for t in others if t not in kept and t not in always)
