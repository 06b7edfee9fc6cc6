"""The command `glassnet publish`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from glassnet.cli import DONE
from glassnet.cli.parameters import Switch
from glassnet.cli.reading import reading_of, with_reading
from glassnet.errors import InputError


@with_reading
def publish(
    out: Path | None = None,
    *,
    single: Path | None = None,
    lesson: str | None = None,
    hide: str = "",
    data: str | None = None,
    target: str | None = None,
    run: Path | None = None,
    runtime: str | None = None,
    force: Switch = False,
    config: Path | None = None,
    debug: Switch = False,
    **reading: Any,
) -> int:
    """Write the page for any web host, or as one file: it needs no server.

    Parameters
    ----------
    out
        Folder to write: put it on any web host, at any address.
    single
        HTML file to write instead, which holds everything and works from disk.
    lesson
        Lesson to begin with, such as tutorial or dead-relus.
    hide
        Controls and parts of the page that are not shown, such as seeds,compare,take.
    data
        Data set or table (.csv .tsv .parquet .json .duckdb) to open.
    target
        Column of the table to learn; left out, it is guessed.
    run
        Folder of a run to open.
    runtime
        Folder or address with the browser's Python; left out, its public one.
    force
        Write into a folder with other files, or over the file of --single.
    config
        TOML file with these settings in a table [publish].
    debug
        Show the traceback of an error.
    """
    from glassnet.engines.compiled import built_for_browsers
    from glassnet.playground.publication.request import publication_of
    from glassnet.playground.publication.site import write_folder, write_single

    if (out is None) == (single is None):
        raise InputError("Name a folder to write, or a file with --single.")
    publication = publication_of(
        data, run, target, reading_of(reading), lesson=lesson, hide=hide, runtime=runtime
    )
    if out is not None:
        write_folder(publication, out, force=force)
        print(out / "index.html")
    elif single is not None:
        write_single(publication, single, force=force)
        print(single)
    if not built_for_browsers():
        print(
            "glassnet: this installation has no engine for browsers, so that the page trains about "
            "a hundred times slower on numpy: `make wasm` in the sources builds it",
            file=sys.stderr,
        )
    return DONE
