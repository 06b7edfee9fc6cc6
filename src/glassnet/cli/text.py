"""Texts from files and tables, made safe to print."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


NEVER_WRAPS = 10_000  # columns


def printer(*, stderr: bool = False) -> Console:
    """Return stdout or stderr as rich prints to it; whoever reads a pipe wants a fact a line."""
    from rich.console import Console

    console = Console(stderr=stderr, highlight=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = NEVER_WRAPS
    return console


def columns(left: Iterable[str], right: Iterable[str] = (), *, padding: int = 2) -> Table:
    """Return a table without lines: columns of texts, and beside them columns of numbers."""
    from rich.table import Table

    table = Table(box=None, padding=(0, padding), pad_edge=False)
    for heading in left:
        table.add_column(heading)
    for heading in right:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


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
