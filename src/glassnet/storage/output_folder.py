"""A folder of results that is replaced whole, and only by the program that wrote it."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any

from glassnet.errors import InputError

SUMMARY = "summary.json"  # names the program that wrote a folder, and its files
LOCK = ".glassnet-lock"  # is there while a process holds the folder
OURS = re.compile(r"\.glassnet-(\d+)-")  # begins the temporary folder of a process by its number


@contextmanager
def output_folder(out: Path, program: str, *, force: bool = False) -> Iterator[Path]:
    """A temporary folder within `out`; at the end its files take their places in `out`.

    The block must write a summary.json whose "program" is `program` and whose "files" are the
    names of the files; what an earlier run listed there and this one did not write is removed,
    anything else in `out` is left alone. If the block raises, `out` is as it was. What killed
    processes left there is removed.

    Raises InputError, before anything is written, if `out` is no folder, holds files of others
    (unless `force`), is in use by another process, or cannot be written to.
    """
    with ExitStack() as stack:
        try:
            out = out.resolve()
            if out.exists() and not out.is_dir():
                raise InputError(f"{str(out)!r:.200} is a file, not a folder: name another.")
            stack.enter_context(_made(out))
            stack.enter_context(held(out))
            earlier = _files_of_earlier_run(out, program, force)
            # Within `out`, because files can only be moved in one step on one disk.
            temporary = Path(tempfile.mkdtemp(dir=out, prefix=f".glassnet-{os.getpid()}-"))
            stack.callback(shutil.rmtree, temporary)
        except (OSError, RuntimeError) as error:  # RuntimeError: links that lead to one another
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError(
                f"Cannot write to the folder {str(out)!r:.200} ({reason}): name another."
            ) from None
        yield temporary
        _publish(temporary, out, earlier)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Within, no other process writes this folder; what killed ones left is removed.

    The operating system ends the hold with the process, however that ends. Where it knows no such
    holds, nothing is held nor removed. Raises InputError if another process has it.
    """
    from filelock import FileLock, Timeout

    with ExitStack() as stack:
        try:
            stack.enter_context(FileLock(folder / LOCK).acquire(blocking=False))
        except Timeout:
            raise InputError(
                f"The folder {str(folder)!r:.200} is in use by another glassnet{_holder(folder)}: "
                "wait "
                "until that has ended, or name another folder."
            ) from None
        except OSError:  # a network's disk, or one that cannot be written to
            pass
        else:
            stack.callback(_remove, folder / LOCK)
            for left in _temporary_folders(folder):
                shutil.rmtree(left, ignore_errors=True)
        yield


def _remove(lock: Path) -> None:
    """Remove the file of a hold before it ends: whoever comes then makes it again."""
    with suppress(OSError):  # Windows removes it after the end
        lock.unlink()


def _holder(folder: Path) -> str:
    numbers = [OURS.match(path.name) for path in _temporary_folders(folder)]
    return f" (process {numbers[0][1]})" if len(numbers) == 1 and numbers[0] else ""


def _temporary_folders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if OURS.match(path.name) and path.is_dir()]


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """The folder is there; at the end, if it is new and nothing came into it, it is gone."""
    new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        if new and not any(folder.iterdir()):
            folder.rmdir()


def program_of(folder: Path) -> str | None:
    """The program of glassnet's that wrote a folder, as its summary.json says; None if none."""
    program = _summary(folder).get("program")
    return program if isinstance(program, str) and program.startswith("glassnet ") else None


def _summary(folder: Path) -> dict[str, Any]:
    """Return the contents of summary.json; empty if it is not there or not a JSON object."""
    try:
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return summary if isinstance(summary, dict) else {}


def write_listing(folder: Path, program: str, names: Sequence[str]) -> None:
    """Write the summary.json of a folder of which there is no more to say than its files."""
    summary = {"program": program, "files": [*names, SUMMARY]}
    (folder / SUMMARY).write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")


def _publish(temporary: Path, out: Path, earlier: set[str]) -> None:
    """Move every file to its place, those of folders first, and the summary last."""
    names = [path.relative_to(temporary) for path in temporary.rglob("*") if path.is_file()]
    written = sorted(names, key=lambda name: (name.name == SUMMARY, -len(name.parts)))
    for name in written:
        if (out / name).is_dir():
            raise InputError(
                f"{str(out / name)!r:.200} is a folder, where a file is to be written."
            )
    for name in written:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (temporary / name).replace(out / name)
    for left in earlier - {name.as_posix() for name in written}:
        (out / left).unlink(missing_ok=True)
        for folder in (out / left).relative_to(out).parents[:-1]:
            with suppress(OSError):  # something else is in it
                (out / folder).rmdir()


def _files_of_earlier_run(out: Path, program: str, force: bool) -> set[str]:
    """The names of the files in `out` that the same program wrote."""
    if {*out.iterdir()} <= {*_temporary_folders(out), out / LOCK}:
        return set()
    summary = _summary(out)
    if summary.get("program") == program and isinstance(summary.get("files"), list | dict):
        return {name for name in summary["files"] if _is_within(str(name))}
    if force:
        return set()
    raise InputError(
        f"The folder {str(out)!r:.200} holds files that {program} did not write: name another with "
        "--out, or add --force to write into it."
    )


def _is_within(name: str) -> bool:
    """Whether a name stays in its folder: a summary that was tampered with must not leave it."""
    path = PurePosixPath(name)
    return path.as_posix() == name and not path.is_absolute() and ".." not in path.parts
