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
from collections.abc import Callable, Mapping
from functools import partial
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


class Uploads:
    """One visitor's uploads. Tables are read beside the training, in a thread of their own.

    What there is to say is told as texts; points that were taken are handed over as a command.
    """

    def __init__(
        self, tell: Callable[[str], None], hand_over: Callable[[dict[str, Any]], None]
    ) -> None:
        self._tell = tell
        self._hand_over = hand_over
        self._upload: Upload | None = None
        self._thread: threading.Thread | None = None
        self._reading = False

    def begin(self, request: Mapping[str, Any]) -> None:
        """Begin to receive a table in pieces; another that is here is forgotten."""
        self.close()
        self._upload = Upload(request)
        self._text("received", upload=self._upload.number, bytes=0)

    def piece(self, request: Mapping[str, Any]) -> None:
        """Take the next piece; when all are here, tell what the table holds."""
        upload = self._current()
        upload.add(request.get("base64"))
        tell = partial(self._text, upload=upload.number)
        tell("received", bytes=upload.received)
        if upload.complete:
            self._read(lambda: partial(tell, "table", name=upload.name, **upload.preview()))

    def take(self, request: Mapping[str, Any]) -> None:
        """Read the points of the columns chosen, and hand them over."""
        upload = self._current()

        def read() -> Callable[[], None]:
            points, notes = upload.points(request)
            return lambda: self._hand_over({"do": "adopt", "points": points, "notes": notes})

        self._read(read)

    def close(self) -> None:
        """Take away what was uploaded; what is being read is given up."""
        upload, self._upload = self._upload, None
        if upload is not None:
            upload.give_up()
        if self._thread is not None:
            self._thread.join()
        if upload is not None:
            upload.close()  # now that nobody reads it any more

    def _current(self) -> Upload:
        if self._upload is None:
            raise InputError("There is no table here: drop a file first.")
        if self._reading:
            raise InputError(f"{self._upload.name} is being read: wait a moment.")
        return self._upload

    def _read(self, work: Callable[[], Callable[[], None]]) -> None:
        """Do this in a thread of its own, and what it returns when it is done."""
        upload, self._reading = self._current(), True

        def read() -> None:
            try:
                done = work()
            except InputError as error:
                done = partial(self._text, "problem", upload=upload.number, sentence=str(error))
            finally:
                self._reading = False
            if self._upload is upload:  # else nobody waits for it any more
                done()

        self._thread = threading.Thread(target=read, name="glassnet table", daemon=True)
        self._thread.start()

    def _text(self, kind: str, **message: Any) -> None:
        self._tell(json.dumps({"kind": kind, **message}))


class Upload:
    """One upload and its file, which is gone when it is closed."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self.name = _shown(request.get("name"))
        # It comes back with what there is to say: the page may have sent another meanwhile.
        self.number = request.get("asked")
        self._size = _size(request.get("size"), self.name)
        own_name = _own_name(self.name)
        self._folder = tempfile.TemporaryDirectory(prefix="glassnet-")
        self._path = Path(self._folder.name) / own_name
        self._path.touch()
        self._reader: subprocess.Popen[str] | None = None
        self._closed = False
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

    def give_up(self) -> None:
        """End who reads it; nobody begins to any more."""
        self._closed = True
        if self._reader is not None:
            self._reader.kill()

    def close(self) -> None:
        """Take the file away."""
        self._folder.cleanup()

    def _read(self, choice: dict[str, Any] | None) -> dict[str, Any]:
        """What `reading` says of the file, in a process that may not take too much."""
        if not self.complete:
            raise InputError("Drop a file first, and wait until it is here.")
        self._refuse_packed()
        request = {"path": str(self._path), "name": self.name, "choice": choice}
        answer = self._answer(json.dumps(request))
        if answer is None:
            raise InputError(
                f"{self.name} takes more memory to read than is allowed, or is damaged: give a "
                "part of it."
            )
        found: dict[str, Any] = json.loads(answer)
        if "problem" in found:
            raise InputError(found["problem"])
        return found

    def _answer(self, request: str) -> str | None:
        """What a process says that reads the table; None if it was ended."""
        with READERS:
            if self._closed:
                return None
            self._reader = subprocess.Popen(
                [sys.executable, "-P", "-m", "glassnet.playground.table_import"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                # Who is killed takes no folder away: what it has goes with the upload.
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "TMPDIR": self._folder.name},
            )
            with self._reader as reader:
                if self._closed:  # meanwhile
                    reader.kill()
                try:
                    answer, _ = reader.communicate(request, MOST_SECONDS)
                except subprocess.TimeoutExpired:
                    reader.kill()
                    raise InputError(
                        f"{self.name} takes more than {MOST_SECONDS} seconds to read: give a part "
                        "of it."
                    ) from None
        return answer if reader.returncode == 0 else None

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
            f"{name} has {-(-size // 2**20)} MiB, and the page takes {LARGEST // 2**20}: give a "
            "part of it, or open it with glassnet play FILE."
        )
    return size
