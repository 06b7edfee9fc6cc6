"""The options of how to read a table, which every command that opens one has."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import Any

from glassnet.cli.options import with_options
from glassnet.errors import InputError, Name
from glassnet.tables.reading import Reading
from glassnet.training.declaration import declared

with_reading = with_options(declared(Reading).values(), group="How to read the table")


def reading_of(given: Mapping[str, Any]) -> Reading:
    """Return the options that a command was given as a reading."""
    options = {name: value for name, value in given.items() if value is not None}
    names = options.get("names", ())
    if len(names) == 1:
        options["names"] = next(csv.reader(names, skipinitialspace=True))
    return Reading.of(options)


def refuse_reading(given: Mapping[str, Any], what: str) -> None:
    """Raise InputError for an option of how to read a table, where there is none to be read."""
    for name in reading_of(given).given:
        raise InputError(
            Name(name), f" says how to read a table, and {what} is none: leave it out."
        )
