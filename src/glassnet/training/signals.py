"""Ctrl-C as a request to stop, not as an exception."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any


@contextmanager
def ctrl_c_sets(event: threading.Event) -> Iterator[None]:
    """Within, a first Ctrl-C sets the event; a second interrupts as usual.

    Signals reach the main thread only; elsewhere the event is simply never set. One within
    another for the same event changes nothing. A caller that ignores Ctrl-C, such as a script
    that runs this in the background, is not interrupted.
    """
    usual = signal.getsignal(signal.SIGINT)
    outer = isinstance(usual, _SetsEvent) and usual.event is event
    in_main_thread = threading.current_thread() is threading.main_thread()
    if outer or usual is signal.SIG_IGN or not in_main_thread:
        yield
        return
    signal.signal(signal.SIGINT, _SetsEvent(event, usual))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


@dataclass(frozen=True)
class _SetsEvent:
    """A handler of Ctrl-C that sets the event and puts the usual handler back."""

    event: threading.Event
    usual: Any

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.event.set()
        signal.signal(signal.SIGINT, self.usual)
