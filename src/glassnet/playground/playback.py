"""How fast a training is shown: the epochs that are due, at a speed or as fast as it goes."""

from __future__ import annotations

import time

from glassnet.engines.compiled import default_threads
from glassnet.playground.scenario import MOST_EPOCHS

CHUNK_SECONDS = 0.004  # of training between two looks at the commands
REST_SECONDS = 0.008  # after each, where processors are few: the browser needs them more than it
ENOUGH = 4  # processors for a training that never rests


class Playback:
    """Tells how many epochs are due, and keeps each piece of training short."""

    def __init__(self) -> None:
        self.playing = False
        self.measured = 0.0  # epochs a second
        self._speed: float | None = 1000.0
        self._chunk = 1
        self._allowance = 0.0
        self._looked = 0.0  # the time of the session when epochs were due last
        self._began = 0.0  # the clock then
        self._rested = 0.0  # when the processor has had its rest
        self._rest = REST_SECONDS if default_threads() < ENOUGH else 0.0

    def set_speed(self, speed: float | None) -> None:
        """Go at so many epochs a second; None is as fast as it goes."""
        self._speed, self._allowance = speed, 0.0

    def start(self, now: float) -> None:
        """Begin to play; the first epoch is due at once."""
        self.playing = True
        self._looked, self._allowance, self._rested = now, 1.0, now

    def restart(self) -> None:
        """Another training has begun: how long its epochs take is not known yet."""
        self._chunk = 1

    def seconds_to_wait(self, now: float) -> float:
        """Until the next epoch is due, or of a fast training the next few."""
        if self._speed is None:
            return max(self._rested - now, 0.0)
        due = self._looked + max((1 - self._allowance) / self._speed, CHUNK_SECONDS)
        return max(due - now, 0.0)

    def due(self, now: float, replayed: int | None) -> int:
        """The epochs to go on by now.

        Through what is known it is at full speed `replayed`, which else is None.
        """
        self._began = time.perf_counter()
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
        seconds = time.perf_counter() - self._began
        self._rested = self._looked + seconds + self._rest
        if epochs and 4 * trained >= self._chunk:  # enough of them to tell
            able = int(trained * CHUNK_SECONDS / max(seconds, 1e-6))
            self._chunk = max(1, min(4 * self._chunk, able))
        self.measured = epochs / max(seconds, 1e-9)
