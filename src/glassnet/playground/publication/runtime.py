"""The browser's Python, Pyodide with numpy: which files make it up, and where they come from.

Every file is accepted by its sha256 only, which the lock beside the hosts names.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import URLError
from urllib.parse import urljoin, urlsplit

from glassnet.errors import InputError
from glassnet.storage.cached import cached

SECONDS = 60  # without a byte, until an address is given up
LOADER, ASSEMBLY, WASM = "pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm"
STDLIB, LOCK_FILE = "python_stdlib.zip", "pyodide-lock.json"


class LockedFile(NamedTuple):
    """A file of the runtime as it must be."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Lock:
    """The runtime's version, its Python's, where it is public, and its files by name."""

    version: str
    python: str
    address: str
    files: Mapping[str, LockedFile]

    @property
    def wheels(self) -> tuple[str, ...]:
        """The names of the packages among the files."""
        return tuple(name for name in self.files if name.endswith(".whl"))


@cache
def lock() -> Lock:
    """The lock that comes with the package."""
    text = (resources.files("glassnet.playground.hosts") / "runtime_lock.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    files = {
        name: LockedFile(name, file["bytes"], file["sha256"])
        for name, file in found["files"].items()
    }
    return Lock(found["pyodide"], found["python"], found["address"], files)


@dataclass(frozen=True)
class Runtime:
    """Where the files are: a folder, or an address; None is the public one."""

    source: str | None = None

    def file(self, name: str) -> bytes:
        """The contents of a file. Raises InputError if it is missing, or not as the lock says."""
        wanted = lock().files[name]
        if self.source is not None and not _is_address(self.source):
            return _checked(wanted, _from_folder(Path(self.source), name), self.source)
        base = lock().address if self.source is None else self.source.rstrip("/") + "/"
        # Checked again: what lies in the cache may have been changed there.
        return _checked(wanted, cached(wanted.sha256, lambda: _fetched(wanted, base)), base)


def _is_address(source: str) -> bool:
    return urlsplit(source).scheme in ("http", "https")


def _from_folder(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise InputError(
            f"The runtime in {str(folder)!r:.200} lacks {name} ({error.strerror}): --runtime names "
            f"a folder, or an address, with the files of Pyodide {lock().version}."
        ) from None


def _fetched(wanted: LockedFile, base: str) -> bytes:
    from urllib.request import urlopen

    address = urljoin(base, wanted.name)
    try:
        with urlopen(address, timeout=SECONDS) as answer:
            # One byte more shows that there is too much.
            content: bytes = answer.read(wanted.bytes + 1)
    except (URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise InputError(
            f"The browser's Python cannot be fetched from {address!r:.200} ({reason}): name a "
            "folder that has it, or another address, with --runtime."
        ) from None
    return _checked(wanted, content, base)


def _checked(wanted: LockedFile, content: bytes, source: str) -> bytes:
    if hashlib.sha256(content).hexdigest() != wanted.sha256:
        raise InputError(
            f"{wanted.name} from {source!r:.200} is not that of Pyodide {lock().version}: its "
            "sha256 is another than the lock of glassnet names. Take it from somewhere else."
        )
    return content
