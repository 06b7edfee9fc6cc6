"""JSON from anywhere, read strictly: each name once, finite numbers only, no abyss of levels."""

from __future__ import annotations

import json
from typing import Any

DEEPEST = 16  # levels of JSON within one another


def loads(text: str | bytes) -> Any:
    """The value of a JSON text. Raises ValueError for anything else, and for JSON that names
    something twice in one object, holds NaN or Infinity, or has more than DEEPEST levels.
    """
    try:
        value = json.loads(text, object_pairs_hook=_distinct, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("it has too many levels in one another") from None
    refuse_deep(value)
    return value


def refuse_deep(value: Any) -> None:
    """Raise ValueError if lists and objects lie in one another more than DEEPEST deep."""
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return
    raise ValueError(f"there are more than {DEEPEST} levels in one another")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number of JSON")
