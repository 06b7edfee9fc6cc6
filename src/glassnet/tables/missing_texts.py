"""Texts that stand for a missing value, as programs and people write them."""

from __future__ import annotations

from dataclasses import dataclass

from glassnet.tables.number_formats import PLAIN

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


@dataclass(frozen=True)
class MissingTexts:
    """The texts that always mean a missing value, and those that do among numbers."""

    always: tuple[str, ...]
    among_numbers: tuple[str, ...]

    @classmethod
    def of(
        cls, missing: tuple[str, ...] | None, kept: tuple[str, ...], *, typed: bool
    ) -> MissingTexts:
        """Return the texts that mean missing in a table.

        `missing` is what the user says means missing: nothing at all where it is empty, and the
        usual where it is None; `kept` is what does not. A `typed` source has missing values of
        its own, so that a text there is meant as one.
        """
        if missing == ():
            return cls((), ())
        usual, others = ((), ALWAYS + AMONG_NUMBERS) if typed else (ALWAYS, AMONG_NUMBERS)
        always = tuple(text for text in (*(missing or ()), *usual) if text not in kept)
        return cls(always, tuple(t for t in others if t not in kept and t not in always))

    @property
    def every(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.always, *self.among_numbers)

    @property
    def has_numbers(self) -> bool:
        """Whether one of them, such as -999, is a number."""
        return any(PLAIN.parse(text) is not None for text in self.always)
