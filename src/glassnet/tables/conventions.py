"""How a table was read, kept with the model that learned from it.

Later tables are read alike: 1.250 is the same number, and 3/4/2020 the same day, whenever a model
meets it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from glassnet.errors import InputError
from glassnet.tables.date_formats import DateFormat
from glassnet.tables.number_formats import NumberFormat
from glassnet.tables.reading import Reading

Format = NumberFormat | DateFormat
_FORMATS: Mapping[str, type[NumberFormat] | type[DateFormat]] = {
    "number": NumberFormat,
    "date": DateFormat,
}


@dataclass(frozen=True)
class Conventions:
    """What was found out of a table as options of how to read it, and the formats of its columns.

    Of the options `missing` and `not_missing` are as the user gave them; those that nothing
    showed, and those that say what another file may do otherwise, such as skip, are left out.
    """

    reading: Reading = field(default_factory=Reading)
    formats: Mapping[str, Format] = field(default_factory=dict)

    def of(self, columns: Sequence[str]) -> dict[str, Any] | None:
        """Return what matters for these columns, as JSON values; None if nothing does."""
        formats = {name: found for name, found in self.formats.items() if name in columns}
        some = Conventions(self.reading, formats)
        return None if some == Conventions() else some.to_json()

    def to_json(self) -> dict[str, Any]:
        """Return the conventions as JSON values."""
        options = {k: list(v) if isinstance(v, tuple) else v for k, v in self.reading.given.items()}
        formats = {n: {_kind_of(found): found.to_json()} for n, found in self.formats.items()}
        return {**options, "formats": formats}

    @classmethod
    def from_json(cls, data: Any) -> Conventions:
        """Return the conventions that `to_json` described.

        Raises InputError for anything else.
        """
        if not isinstance(data, dict) or not isinstance(data.get("formats"), dict):
            raise _fault()
        options = {k: v for k, v in data.items() if k != "formats" and v is not None}
        formats = {str(name): _read_format(found) for name, found in data["formats"].items()}
        return cls(Reading.of(options), formats)


def _kind_of(found: Format) -> str:
    return next(kind for kind, known in _FORMATS.items() if type(found) is known)


def _read_format(data: Any) -> Format:
    if isinstance(data, dict) and len(data) == 1:
        ((kind, described),) = data.items()
        if kind in _FORMATS:
            return _FORMATS[kind].from_json(described)
    raise _fault()


def _fault() -> InputError:
    return InputError("The model does not say rightly how its table was read: train it again.")
