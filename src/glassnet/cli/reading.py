"""The options of how to read a table, which every command that opens one has."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import Any

from glassnet.cli.options import with_options
from glassnet.tables.reading import OPTIONS, Reading
from glassnet.training.declaration import declared

with_reading = with_options(declared(Reading).values(), group="How to read the table")


def apart(given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the other options that a command was given, and those of how to read the table."""
    reading = {name: value for name, value in given.items() if name in OPTIONS}
    return {name: value for name, value in given.items() if name not in reading}, reading


def reading_of(given: Mapping[str, Any]) -> Reading:
    """Return the options that a command was given as a reading."""
    options = {name: value for name, value in given.items() if value is not None}
    names = options.get("names", ())
    if len(names) == 1:
        options["names"] = next(csv.reader(names, skipinitialspace=True))
    return Reading.of(options)
