"""How to read a table: every option, declared once.

The flags of the commands, the table [reading] of a settings file and the keyword arguments in
Python are made from the fields of `Reading`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from glassnet.errors import InputError, Name, given
from glassnet.tables.date_formats import ORDERS
from glassnet.training.declaration import setting

_CHOICES: dict[str, tuple[str, ...]] = {
    "header": ("auto", "yes", "no"),
    "decimal": (".", ","),
    "thousands": (".", ",", "'", " ", ""),
    "date_order": ORDERS,
}
COLUMN_TYPES = ("number", "category", "date", "text")
Source = Literal["text", "spreadsheet", "json", "parquet", "database", "frame"]
_SOURCES = {
    "text": "delimited text",
    "spreadsheet": "a spreadsheet",
    "json": "JSON",
    "parquet": "Parquet",
    "database": "a database",
    "frame": "in memory",
}
_APPLIES_TO: dict[str, tuple[Source, ...]] = {
    **dict.fromkeys(("header", "names", "skip"), ("text", "spreadsheet")),
    **dict.fromkeys(("delimiter", "encoding", "comment"), ("text",)),
    "sheet": ("spreadsheet",),
    "key": ("json",),
}
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "space": " ", r"\t": "\t"}
MARKS = {"point": ".", "comma": ",", "space": " ", "apostrophe": "'", "none": ""}


@dataclass(frozen=True)
class Reading:
    """How to read a table; what is left out is found out from the table itself."""

    header: str = setting(
        "Whether a line of names stands above the rows.", "auto", choices=("auto", "yes", "no")
    )
    names: tuple[str, ...] = setting("Names of the columns, with commas between them.", ())
    delimiter: str | None = setting(
        "What stands between two fields: a character, or comma, semicolon, tab, bar, space.", None
    )
    decimal: str | None = setting("Mark before the decimals.", None, choices=(".", ","))
    thousands: str | None = setting(
        "Mark between thousands: a character, or point, comma, space, apostrophe, none.", None
    )
    date_order: str | None = setting(
        "What comes first in a date such as 3/4/2020.",
        None,
        choices=("day-first", "month-first", "year-first"),
    )
    encoding: str | None = setting("Encoding of a text file, such as windows-1252.", None)
    skip: int = setting("Lines to leave out at the top of the table.", 0, minimum=0)
    comment: str | None = setting("Sign that begins a line which is no row, such as #.", None)
    missing: tuple[str, ...] | None = setting(
        "Text that means a missing value, besides the usual ones such as NA.", None
    )
    not_missing: tuple[str, ...] = setting(
        "Text that is a value, although it usually means a missing one: None, NA, -.", ()
    )
    types: tuple[tuple[str, str], ...] = setting(
        "What a column holds, such as zip=category: number, category, date or text.", ()
    )
    sheet: str | None = setting("Sheet of a spreadsheet; the first with a table.", None)
    key: str | None = setting("Key of a JSON object at which the rows stand.", None)

    def __post_init__(self) -> None:
        for name in ("names", "missing", "not_missing"):
            object.__setattr__(self, name, _texts(name, getattr(self, name)))
        for name in ("names", "not_missing"):
            object.__setattr__(self, name, getattr(self, name) or ())
        object.__setattr__(self, "types", _types(self.types))
        object.__setattr__(self, "delimiter", _named("delimiter", self.delimiter, DELIMITERS))
        for name in ("decimal", "thousands"):
            object.__setattr__(self, name, _named(name, getattr(self, name), MARKS))
        if isinstance(self.header, bool):
            object.__setattr__(self, "header", "yes" if self.header else "no")
        if isinstance(self.date_order, str):
            order = self.date_order.replace("-", " ").replace("_", " ")
            object.__setattr__(self, "date_order", order)
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value is not None and not (isinstance(value, str) and value in choices):
                listed = ", ".join(choice or "none" for choice in choices)
                raise InputError(Name(name), f" must be one of {listed}, not {given(value)}.")
        self._check()

    def _check(self) -> None:
        if type(self.skip) is not int or self.skip < 0:
            raise InputError(
                Name("skip"), f" must be a whole number of lines, not {self.skip!r:.80}."
            )
        for name in ("encoding", "comment", "sheet", "key"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, str) or not value):
                raise InputError(Name(name), f" must be a text, not {value!r:.80}.")
        if self.delimiter is not None and len(self.delimiter) != 1:
            raise InputError(
                Name("delimiter"),
                f" must be one character, or one of {', '.join(DELIMITERS)}, "
                f"not {self.delimiter!r:.80}.",
            )
        if self.decimal is not None and self.decimal == self.thousands:
            raise InputError(
                Name("decimal"),
                " and ",
                Name("thousands"),
                f" cannot both be {self.decimal!r:.80}: choose two marks.",
            )
        if len(set(self.names)) < len(self.names):
            raise InputError(
                Name("names"), " holds a name twice: give each column a name of its own."
            )
        if self.encoding is not None:
            try:
                "".encode(self.encoding)
            except LookupError:
                raise InputError(
                    Name("encoding"),
                    f" {self.encoding!r:.80} is unknown: give one such as utf-8, "
                    "windows-1252 or latin-1.",
                ) from None

    @classmethod
    def of(cls, options: Mapping[str, Any] | Reading) -> Reading:
        """Return the options by name as a reading. Raises InputError for one that is none."""
        known = [option.name for option in fields(cls)]
        if isinstance(options, Reading):
            return options
        for name in options:
            if name not in known:
                raise InputError(
                    f"A table has no option {name!r:.80} of how to read it: choose from "
                    f"{', '.join(known)}."
                )
        return cls(**options)

    def check_applies(self, name: str, source: Source) -> None:
        """Raise InputError for an option that says nothing about such a source, the named one."""
        for option in self.given:
            fitting = _APPLIES_TO.get(option, (source,))
            if source not in fitting:
                whose = " or ".join(_SOURCES[one] for one in fitting)
                raise InputError(
                    Name(option), f" says how to read {whose}, and {name} is {_SOURCES[source]}: "
                    "leave it out.",
                )  # fmt: skip

    @property
    def given(self) -> dict[str, Any]:
        """The options that are not left out, as JSON values."""
        return {
            option.name: dict(value) if option.name == "types" else value
            for option in fields(self)
            if (value := getattr(self, option.name)) != option.default
        }

    def type_of(self, name: str) -> str | None:
        """Return what was said that a column holds."""
        return dict(self.types).get(name)


OPTIONS = tuple(option.name for option in fields(Reading))


def _texts(name: str, value: Any) -> tuple[str, ...] | None:
    if value is None or isinstance(value, str):
        return None if value is None else (value,)
    try:
        texts = tuple(value)
    except TypeError:
        texts = (value,)
    for text in texts:
        if isinstance(text, bool) or not isinstance(text, str | int | float):
            raise InputError(Name(name), f" takes texts, not {text!r:.60}.")
    return tuple(str(text) for text in texts)


def _types(value: Any) -> tuple[tuple[str, str], ...]:
    """Types as a mapping, as pairs, or as texts such as zip=category."""
    items = list(value.items()) if isinstance(value, Mapping) else value
    items = [items] if isinstance(items, str) else items
    try:
        pairs = [p.rsplit("=", 1) if isinstance(p, str) else list(p) for p in items]
    except TypeError:
        pairs = [[]]
    for pair in pairs:
        if (
            len(pair) != 2
            or not all(isinstance(part, str) for part in pair)
            or pair[1] not in COLUMN_TYPES
        ):
            raise InputError(
                Name("types"),
                " takes a column and what it holds, such as zip=category: one of "
                f"{', '.join(COLUMN_TYPES)}, not {'='.join(map(str, pair))!r:.80}.",
            )
    return tuple((name, kind) for name, kind in pairs)


def _named(name: str, value: Any, names: Mapping[str, str]) -> str | None:
    if value is not None and not isinstance(value, str):
        raise InputError(Name(name), f" must be a text, not {value!r:.80}.")
    return None if value is None else names.get(value, value)
