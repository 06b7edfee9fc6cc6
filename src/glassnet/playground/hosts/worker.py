"""The session in a browser's worker, driven by the worker's event loop; see static/worker.js.

There is no thread to wait in: what the page sends is heard when it comes, and JavaScript calls
`turn` when the time that the last one named has come.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from glassnet.playground.initial_state import InitialState
from glassnet.playground.initial_state_file import read
from glassnet.playground.jobs import InTurns, Jobs
from glassnet.playground.session import Out, Session, fault
from glassnet.storage import strict_json


class WorkerSession:
    """A visitor's session; `post` takes each message for the page, a text or bytes."""

    def __init__(
        self,
        initial: InitialState,
        jobs: Jobs,
        post: Callable[[str | bytes], None],
        *,
        resumes: bool = False,
        returns: bool = False,
    ) -> None:
        self._post = post
        self._commands: list[Mapping[str, Any]] = []
        self._session: Session | None = Session(initial, jobs, resumes=resumes, returns=returns)

    def hear(self, text: str) -> None:
        """Keep a command until the next turn."""
        self._commands.append(strict_json.loads(text))

    def turn(self) -> float | None:
        """Take a turn. Returns in how many seconds the next is due, None if not before a command.

        What fails is said to the page, and ends the session.
        """
        if self._session is None:
            return None
        commands, self._commands = self._commands, []
        try:
            messages, due = self._session.turn(commands, time.perf_counter())
        except Exception as error:
            self._post(fault(error))
            self._session = None
            return None
        for message in messages:
            self._post(_sent(message))
        return due

    def close(self) -> None:
        """Give up what is being done."""
        if self._session is not None:
            self._session.close()


def open_session(
    post: Callable[[str | bytes], None], opening: memoryview, options: Mapping[str, bool]
) -> WorkerSession:
    """The session that a published page was made to begin with."""
    if sys.platform == "emscripten":
        os.umask(0o022)  # it is 0o777 there, so that no file could be read again
    return WorkerSession(read(bytes(opening)), InTurns(), post, **options)


def _sent(message: Out) -> str | bytes:
    return message if isinstance(message, str) else message.data
