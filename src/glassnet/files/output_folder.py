"""A folder of results that is replaced whole, and only by the program that wrote it."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glassnet.errors import InputError

SUMMARY = "summary.json"  # names the program that wrote a folder, and its files


@contextmanager
def output_folder(out: Path, program: str, *, force: bool = False) -> Iterator[Path]:
    """A temporary folder beside `out`; at the end its files take their places in `out`.

    The block must write a summary.json whose "program" is `program` and whose "files" are the
    names of the files; what an earlier run listed there and this one did not write is removed,
    anything else in `out` is left alone. If the block raises, `out` is as it was.

    Raises InputError, before anything is written, if `out` is no folder, holds files of others
    (unless `force`), or cannot be written to.
    """
    try:
        out = out.resolve()
        earlier = _files_of_earlier_run(out, program, force)
        out.parent.mkdir(parents=True, exist_ok=True)
        # Within `out` where it exists: files can only be moved in one step on one disk.
        place, name = (out, ".") if out.exists() else (out.parent, f".{out.name}.")
        temporary = Path(tempfile.mkdtemp(dir=place, prefix=name))
    except (OSError, RuntimeError) as error:  # RuntimeError: links that lead to one another
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"Cannot write to the folder {str(out)!r} ({reason}): name another with --out."
        ) from None
    try:
        yield temporary
        _publish(temporary, out, earlier)
    finally:
        shutil.rmtree(temporary)


def _publish(temporary: Path, out: Path, earlier: set[str]) -> None:
    out.mkdir(exist_ok=True)
    written = sorted(temporary.iterdir(), key=lambda file: file.name == SUMMARY)
    for file in written:
        if (out / file.name).is_dir():
            raise InputError(
                f"{str(out / file.name)!r} is a folder, where a file is to be written."
            )
    for file in written:
        file.replace(out / file.name)
    for name in earlier - {file.name for file in written}:
        (out / name).unlink(missing_ok=True)


def _files_of_earlier_run(out: Path, program: str, force: bool) -> set[str]:
    """The names of the files in `out` that the same program wrote."""
    if out.exists() and not out.is_dir():
        raise InputError(f"{str(out)!r} is a file, not a folder: name another with --out.")
    if not out.exists() or not any(out.iterdir()):
        return set()
    try:
        summary = json.loads((out / SUMMARY).read_text(encoding="utf-8"))
        if summary["program"] == program:
            # Plain names only: a summary that was tampered with must not reach elsewhere.
            return {name for name in summary["files"] if Path(name).name == name}
    except (OSError, ValueError, KeyError, TypeError):
        pass
    if force:
        return set()
    raise InputError(
        f"The folder {str(out)!r} holds files that {program} did not write: name another with "
        "--out, or add --force to write into it."
    )
