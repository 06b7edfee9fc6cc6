"""Progress of long work, with the time left: on a terminal, in a notebook's cell, nowhere else."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple, Protocol, Self

DELAY_SECONDS = 0.5  # what takes less shows nothing
REDRAW_SECONDS = 0.2


class Progress(NamedTuple):
    """How far it is: `done` of `total`, in words, and an estimate of the seconds left."""

    done: int
    total: int
    text: str
    seconds: float
    seconds_left: float | None


class Screen(Protocol):
    """Where progress is seen."""

    def show(self, progress: Progress) -> None:
        """Draw it in place of what was drawn before."""
        ...

    def close(self, last: Progress) -> None:
        """Leave what stays of it."""
        ...


class ProgressBar:
    """Shows how many of `total` are done, where somebody looks: see `screen`.

    A context; `see` costs next to nothing between two drawings. `first` were done before it began,
    and `words` say it, such as "run {} of {}".
    """

    def __init__(self, words: str, total: int, first: int = 0, *, verbose: bool = True) -> None:
        self._words, self._total, self._first = words, total, first
        self._screen = screen if verbose and may_show() else None
        self._shown: Screen | None = None
        self._last: Progress | None = None
        self._began = time.perf_counter()
        self._next = self._began + DELAY_SECONDS

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown is not None and self._last is not None:
            self._shown.close(self._last)

    def see(self, done: Callable[[], int], note: Callable[[], str] = str) -> None:
        """Draw how far it is if it is time to; else neither function is called."""
        if self._screen is None or time.perf_counter() < self._next or not _in_main_thread():
            return
        self._last = self._progress(done(), note())
        self._shown = self._shown or self._screen()
        self._shown.show(self._last)
        self._next = time.perf_counter() + REDRAW_SECONDS

    def _progress(self, done: int, note: str) -> Progress:
        seconds = time.perf_counter() - self._began
        new = done - self._first
        left = seconds / new * (self._total - done) if new > 0 else None
        text = self._words.format(done, self._total) + note
        return Progress(done, self._total, text, seconds, left)


def may_show() -> bool:
    """Whether somebody looks: not at threads, at processes of a pool, at pipes or at scripts."""
    if not _in_main_thread() or _in_pool():
        return False
    return _in_notebook() or (sys.stderr is not None and sys.stderr.isatty())


def _in_pool() -> bool:
    """Whether this is a process of a pool: only then it has loaded what began it."""
    module = sys.modules.get("multiprocessing.process")
    return module is not None and module.parent_process() is not None


def screen() -> Screen:
    """The output of a notebook's cell, or the terminal."""
    return _Cell() if _in_notebook() else _Terminal()


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _in_notebook() -> bool:
    """Whether IPython runs as a kernel; who uses it has imported it."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


def duration(seconds: float) -> str:
    """Return a time in hours, minutes and seconds."""
    return str(timedelta(seconds=round(seconds)))


def _time_left(progress: Progress) -> str:
    left = progress.seconds_left
    return "" if left is None else f"{duration(left)} left"


class _Terminal:
    """A bar on stderr, gone when it is closed."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        columns = (
            TextColumn("training"),
            BarColumn(),
            TextColumn("{task.description}", markup=False),
            TextColumn("{task.fields[left]}", markup=False),
        )
        console = Console(stderr=True)
        self._bar = Bar(*columns, console=console, transient=True, auto_refresh=False)
        self._task = self._bar.add_task("", left="")
        self._bar.start()

    def show(self, progress: Progress) -> None:
        self._bar.update(
            self._task,
            description=progress.text,
            completed=progress.done,
            total=progress.total,
            left=_time_left(progress),
            refresh=True,
        )

    def close(self, last: Progress) -> None:
        self._bar.stop()


class _Cell:
    """A bar in the output of a cell, of which a line stays."""

    _handle: Any = None

    def show(self, progress: Progress) -> None:
        left = _time_left(progress)
        bar = f'<progress max="{progress.total}" value="{progress.done}"></progress>'
        self._draw(f"{progress.text}  {left}", f"{bar} {progress.text} &nbsp; {left}")

    def close(self, last: Progress) -> None:
        text = f"{last.text}, {duration(last.seconds)}"
        self._draw(text, text)

    def _draw(self, text: str, html: str) -> None:
        from IPython.display import display

        drawn = {"text/plain": text, "text/html": f"<small>{html}</small>"}
        if self._handle is None:
            self._handle = display(drawn, raw=True, display_id=True)
        else:
            self._handle.update(drawn, raw=True)
