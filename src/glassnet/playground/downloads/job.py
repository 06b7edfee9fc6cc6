"""Makes one file at a time for a visitor, in a process of its own: the page goes on meanwhile."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable

import numpy as np

from glassnet.errors import InputError
from glassnet.playground.downloads.formats import KINDS, File
from glassnet.playground.downloads.snapshot import Snapshot
from glassnet.playground.frames import packed

LARGEST_FILE = 128 * 2**20  # bytes
Emit = Callable[[str | bytes], None]


class Parcel(bytes):
    """A message with a file; it keeps its place among the texts, and none takes its place."""


class DownloadJob:
    """What one visitor has asked for; it is announced, and comes as a Parcel or a problem."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = False
        self._thread: threading.Thread | None = None

    def make(self, what: object, snapshot: Callable[[], Snapshot]) -> None:
        """Begin to make one of the KINDS. Raises InputError for another, and while it is busy."""
        if not isinstance(what, str) or what not in KINDS:
            raise InputError(f"There is nothing {what!r:.40} to take: choose {', '.join(KINDS)}.")
        if self._thread is not None and self._thread.is_alive():
            raise InputError("A file is being made already: wait until it is there.")
        self._tell("making", what)
        loaded = snapshot()
        self._thread = threading.Thread(
            target=self._run, args=(what, loaded), name="glassnet files", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Give up what is being made."""
        self._stopping = True
        if self._process is not None:
            self._process.kill()
        if self._thread is not None:
            self._thread.join()

    def _tell(self, state: str, what: str) -> None:
        self._emit(json.dumps({"kind": "taking", "state": state, "what": what}))

    def _run(self, what: str, snapshot: Snapshot) -> None:
        answer = self._made(pickle.dumps((what, snapshot)))
        if self._stopping:
            return
        if isinstance(answer, tuple) and len(answer[2]) <= LARGEST_FILE:
            self._emit(parcel(File(*answer)))
            self._tell("made", what)
            return
        sentence = answer if isinstance(answer, str) else "This file could not be made."
        self._tell("failed", what)
        self._emit(json.dumps({"kind": "problem", "sentence": sentence}))

    def _made(self, request: bytes) -> object:
        """What the process answers: a file, a sentence why there is none, or None if it fails."""
        path = os.pathsep.join(filter(None, sys.path))  # it finds glassnet where this one did
        self._process = subprocess.Popen(
            [sys.executable, "-m", "glassnet.playground.downloads.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": path},
        )
        if self._stopping:  # it was asked to before there was a process
            self._process.kill()
        answer, _ = self._process.communicate(request)
        return pickle.loads(answer) if self._process.returncode == 0 else None


def parcel(file: File) -> Parcel:
    """The message with a file, laid out as a frame."""
    header = {"kind": "file", "name": file.name, "type": file.type}
    return Parcel(packed(header, {"contents": np.frombuffer(file.contents, np.uint8)}))
