"""The command `glassnet play`."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glassnet.cli import DONE
from glassnet.cli.parameters import Switch, WholeNumber
from glassnet.cli.reading import reading_of, with_reading
from glassnet.errors import InputError

if TYPE_CHECKING:  # what follows is imported when the command runs, so that --help is quick
    from glassnet.playground.hosts.server import Page


@with_reading
def play(
    what: str = "rings",
    *,
    target: str | None = None,
    lesson: str | None = None,
    public: str | None = None,
    port: WholeNumber | None = None,
    no_open: Switch = False,
    config: Path | None = None,
    debug: Switch = False,
    **reading: Any,
) -> int:
    """Open the page on which a network can be watched and touched while it learns.

    Parameters
    ----------
    what
        Name of a data set, table (.csv .tsv .parquet .json .duckdb), or folder of a run.
    target
        Column of the table to learn; left out, it is guessed.
    lesson
        Lesson to begin with, such as tutorial or dead-relus.
    public
        Address of a page of glassnet publish: links that are copied lead there, for everybody.
    port
        Port of the server on this machine; 8620 if it is free, else any.
    no_open
        Print the address, but do not open the browser.
    config
        TOML file with these settings in a table [play].
    debug
        Show the traceback of an error.
    """
    from glassnet.playground.from_argument import initial_state_of
    from glassnet.playground.hosts.server import Page, listen, serve
    from glassnet.playground.lessons import lesson_link

    opening = initial_state_of(what, target, reading_of(reading))
    link = "" if lesson is None else lesson_link(lesson)
    with listen(port) as listening:
        page = Page(opening, port=listening.getsockname()[1], public=_checked(public))
        try:
            serve(page, lambda: _announce(page, link, not no_open), listening)
        except KeyboardInterrupt:
            print("glassnet: the page is closed", file=sys.stderr)
    return DONE


def _checked(public: str | None) -> str | None:
    if public is not None and not re.fullmatch(r"https?://[^\s/?#]+[^\s#]*", public):
        raise InputError(
            f"--public takes the address of a published page, such as https://school.example/"
            f"glassnet/, not {public!r:.80}."
        )
    return public


def _announce(page: Page, link: str, open: bool) -> None:
    import webbrowser

    print(page.address + link, flush=True)
    print("glassnet: the page is at this address until Ctrl-C", file=sys.stderr)
    if open:
        webbrowser.open(page.address_for_once() + link)
