"""Work that takes too long for a turn of a session, and how a host does it.

A session describes such work and asks for what came of it, turn by turn. A server does it in a
thread or a process beside the session; a host without these does a piece of it in each turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event
from typing import Any, ClassVar, NamedTuple, Protocol

PIECE_SECONDS = 0.02  # of a turn


class Answer(NamedTuple):
    """What work apart comes to: JSON values, and bytes."""

    values: dict[str, Any]
    contents: bytes = b""


class Work(Protocol):
    """Work to be done in pieces."""

    def pieces(self, stop: Event, seconds: float) -> Iterator[Any]:
        """Do it, and yield what each piece of about so many seconds came to.

        When `stop` is set the next may be given up.

        Raises InputError where it cannot be done.
        """
        ...


class WorkApart(Work, Protocol):
    """Work of one piece, an Answer, that a host with processes does in one of its own.

    Such a process may take `seconds`, or None without end, and no more memory than usual if it
    `is_bounded`.
    """

    seconds: ClassVar[float | None]
    is_bounded: ClassVar[bool]

    @property
    def too_long(self) -> str:
        """The sentence where it took longer."""
        ...

    @property
    def broken(self) -> str:
        """The sentence where it was ended."""
        ...


class Job(Protocol):
    """Work under way."""

    def poll(self) -> tuple[list[Any], bool]:
        """Return what has come of it since this was asked, and whether that was all.

        Raises InputError where it cannot be done, once.
        """
        ...

    def cancel(self) -> None:
        """Give it up; when this returns, nothing of it goes on."""
        ...


class Jobs(Protocol):
    """How a host does work. `in_turns` says that `poll` does it, so that turns are due at once."""

    in_turns: bool

    def start(self, work: Work) -> Job:
        """Begin to do it."""
        ...


class InTurns:
    """For a host without threads: each poll does one piece."""

    in_turns = True

    def start(self, work: Work) -> Job:
        """Begin to do it."""
        return _Pieces(work)


class _Pieces:
    def __init__(self, work: Work) -> None:
        self._stop = Event()
        self._pieces = work.pieces(self._stop, PIECE_SECONDS)

    def poll(self) -> tuple[list[Any], bool]:
        for piece in self._pieces:
            return [piece], False
        return [], True

    def cancel(self) -> None:
        self._stop.set()
        self._pieces = iter(())
