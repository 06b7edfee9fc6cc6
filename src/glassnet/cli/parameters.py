"""Kinds of options that several commands have."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import CycloptsError, Parameter, Token


def _whole_number(_: type[int], tokens: Sequence[Token]) -> int:
    """Convert strictly: cyclopts would round 1.5."""
    (token,) = tokens
    if not re.fullmatch(r"[+-]?[0-9]+", token.value):
        raise ValueError(f"{token.value!r} is not a whole number")
    return int(token.value)


def _table(_: type[str], tokens: Sequence[Token]) -> str:
    """Let - through, standard input, and no other word that looks like an option."""
    (token,) = tokens
    if token.value.startswith("-") and token.value != "-":
        raise CycloptsError(msg=f"Unknown option: {token.value}.")
    return token.value


def _texts(_: type[list[str]], tokens: Sequence[Token]) -> list[str]:
    """Let texts such as - and -999 through, and no option that stands where one is missing."""
    for token in tokens:
        if re.match("--?[A-Za-z]", token.value):
            raise CycloptsError(msg=f"A text is needed in front of {token.value}.")
    return [token.value for token in tokens]


TableName = Annotated[str, Parameter(converter=_table, allow_leading_hyphen=True)]
WholeNumber = Annotated[int, Parameter(converter=_whole_number)]
Switch = Annotated[bool, Parameter(negative="", show_default=False)]
# An option that may be given several times; a comma may be part of a column's name.
Names = Annotated[list[str] | None, Parameter(negative="")]
# The same for texts of a table, of which one may be a hyphen.
Texts = Annotated[
    list[str] | None, Parameter(negative="", allow_leading_hyphen=True, converter=_texts)
]


def folder_for(data: str, what: str) -> Path:
    """Return the folder for results, named after the table: houses-run."""
    name = Path(data).name.split(".")[0].strip("*? ")
    return Path(f"{name if name.strip('-') else 'table'}-{what}")
