"""A server's way to do long work: starts in a thread, files and tables in a process each."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import Any

from glassnet.errors import InputError
from glassnet.playground.jobs import Answer, Job, Work, WorkApart

PIECE_SECONDS = 0.2  # of training between two looks at what has been done
PROCESSES = threading.BoundedSemaphore(4)  # at a time, however many visitors ask


class BackgroundJobs:
    """Does work beside a session, and calls `wake` when there is something new to poll."""

    in_turns = False

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    def start(self, work: Work | WorkApart) -> Job:
        """Begin to do it."""
        return _Process(work, self._wake) if hasattr(work, "seconds") else _Thread(work, self._wake)


class _Thread:
    """Work in a thread. What it came to waits until it is polled."""

    def __init__(self, work: Any, wake: Callable[[], None]) -> None:
        self._work, self._wake = work, wake
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._found: list[Any] = []
        self._error: Exception | None = None
        self._is_over = False
        self._thread = threading.Thread(target=self._run, name="glassnet job", daemon=True)
        self._thread.start()

    def poll(self) -> tuple[list[Any], bool]:
        with self._lock:
            found, self._found = self._found, []
            if self._error is not None:
                raise self._error
            return found, self._is_over

    def cancel(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            for piece in self._pieces():
                with self._lock:
                    self._found.append(piece)
                self._wake()
        except Exception as error:
            self._error = error
        with self._lock:
            self._is_over = True
        self._wake()

    def _pieces(self) -> Iterator[Any]:
        return self._work.pieces(self._stop, PIECE_SECONDS)


class _Process(_Thread):
    """Work in a process, which a thread waits for."""

    _process: subprocess.Popen[bytes] | None = None

    def cancel(self) -> None:
        self._stop.set()
        if self._process is not None:
            self._process.kill()
        super().cancel()

    def _pieces(self) -> Iterator[Answer]:
        # Who is killed takes no folder away: what it has goes with this one.
        with PROCESSES, tempfile.TemporaryDirectory(prefix="glassnet-") as folder:
            if not self._stop.is_set():
                yield _answer(self._communicated(folder))

    def _communicated(self, folder: str) -> bytes:
        path = os.pathsep.join(filter(None, sys.path))  # it finds glassnet where this one did
        more = {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1", "TMPDIR": folder}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "glassnet.playground.hosts.process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | more,
        )
        with self._process as process:
            if self._stop.is_set():  # meanwhile
                process.kill()
            try:
                answer, _ = process.communicate(pickle.dumps(self._work), self._work.seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                raise InputError(self._work.too_long) from None
        if process.returncode != 0:
            raise InputError(self._work.broken)
        return answer


def _answer(text: bytes) -> Answer:
    """What a process answers: a line of JSON, and bytes. Raises InputError for a problem."""
    head, _, contents = text.partition(b"\n")
    values = json.loads(head)
    if "problem" in values:
        raise InputError(values["problem"])
    return Answer(values, contents)
