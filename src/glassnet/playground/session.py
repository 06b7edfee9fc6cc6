"""One visitor of the page: a player in its own thread, commands to it, and frames from it.

Commands are JSON objects that say what to "do". What is answered are frames (see `frames`), of
which the visitor acknowledges each before the next is made, so that the newest always wins; and
JSON texts: the "scene", an "explanation", the "diagnosis", or a "problem" in a sentence.
"""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from glassnet.errors import InputError
from glassnet.playground.player import Player, Request
from glassnet.playground.timeline import Opening

Emit = Callable[[str | bytes], None]
MOST_WAITING = 256  # commands that wait; more are refused
REST_SECONDS = 0.15  # without a command, before the diagnosis is made


class Session:
    """A visitor's training. Commands go in by `ask`, from any thread; answers come by `emit`."""

    def __init__(self, opening: Opening, emit: Emit) -> None:
        self._opening = opening
        self._emit = emit
        self._commands: queue.Queue[dict[str, Any] | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._live, name="glassnet session", daemon=True)
        self._ending = False

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def ask(self, command: dict[str, Any]) -> None:
        """Hand over a command. Raises InputError where too many wait already."""
        try:
            self._commands.put_nowait(command)
        except queue.Full:
            raise InputError("Too many commands wait to be done: slow down.") from None

    def end(self) -> None:
        """Stop after what is being done, and wait for it."""
        self._ending = True
        with suppress(queue.Full):  # then the thread is awake and will see that it is to end
            self._commands.put_nowait(None)
        self._thread.join()

    def _live(self) -> None:
        try:
            self._player = Player(self._opening, self._emit)
            self._answer()
        except Exception as error:
            # What the visitor sees would else just stop.
            self._problem(
                f"This is a fault in glassnet ({type(error).__name__}: {error}); please report it.",
                fatal=True,
            )
            raise

    def _answer(self) -> None:
        player = self._player
        while not self._ending:
            command = self._next_command()
            if command is not None:
                self._obey(command)
                continue  # all that wait come first
            if player.dirty and player.ready:
                self._emit(player.frame())
            if player.playing:  # while that frame is on its way
                player.go_on()
            if not player.playing and not player.dirty:
                player.diagnose()

    def _next_command(self) -> dict[str, Any] | None:
        """The next command; None when it is time to go on training, or to draw."""
        try:
            return self._commands.get(timeout=self._patience())
        except queue.Empty:
            return None

    def _patience(self) -> float | None:
        """Seconds to wait for a command; None for as long as it takes."""
        player = self._player
        if player.dirty and player.ready:
            return 0.0
        if player.playing:
            return player.seconds_to_wait()
        return None if player.is_diagnosed or player.dirty else REST_SECONDS

    def _obey(self, command: dict[str, Any]) -> None:
        try:
            action = ACTIONS.get(str(command.get("do")))
            if action is None:
                raise InputError(f"The page cannot do {command.get('do')!r:.40}.")
            action(self._player, command)
        except InputError as error:
            self._problem(str(error))

    def _problem(self, sentence: str, **more: Any) -> None:
        self._emit(json.dumps({"kind": "problem", "sentence": sentence, **more}))


ACTIONS: dict[str, Callable[[Player, Request], None]] = {
    "open": Player.open,
    "set": Player.set,
    "edit": Player.edit,
    "undo": Player.undo,
    "play": Player.play,
    "pause": Player.pause,
    "epoch": Player.one_epoch,
    "phase": Player.one_phase,
    "start": Player.back_to_start,
    "fresh": Player.new_start,
    "go": Player.go_to,
    "speed": Player.set_speed,
    "watch": Player.watch,
    "gradient": Player.show_gradient,
    "explain": Player.explain,
    "drawn": Player.acknowledge,
}
