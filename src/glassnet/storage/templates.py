"""Templates of documents and sources, as Jinja2 fills them in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment as Environment  # noqa: PLC0414  for those who add filters

ESCAPED = (".html.j2", ".svg.j2")


def templates(*folders: Path) -> Environment:
    """Return the templates of some folders, the first before the next.

    What is put into HTML and SVG is escaped; a name that is not given is an error.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(folders),
        autoescape=lambda name: name is not None and name.endswith(ESCAPED),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
