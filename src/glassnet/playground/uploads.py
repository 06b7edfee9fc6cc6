"""A table that a visitor sends in pieces, to take points from.

The bytes go to a file of the host's own naming in a folder of its own. The visitor's name for it
is only shown.
"""

from __future__ import annotations

import base64
import binascii
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, cast

from glassnet.errors import InputError
from glassnet.playground.jobs import Job, Jobs
from glassnet.playground.points import Points
from glassnet.playground.protocol import Problem, TableFound, Tell, problem
from glassnet.playground.table_import import Choice, TableWork

LARGEST = 16 * 2**20  # bytes
LONGEST_NAME = 80
# What a table may be, by the end of its name; the host's own name is one of these.
ENDINGS = {
    ".csv": "table.csv",
    ".tsv": "table.csv",
    ".txt": "table.csv",
    ".json": "table.json",
    ".jsonl": "table.json",
    ".ndjson": "table.json",
}
PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"PAR1")


class Uploads:
    """One visitor's uploads. Tables are read beside the session; points are given to `adopt`."""

    def __init__(
        self, tell: Tell, jobs: Jobs, adopt: Callable[[Points, Iterable[str]], None]
    ) -> None:
        self._tell = tell
        self._jobs = jobs
        self._adopt = adopt
        self._upload: Upload | None = None
        self._job: Job | None = None

    @property
    def is_running(self) -> bool:
        """Whether a table is being read."""
        return self._job is not None

    def begin(self, name: str, size: int, number: int | None, reading: Mapping[str, Any]) -> None:
        """Begin to receive a table in pieces; another that is here is forgotten."""
        self.close()
        self._upload = Upload(name, size, number, _checked_reading(reading))
        self._tell({"kind": "received", "upload": number, "bytes": 0})

    def add(self, piece: str) -> None:
        """Take the next piece; when all are here, begin to read the table."""
        upload = self._current()
        upload.add(piece)
        self._tell({"kind": "received", "upload": upload.number, "bytes": upload.received})
        if upload.complete:
            self._read(upload, None)

    def read(self, reading: Mapping[str, Any]) -> None:
        """Begin to read the table once more, by options of how to read it."""
        upload = self._current()
        upload.reading = _checked_reading(reading)
        self._read(upload, None)

    def take(self, choice: Choice) -> None:
        """Begin to read the points of the columns chosen."""
        self._read(self._current(), choice)

    def poll(self) -> None:
        """Say what a table holds, or adopt its points, if it has been read."""
        if self._job is None or self._upload is None:
            return
        try:
            answers, is_over = self._job.poll()
        except InputError as error:
            self._job = None
            upload = self._upload
            refused = {**problem(error), "upload": upload.number}
            if upload.path.suffix == ".csv":  # JSON leaves nothing open that an option decides
                refused["unread"] = upload.name
            self._tell(cast("Problem", refused))
            return
        if answers or is_over:
            self._job = None
        for answer in answers:
            if "points" in answer.values:
                self._adopt(Points.from_json(answer.values["points"]), answer.values["notes"])
            else:
                upload = self._upload
                said = {"kind": "table", "upload": upload.number, "name": upload.name}
                self._tell(cast("TableFound", {**said, **answer.values}))

    def close(self) -> None:
        """Take away what was uploaded; what is being read is given up."""
        if self._job is not None:
            self._job.cancel()  # now nobody reads it any more
            self._job = None
        if self._upload is not None:
            self._upload.close()
            self._upload = None

    def _current(self) -> Upload:
        if self._upload is None:
            raise InputError("There is no table here: drop a file first.")
        if self._job is not None:
            raise InputError(f"{self._upload.name} is being read: try again in a few seconds.")
        return self._upload

    def _read(self, upload: Upload, choice: Choice | None) -> None:
        upload.check()
        self._job = self._jobs.start(TableWork(upload.path, upload.name, choice, upload.reading))


class Upload:
    """One upload and its file, which is gone when it is closed.

    `number` is that of the command that began it: the page may have sent another meanwhile.
    `reading` holds options of how to read it, by name.
    """

    def __init__(
        self, name: str, size: int, number: int | None, reading: Mapping[str, Any]
    ) -> None:
        self.name = _shown(name)
        self.number = number
        self.reading = reading
        self._size = _checked_size(size, self.name)
        own_name = _own_name(self.name)
        self._folder = tempfile.TemporaryDirectory(prefix="glassnet-")
        self.path = Path(self._folder.name) / own_name
        self.path.touch()
        self.received = 0

    @property
    def complete(self) -> bool:
        """Whether all of it has come."""
        return self.received == self._size

    def add(self, piece: str) -> None:
        """Take the next bytes, in base64. Raises InputError for others, or more than announced."""
        try:
            content = base64.b64decode(piece, validate=True)
        except (ValueError, binascii.Error):
            raise InputError("A piece of an upload is text in base64.") from None
        if self.received + len(content) > self._size:
            raise InputError(f"More of {self.name} came than was announced: send it again.")
        with self.path.open("ab") as file:
            file.write(content)
        self.received += len(content)

    def check(self) -> None:
        """Raises InputError before all is here, or if it could unpack to any size."""
        if not self.complete:
            raise InputError("Drop a file first, and wait until it is here.")
        with self.path.open("rb") as file:
            if file.read(4).startswith(PACKED):
                raise InputError(
                    f"{self.name} is packed: save the table as .csv, or open it with "
                    "glassnet play FILE."
                )

    def close(self) -> None:
        """Take the file away."""
        self._folder.cleanup()


def _checked_reading(reading: Mapping[str, Any]) -> Mapping[str, Any]:
    from glassnet.tables.reading import Reading

    return Reading.of(reading).given


def _shown(name: str) -> str:
    """The visitor's name for the file, without folders, fit to be shown."""
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


def _checked_size(size: int, name: str) -> int:
    if size < 1:
        raise InputError(f"{name} is empty: there must be something in it.")
    if size > LARGEST:
        raise InputError(
            f"{name} has {-(-size // 2**20)} MiB, and the page takes {LARGEST // 2**20}: give a "
            "part of it, or open it with glassnet play FILE."
        )
    return size
