"""How the texts of a table were read, kept with the model that learned from it.

Later tables are read alike: 1.250 is the same number, and 3/4/2020 the same day, whenever a model
meets it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from glassnet.errors import InputError
from glassnet.tables.date_formats import DateFormat
from glassnet.tables.number_formats import NumberFormat

Format = NumberFormat | DateFormat
_FIELDS = {"decimal", "date_order", "missing", "not_missing", "formats"}


@dataclass(frozen=True)
class Conventions:
    """The decimal mark and the order of dates of a table, None where nothing showed them.

    `missing` and `not_missing` are as the user gave them, `formats` by the names of columns.
    """

    decimal: str | None = None
    date_order: str | None = None
    missing: tuple[str, ...] | None = None
    not_missing: tuple[str, ...] = ()
    formats: Mapping[str, Format] = field(default_factory=dict)

    def of(self, columns: Sequence[str]) -> dict[str, Any] | None:
        """Return what matters for these columns, as JSON values; None if nothing does."""
        formats = {name: found for name, found in self.formats.items() if name in columns}
        some = replace(self, formats=formats)
        return None if some == Conventions() else some.to_json()

    def to_json(self) -> dict[str, Any]:
        """Return the conventions as JSON values."""
        return {
            "decimal": self.decimal,
            "date_order": self.date_order,
            "missing": None if self.missing is None else list(self.missing),
            "not_missing": list(self.not_missing),
            "formats": {
                name: {_kind_of(found): found.to_json()} for name, found in self.formats.items()
            },
        }

    @classmethod
    def from_json(cls, data: Any) -> Conventions:
        """Return the conventions that `to_json` described.

        Raises InputError for anything else.
        """
        if not isinstance(data, dict) or set(data) != _FIELDS:
            raise _fault()
        if data["decimal"] not in (None, ".", ",") or data["date_order"] not in (
            None,
            "day first",
            "month first",
            "year first",
        ):
            raise _fault()
        texts = [data["missing"], data["not_missing"]]
        if any(not isinstance(t, list) for t in texts[data["missing"] is None :]):
            raise _fault()
        if not all(isinstance(text, str) for some in texts for text in some or ()):
            raise _fault()
        if not isinstance(data["formats"], dict):
            raise _fault()
        return cls(
            data["decimal"],
            data["date_order"],
            None if data["missing"] is None else tuple(data["missing"]),
            tuple(data["not_missing"]),
            {str(name): _read_format(found) for name, found in data["formats"].items()},
        )


def _kind_of(found: Format) -> str:
    return "number" if isinstance(found, NumberFormat) else "date"


def _read_format(data: Any) -> Format:
    if not isinstance(data, dict) or len(data) != 1:
        raise _fault()
    ((kind, described),) = data.items()
    if kind == "number":
        return NumberFormat.from_json(described)
    if kind == "date":
        return DateFormat.from_json(described)
    raise _fault()


def _fault() -> InputError:
    return InputError("The model does not say rightly how its table was read: train it again.")
