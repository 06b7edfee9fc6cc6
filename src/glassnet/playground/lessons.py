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


def lesson_link(name: str) -> str:
    """The part of the page's address that opens a lesson. Raises InputError for an unknown one."""
    names = [lesson["name"] for lesson in lessons()]
    if name not in names:
        raise InputError(f"There is no lesson {name!r:.80}: choose one of {', '.join(names)}.")
    return f"#lesson={name}"
