"""One visitor of the page: a controller in its own thread, commands to it, and frames from it.

Commands are JSON objects that say what to "do". What is answered are frames (see `frames`), which
the visitor acknowledges by their numbers, so that no more are made than are drawn; and JSON texts:
a "scene", a "story", an "explanation", a "diagnosis", a "comparison", how many "seeds" have been
trained, or a "problem" in a sentence; of an upload what is "received", what a "table" holds, and
"notes" on what was taken from it. The server itself says when nothing was asked for long: "idle".
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.errors import InputError
from glassnet.playground.controller import ACTIONS, Controller, Position
from glassnet.playground.downloads.job import DownloadJob
from glassnet.playground.run_controller import Request
from glassnet.playground.scenario import Scenario
from glassnet.playground.seeds import Seeds
from glassnet.playground.timeline import MOST_SECONDS, RETURN_SECONDS, InitialState
from glassnet.playground.uploads import Uploads
from glassnet.training.history import counted

Emit = Callable[[str | bytes], None]
MOST_ASKED = 2**53  # the numbers of commands that a browser can count
MOST_WAITING = 256  # commands that wait; more are refused
MOST_WAITING_BYTES = 2 * 2**20  # of the messages they came in
UNSEEN_SECONDS = 300.0  # of training on, without an answer from a page that is hidden or gone
REST_SECONDS = 0.15  # without a command, before the diagnosis is made


class Session:
    """A visitor's training. Commands go in by `ask`, from any thread; answers come by `emit`."""

    def __init__(
        self,
        initial: InitialState,
        emit: Emit,
        *,
        resumes: bool = False,
        returns: bool = False,
        unseen_seconds: float = UNSEEN_SECONDS,
    ) -> None:
        self._opening = replace(initial, abandoned=lambda: self._ending)
        self._patience_at_first = RETURN_SECONDS if returns else MOST_SECONDS
        self._emit = emit
        self._resumes = resumes or returns  # the first command opens where it begins
        self._unseen_seconds = unseen_seconds
        self._heard = time.monotonic()
        self._commands: queue.Queue[tuple[dict[str, Any], int] | None] = queue.Queue(MOST_WAITING)
        self._waiting = 0  # bytes
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._live, name="glassnet session", daemon=True)
        self._seeds = Seeds(emit)
        self._uploads = Uploads(emit, self.ask)
        self._maker = DownloadJob(emit)
        self._ending = False
        self.asked = 0  # the number of the last command that was obeyed

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def ask(self, command: dict[str, Any], size: int = 0) -> None:
        """Hand over a command of so many bytes. Raises InputError where too much waits."""
        with self._lock:
            full = self._commands.full() or self._waiting + size > MOST_WAITING_BYTES
            if not full:
                self._waiting += size
                self._commands.put_nowait((command, size))
        if full:
            raise InputError("Too many commands wait to be done: slow down.")

    @property
    def is_busy(self) -> bool:
        """Whether commands are still to be obeyed."""
        return self._commands.unfinished_tasks > 0 and self._thread.is_alive()

    def end(self) -> None:
        """Stop after what is being done, and wait for it."""
        self._ending = True
        with suppress(queue.Full):  # then the thread is awake and will see that it is to end
            self._commands.put_nowait(None)
        self._thread.join()
        self._seeds.stop()
        self._maker.stop()

    def _live(self) -> None:
        try:
            with np.errstate(all="ignore"):  # a training that diverges says so itself
                self._stage = self._begun()
                with closing(self._uploads):
                    self._answer()
        except Exception as error:
            # What the visitor sees would else just stop.
            self._problem(
                f"This is a fault in glassnet ({type(error).__name__}: {error}); please report it.",
                fatal=True,
            )
            raise

    def _begun(self) -> Controller:
        """The controller where the visitor was, or else in its initial state."""
        if self._resumes:
            try:
                moment = Position.of(self._taken(self._commands.get()) or {})
                patient = replace(self._opening, patience=self._patience_at_first)
                return Controller(patient, self._emit, moment)
            except InputError as error:
                self._problem(str(error), refused=True)
            finally:
                self._commands.task_done()
        return Controller(self._opening, self._emit)

    def _answer(self) -> None:
        controller = self._stage
        while not self._ending:
            command = self._next_command()
            if command is not None:
                try:
                    self._obey(command)
                finally:
                    self._commands.task_done()
                continue  # all that wait come first
            if controller.playing and time.monotonic() - self._heard > self._unseen_seconds:
                self._rest()
            for frame in controller.frames(self.asked):
                self._emit(frame)
            if controller.playing and self._commands.empty():  # while those frames are on their way
                controller.go_on()
            if not controller.playing and controller.is_seen:
                controller.describe()

    def _rest(self) -> None:
        """Stop a training that nobody sees: it would keep a processor busy for nothing."""
        self._stage.pause()
        self._problem(
            f"Paused after {counted(self._stage.cursor)}, since this page was out of sight for "
            f"{self._unseen_seconds / 60:g} minutes: press play to go on."
        )

    def _next_command(self) -> dict[str, Any] | None:
        """The next command; None when it is time to go on training, or to draw."""
        try:
            return self._taken(self._commands.get(timeout=self._patience()))
        except queue.Empty:
            return None

    def _taken(self, waiting: tuple[dict[str, Any], int] | None) -> dict[str, Any] | None:
        """The command that waited; None at the end of the session."""
        if waiting is None:
            return None
        command, size = waiting
        self._heard = time.monotonic()
        with self._lock:
            self._waiting -= size
        return command

    def _patience(self) -> float | None:
        """Seconds to wait for a command; None for as long as it takes."""
        controller = self._stage
        if controller.has_frames:
            return 0.0
        if controller.playing:
            return controller.seconds_to_wait()
        return REST_SECONDS if controller.is_seen and not controller.is_described else None

    def _obey(self, command: dict[str, Any]) -> None:
        try:
            what = str(command.get("do"))
            if what in ACTIONS:
                self._stage.obey(what, command)
                if what != "drawn":
                    self._stage.hurry()
            elif what in BATCHES:
                BATCHES[what](self._seeds, self._stage, command)
            elif what in UPLOADS:
                UPLOADS[what](self._uploads, command)
            elif what == "save":
                self._maker.make(command.get("what"), lambda: self._stage.snapshot(command))
            else:
                raise InputError(f"The page cannot do {command.get('do')!r:.40}.")
        except InputError as error:
            self._problem(str(error))
        asked = command.get("asked")  # which numbers are given, so that answers are known
        if type(asked) is int and 0 <= asked <= MOST_ASKED:
            self.asked = asked

    def _problem(self, sentence: str, **more: Any) -> None:
        self._emit(json.dumps({"kind": "problem", "sentence": sentence, **more}))


def _train_seeds(seeds: Seeds, controller: Controller, request: Request) -> None:
    """Train many starts of what run a trains, or with no number stop training them."""
    if request.get("n") is None:
        seeds.stop()
    else:
        seeds.begin(controller.timeline_of(request), request["n"])


def _show_seed(seeds: Seeds, controller: Controller, request: Request) -> None:
    """Show the training of one of the seeds as run a."""
    told = request.get("story")  # by a page whose starts another server trained
    scenario = None if told is None else Scenario.from_json(told)
    controller.begin(*seeds.training_of(request.get("seed"), scenario))


BATCHES: dict[str, Callable[[Seeds, Controller, Request], None]] = {
    "seeds": _train_seeds,
    "seed": _show_seed,
}
UPLOADS: dict[str, Callable[[Uploads, Request], None]] = {
    "upload": Uploads.begin,
    "piece": Uploads.piece,
    "take": Uploads.take,
}
