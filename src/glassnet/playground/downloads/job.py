"""The file that a visitor has asked for: one at a time is made, beside the session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from glassnet.errors import InputError
from glassnet.playground.downloads.snapshot import Snapshot
from glassnet.playground.frames import packed
from glassnet.playground.jobs import Answer, Job, Jobs
from glassnet.playground.protocol import FileHeader, Parcel, Tell, problem

LARGEST_FILE = 128 * 2**20  # bytes


@dataclass(frozen=True)
class FileWork:
    """One of the KINDS of file, made of a snapshot."""

    what: str
    snapshot: Snapshot
    seconds: ClassVar[float | None] = None
    is_bounded: ClassVar[bool] = False
    too_long: ClassVar[str] = "This file takes too long to make."
    broken: ClassVar[str] = "This file could not be made."

    def pieces(self, *_: object) -> Iterator[Answer]:
        """Make it. Raises InputError where the training cannot be written as that."""
        from glassnet.playground.downloads.formats import file

        made = file(self.what, self.snapshot)
        if len(made.contents) > LARGEST_FILE:
            raise InputError(self.broken)
        yield Answer({"name": made.name, "type": made.type}, made.contents)


class DownloadJob:
    """Makes files; each is announced, and comes as a Parcel or a problem."""

    def __init__(self, tell: Tell, jobs: Jobs) -> None:
        self._tell = tell
        self._jobs = jobs
        self._job: Job | None = None
        self._what = ""

    @property
    def is_running(self) -> bool:
        """Whether a file is being made."""
        return self._job is not None

    @staticmethod
    def offered() -> list[str]:
        """The kinds of files that can be made here."""
        from glassnet.playground.downloads.formats import offered

        return offered()

    def check(self, what: str) -> None:
        """Raises InputError for an unknown kind of file, and while another is made."""
        kinds = self.offered()
        if what not in kinds:
            raise InputError(f"There is nothing {what!r:.40} to take: choose {', '.join(kinds)}.")
        if self.is_running:
            raise InputError("A file is being made already: wait until it is there.")

    def begin(self, what: str, snapshot: Snapshot) -> None:
        """Begin to make a file."""
        self._what, self._job = what, self._jobs.start(FileWork(what, snapshot))
        self._tell({"kind": "taking", "state": "making", "what": what})

    def poll(self) -> None:
        """Send the file, if it is there."""
        if self._job is None:
            return
        try:
            answers, is_over = self._job.poll()
        except InputError as error:
            self._job = None
            self._tell({"kind": "taking", "state": "failed", "what": self._what})
            self._tell(problem(error))
            return
        for answer in answers:
            self._tell(parcel(answer))
            self._tell({"kind": "taking", "state": "made", "what": self._what})
        if answers or is_over:
            self._job = None

    def close(self) -> None:
        """Give up what is being made."""
        if self._job is not None:
            self._job.cancel()
            self._job = None


def parcel(answer: Answer) -> Parcel:
    """Return the message with a file, laid out as a frame."""
    name, type_ = answer.values["name"], answer.values["type"]
    header: FileHeader = {"kind": "file", "name": name, "type": type_}
    return Parcel(packed(header, {"contents": np.frombuffer(answer.contents, np.uint8)}))
