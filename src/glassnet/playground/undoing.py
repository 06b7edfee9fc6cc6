"""What undo leads back to: moments of a run, and their trainings for as long as they are here.

A page keeps these moments as well, as stories. It hands them to a server that was started again,
which trains one of them anew when it is asked for.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from glassnet.errors import InputError
from glassnet.playground.calculation import index
from glassnet.playground.points import Points
from glassnet.playground.story import MOST_EPOCHS, Story
from glassnet.playground.timeline import Opening, Timeline, told

MOST_UNDONE = 50
HISTORY_BYTES = 256 * 2**20  # of snapshots that undo may keep alive


class Past(NamedTuple):
    """A moment of a run that undo leads back to, as a page hands it over.

    `left` tells their order, and is below every time at which something is left here.
    """

    run: str
    story: Story
    epoch: int
    left: float


def pasts(described: Any, points: Points | None) -> tuple[Past, ...]:
    """The moments in a JSON list that begins with the newest; here the oldest comes first.

    Own data without points have those of the moment that came after, the newest these. Raises
    InputError for anything else.
    """
    if not isinstance(described, list) or len(described) > 2 * MOST_UNDONE:
        raise InputError(f"What can be undone is a JSON list of {2 * MOST_UNDONE} moments at most.")
    found: list[Past] = []
    for age, moment in enumerate(described, 1):
        if not isinstance(moment, Mapping) or moment.get("run") not in ("a", "b"):
            raise InputError("What can be undone are moments of run a or b.")
        story = Story.from_json(moment.get("story"), points)
        points = story.points or points
        epoch = index("epoch", moment.get("epoch"), MOST_EPOCHS)
        found.append(Past(moment["run"], story, epoch, -float(age)))
    return tuple(reversed(found))


@dataclass(frozen=True)
class _Step:
    """A moment, the time at which it was left, and its training if that is here."""

    left: float
    story: Story
    epoch: int
    timeline: Timeline | None = None


class Undoing:
    """The moments of one run that undo leads back to, the newest last."""

    def __init__(self, past: Iterable[Past] = ()) -> None:
        self._steps = [_Step(left, story, epoch) for _, story, epoch, left in past]
        self._added: _Step | None = None

    @property
    def left_at(self) -> float:
        """The time at which the newest was left."""
        return self._steps[-1].left if self._steps else float("-inf")

    def remember(self, timeline: Timeline, epoch: int) -> None:
        """Keep a moment that is left now."""
        self._added = _Step(time.monotonic(), timeline.story, epoch, timeline)
        self._steps.append(self._added)
        while len(self._steps) > MOST_UNDONE or _history_bytes(self._steps) > HISTORY_BYTES:
            del self._steps[0]

    def take_back(self, opening: Opening) -> tuple[Timeline, int]:
        """The newest, which is none of them from now on; trained again if it is not here.

        Raises InputError, and keeps it, if that takes too long or there is none.
        """
        if not self._steps:
            raise InputError("There is nothing to undo.")
        newest = self._steps[-1]
        timeline = newest.timeline or told(newest.story, opening, newest.epoch)
        del self._steps[-1]
        return timeline, newest.epoch

    def news(self) -> dict[str, Any]:
        """How many there are, and the one that was added since this was asked, as JSON values."""
        added, self._added = self._added, None
        before = added and {"story": added.story.to_json(), "epoch": added.epoch}
        return {"undo": len(self._steps), "before": before}


def _history_bytes(steps: list[_Step]) -> int:
    trainings = {s.training for step in steps if step.timeline for s in step.timeline.segments}
    return sum(
        len(t.history.snapshot_epochs) * t.start.vector.nbytes + 8 * t.epoch for t in trainings
    )
