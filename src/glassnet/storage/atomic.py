"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from glassnet.errors import InputError


@contextmanager
def replacing(path: str | PathLike[str]) -> Iterator[Path]:
    """A temporary name beside `path` to write to; it takes the place of `path` at the end.

    The contents reach the disk before the name does, so that a crash at any moment leaves the
    old file or the new one, whole. If the block raises, nothing is left.

    Raises InputError, as `checked_target` does, and if the file cannot be written.
    """
    target = checked_target(path)
    temporary = None
    try:
        # The ending stays, because libraries choose the format by it.
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=target.suffix)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        temporary.chmod(0o666 & ~_umask())  # mkstemp makes files private
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        if temporary is not None and error.filename not in (None, str(temporary)):
            raise  # the block met it elsewhere
        reason = error.strerror or str(error)
        raise InputError(
            f"Cannot write {str(path)!r:.200} ({reason}): name another file."
        ) from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def checked_target(path: str | PathLike[str]) -> Path:
    """The file that `path` leads to, over links, which stay; it need not be there.

    Raises InputError for what is no regular file, such as a folder or a device, and where there
    is no folder to write it to.
    """
    path = Path(path)
    try:
        target = path.resolve()
        if path.is_dir():
            raise InputError(f"{str(path)!r:.200} is a folder: name a file.")
        if path.exists() and not path.is_file():
            raise InputError(f"{str(path)!r:.200} is not a regular file: name another.")
        if not target.parent.is_dir():
            raise InputError(
                f"Cannot write {str(path)!r:.200}: there is no folder {str(path.parent)!r:.200}."
            )
    except (OSError, RuntimeError) as error:  # RuntimeError: links that lead to one another
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"Cannot write {str(path)!r:.200} ({reason}): name another file."
        ) from None
    return target


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
