"""A session in a thread of its own: commands come in from any thread, messages go out."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from glassnet.errors import InputError
from glassnet.playground.hosts.background import BackgroundJobs
from glassnet.playground.initial_state import InitialState
from glassnet.playground.session import UNSEEN_SECONDS, Out, Session, fault

MOST_WAITING = 256  # commands that wait; more are refused
MOST_WAITING_BYTES = 2 * 2**20  # of the messages they came in
Commands = list[Mapping[str, Any]]


class Inbox:
    """Commands that wait for a session to take them, and what else wakes it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._commands: deque[tuple[Mapping[str, Any], int]] = deque()
        self._bytes = 0
        self._woken = False
        self._in_hand = 0  # commands that were taken, and may not have been obeyed yet
        self.is_closed = False

    def __len__(self) -> int:
        """How many commands are still to be obeyed."""
        return len(self._commands) + self._in_hand

    def put(self, command: Mapping[str, Any], size: int = 0) -> None:
        """Add a command of so many bytes. Raises InputError where too much waits."""
        with self._changed:
            if len(self._commands) >= MOST_WAITING or self._bytes + size > MOST_WAITING_BYTES:
                raise InputError("Too many commands wait to be done: slow down.")
            self._commands.append((command, size))
            self._bytes += size
            self._changed.notify()

    def wake(self) -> None:
        """Let who waits look at what is new elsewhere."""
        with self._changed:
            self._woken = True
            self._changed.notify()

    def close(self) -> None:
        """Let nobody wait any more."""
        self.is_closed = True
        self.wake()

    def take(self, seconds: float | None) -> Commands:
        """Return all commands, once there is one, or after so many seconds or a wake none."""
        with self._changed:
            self._in_hand = 0
            self._changed.wait_for(lambda: self._commands or self._woken, seconds)
            taken = [command for command, _ in self._commands]
            self._commands.clear()
            self._in_hand = len(taken)
            self._bytes, self._woken = 0, self.is_closed
            return taken


class SessionThread:
    """A visitor's session and its thread; see `Session` for what it is given."""

    def __init__(
        self,
        initial: InitialState,
        emit: Callable[[Out], None],
        *,
        resumes: bool = False,
        returns: bool = False,
        unseen_seconds: float = UNSEEN_SECONDS,
        answer_seconds: float = math.inf,
        public: str | None = None,
    ) -> None:
        self._emit = emit
        self._inbox = Inbox()
        self.session = Session(
            initial,
            BackgroundJobs(self._inbox.wake),
            resumes=resumes,
            returns=returns,
            unseen_seconds=unseen_seconds,
            answer_seconds=answer_seconds,
            public=public,
        )
        self.ask = self._inbox.put
        self._thread = threading.Thread(target=self._live, name="glassnet session", daemon=True)
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Whether commands are still to be obeyed."""
        busy = len(self._inbox) > 0 or self.session.is_occupied
        return busy and self._thread.is_alive()

    def end(self) -> None:
        """Stop after what is being done, and wait for it."""
        self._inbox.close()
        self._thread.join()
        self.session.close()

    def _live(self) -> None:
        commands: Commands = []
        try:
            while not self._inbox.is_closed:
                messages, due = self.session.turn(commands, time.perf_counter())
                for message in messages:
                    self._emit(message)
                commands = [] if self.session.is_occupied else self._inbox.take(due)
        except Exception as error:
            self._emit(fault(error))
            raise
