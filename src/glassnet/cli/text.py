"""Texts from files and tables, made safe to print."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


NEVER_WRAPS = 10_000  # columns


def printer(*, stderr: bool = False) -> Console:
    """Return stdout or stderr as rich prints to it; whoever reads a pipe wants a fact a line."""
    from rich.console import Console

    console = Console(stderr=stderr, highlight=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = NEVER_WRAPS
    return console


def print_notes(notes: Iterable[str]) -> None:
    """Print what was decided although another reading was possible, a line each."""
    for note in notes:
        print(f"glassnet: note: {printable(note)}", file=sys.stderr)


def plain(text: object) -> str:
    """A text as it is, for rich: brackets are no markup, and control characters are spelt out."""
    from rich.markup import escape

    return escape(printable(text))


def printable(text: object) -> str:
    """A text with its control characters spelt out, which could move a terminal's cursor or
    change its colours.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))
