"""A table that a visitor sends in pieces, to take points from.

The bytes go to a file of the server's own naming in a folder of its own. The visitor's name for it
is only shown.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from glassnet.errors import InputError
from glassnet.playground.points import Points

LARGEST = 16 * 2**20  # bytes
MOST_SECONDS = 30  # that reading a table may take
READERS = threading.BoundedSemaphore(2)  # at a time, however many visitors drop a file
LONGEST_NAME = 80
# What a table may be, by the end of its name; the server's own name is one of these.
ENDINGS = {
    ".csv": "table.csv",
    ".tsv": "table.csv",
    ".txt": "table.csv",
    ".json": "table.json",
    ".jsonl": "table.json",
    ".ndjson": "table.json",
}
PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"PAR1")


class Upload:
    """One upload and its file, which is gone when it is closed."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self.name = _shown(request.get("name"))
        self._size = _size(request.get("size"), self.name)
        own_name = _own_name(self.name)
        self._folder = tempfile.TemporaryDirectory(prefix="glassnet-")
        self._path = Path(self._folder.name) / own_name
        self._path.touch()
        self.received = 0

    @property
    def complete(self) -> bool:
        """Whether all of it has come."""
        return self.received == self._size

    def add(self, piece: Any) -> None:
        """Take the next bytes, in base64. Raises InputError for others, or more than announced."""
        try:
            content = base64.b64decode(piece, validate=True)
        except (TypeError, ValueError, binascii.Error):
            raise InputError("A piece of an upload is text in base64.") from None
        if self.received + len(content) > self._size:
            raise InputError(f"More of {self.name} came than was announced: send it again.")
        with self._path.open("ab") as file:
            file.write(content)
        self.received += len(content)

    def preview(self) -> dict[str, Any]:
        """Columns, first rows and a proposal. Raises InputError for what is no table."""
        found: dict[str, Any] = self._read(None)["preview"]
        return found

    def points(self, choice: Mapping[str, Any]) -> tuple[Points, list[str]]:
        """The points of the columns chosen, and notes. Raises InputError where there are none."""
        found = self._read(dict(choice))
        return Points.from_json(found["points"]), found["notes"]

    def close(self) -> None:
        """Take the file away."""
        self._folder.cleanup()

    def _read(self, choice: dict[str, Any] | None) -> dict[str, Any]:
        """What `reading` says of the file, in a process that may not take too much."""
        if not self.complete:
            raise InputError("Drop a file first, and wait until it is here.")
        self._refuse_packed()
        request = {"path": str(self._path), "name": self.name, "choice": choice}
        try:
            with READERS:
                done = subprocess.run(
                    [sys.executable, "-m", "glassnet.playground.reading"],
                    input=json.dumps(request),
                    check=False,
                    capture_output=True,
                    text=True,
                    timeout=MOST_SECONDS,
                    cwd=self._folder.name,
                    env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
                )
        except subprocess.TimeoutExpired:
            raise InputError(
                f"{self.name} takes more than {MOST_SECONDS} seconds to read: give a part of it."
            ) from None
        if done.returncode:
            raise InputError(
                f"{self.name} takes more memory to read than is allowed, or is damaged: give a "
                "part of it."
            )
        found: dict[str, Any] = json.loads(done.stdout)
        if "problem" in found:
            raise InputError(found["problem"])
        return found

    def _refuse_packed(self) -> None:
        """What unpacks to more than was sent could be of any size."""
        with self._path.open("rb") as file:
            if file.read(4).startswith(PACKED):
                raise InputError(
                    f"{self.name} is packed: save the table as .csv, or open it with "
                    "glassnet play FILE."
                )


def _shown(name: Any) -> str:
    """The visitor's name for the file, without folders, fit to be shown."""
    if not isinstance(name, str):
        raise InputError("An upload has a name.")
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(c for c in last if c.isprintable())[-LONGEST_NAME:] or "the file"


def _own_name(name: str) -> str:
    ending = PurePosixPath(name.lower()).suffix
    if ending not in ENDINGS:
        raise InputError(
            f"{name} is no table that the page reads: drop a {', '.join(ENDINGS)}, or open it "
            "with glassnet play FILE."
        )
    return ENDINGS[ending]


def _size(size: Any, name: str) -> int:
    if type(size) is not int or size < 1:
        raise InputError(f"{name} is empty: there must be something in it.")
    if size > LARGEST:
        raise InputError(
            f"{name} has {size // 2**20} MiB, and the page takes {LARGEST // 2**20}: give a "
            "part of it, or open it with glassnet play FILE."
        )
    return size
