"""How fast a training is shown: the epochs that are due, at a speed or as fast as it goes."""

from __future__ import annotations

import time
from typing import Any

from glassnet.engines.compiled import default_threads
from glassnet.errors import InputError
from glassnet.playground.scenario import MOST_EPOCHS

CHUNK_SECONDS = 0.004  # of training between two looks at the commands
REST_SECONDS = 0.008  # after each, where processors are few: the browser needs them more than it
ENOUGH = 4  # processors for a training that never rests
FASTEST = 1e6  # epochs a second that can be asked for; None is as fast as it goes


class Playback:
    """Tells how many epochs are due, and keeps each piece of training short."""

    def __init__(self) -> None:
        self.playing = False
        self.measured = 0.0  # epochs a second
        self._speed: float | None = 1000.0
        self._chunk = 1
        self._allowance = 0.0
        self._looked = time.perf_counter()
        self._rest = REST_SECONDS if default_threads() < ENOUGH else 0.0

    def ask_for(self, speed: Any) -> None:
        """Go at so many epochs a second; None is as fast as it goes. Raises InputError."""
        if speed is not None and not (type(speed) in (int, float) and 0.1 <= speed <= FASTEST):
            raise InputError(f"The speed must be from 0.1 to {FASTEST:g} epochs a second.")
        self._speed = speed
        self._allowance = 0.0

    def start(self) -> None:
        """Begin to play; the first epoch is due at once."""
        self.playing = True
        self._looked, self._allowance = time.perf_counter(), 1.0

    def restart(self) -> None:
        """Another training has begun: how long its epochs take is not known yet."""
        self._chunk = 1

    def seconds_to_wait(self) -> float:
        """Until the next epoch is due, or of a fast training the next few."""
        if self._speed is None:
            return self._rest
        due = self._looked + max((1 - self._allowance) / self._speed, CHUNK_SECONDS)
        return max(due - time.perf_counter(), 0.0)

    def due(self, replayed: int | None) -> int:
        """The epochs to go on by now.

        Through what is known it is at full speed `replayed`, which else is None.
        """
        now = time.perf_counter()
        if self._speed is None:
            epochs = self._chunk if replayed is None else max(replayed, 1)
        else:
            self._allowance += (now - self._looked) * self._speed
            # Faster than the machine can, there is nothing to catch up with.
            most = self._chunk if replayed is None else MOST_EPOCHS
            epochs = min(int(self._allowance), most)
            self._allowance = min(self._allowance - epochs, most)
        self._looked = now
        return epochs

    def went(self, epochs: int, trained: int) -> None:
        """Learn from how long the epochs took since they were due, if so many were `trained`."""
        seconds = time.perf_counter() - self._looked
        if epochs and 4 * trained >= self._chunk:  # enough of them to tell
            able = int(trained * CHUNK_SECONDS / max(seconds, 1e-6))
            self._chunk = max(1, min(4 * self._chunk, able))
        self.measured = epochs / max(seconds, 1e-9)
