"""Tables of words in TOML files of this folder: one for each kind, with variants below it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

_LINE_BREAK = re.compile(r"\s*\n\s*")


def word_table(file: str, kind: str, variants: Iterable[str]) -> dict[str, Any]:
    """Return the table of a kind, with what the variants that it has say instead, in their order.

    Broken lines are joined by a space.
    """
    table = _tables(file)[kind]
    for variant in variants:
        table = table | table.get(variant, {})
    return {key: _joined(value) for key, value in table.items() if not isinstance(value, dict)}


@cache
def _tables(file: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(file).read_text(encoding="utf-8"))


def _joined(value: str | list[str]) -> str | list[str]:
    if isinstance(value, list):
        return [_LINE_BREAK.sub(" ", text) for text in value]
    return _LINE_BREAK.sub(" ", value)
