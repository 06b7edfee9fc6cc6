"""The lessons of the page, as lessons.json holds them."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from glassnet.errors import InputError


def lessons() -> list[dict[str, Any]]:
    """Every lesson with its steps, in the order in which the page lists them."""
    folder = resources.files("glassnet.playground") / "static"
    return json.loads((folder / "lessons.json").read_text(encoding="utf-8"))


def lesson_named(name: str) -> dict[str, Any]:
    """One of them. Raises InputError for an unknown one."""
    found = {lesson["name"]: lesson for lesson in lessons()}
    if name not in found:
        raise InputError(f"There is no lesson {name!r:.80}: choose one of {', '.join(found)}.")
    return found[name]


def lesson_link(name: str) -> str:
    """The part of the page's address that opens a lesson. Raises InputError for an unknown one."""
    return f"#lesson={lesson_named(name)['name']}"
