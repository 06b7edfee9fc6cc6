"""What undo leads back to: positions of a run, with their trainings for as long as they are here.

What one command changed in two runs is one step, and has one number. A page keeps these positions
as scenarios too. It hands them to a session that begins again, which trains one when it is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from glassnet.errors import InputError
from glassnet.playground.calculation import index
from glassnet.playground.initial_state import InitialState
from glassnet.playground.points import Points
from glassnet.playground.scenario import MOST_EPOCHS, Scenario
from glassnet.playground.timeline import Steps, Timeline, replaying_to

MOST_UNDONE = 50
MOST_STEPS = 2**53  # the numbers that a page can count
HISTORY_BYTES = 256 * 2**20  # of snapshots that undo may keep alive


@dataclass(frozen=True)
class UndoEntry:
    """A run's scenario at an epoch, the step that led on from it, and if here its training."""

    run: str
    scenario: Scenario
    epoch: int
    step: int
    timeline: Timeline | None = None


def undo_entries(described: Any, points: Points | None) -> tuple[UndoEntry, ...]:
    """Return the entries in a JSON list that begins with the newest; here the oldest comes first.

    Own data without points have those of the entry that came after, the newest these. Raises
    InputError for anything else.
    """
    if not isinstance(described, list) or len(described) > 2 * MOST_UNDONE:
        raise InputError(f"What can be undone is a JSON list of {2 * MOST_UNDONE} at most.")
    found: list[UndoEntry] = []
    for entry in described:
        if not isinstance(entry, Mapping) or entry.get("run") not in ("a", "b"):
            raise InputError("What can be undone are changes of run a or b.")
        scenario = Scenario.from_json(entry.get("scenario"), points)
        points = scenario.points or points
        epoch = index("epoch", entry.get("epoch"), MOST_EPOCHS)
        step = index("step to undo", entry.get("step"), MOST_STEPS)
        found.append(UndoEntry(entry["run"], scenario, epoch, step))
    return tuple(reversed(found))


class UndoStack:
    """The entries of one run, the newest last."""

    def __init__(self, run: str, entries: Iterable[UndoEntry] = ()) -> None:
        self._run = run
        self._entries = [entry for entry in entries if entry.run == run]
        self._added: UndoEntry | None = None

    @property
    def step(self) -> int:
        """The step that led on from the newest; -1 if there is none."""
        return self._entries[-1].step if self._entries else -1

    @property
    def points(self) -> Points | None:
        """The own points that are the newest."""
        owned = (entry.scenario.points for entry in reversed(self._entries))
        return next(filter(None, owned), None)

    def remember(self, timeline: Timeline, epoch: int, step: int) -> None:
        """Keep a position that a step leads on from."""
        self._added = UndoEntry(self._run, timeline.scenario, epoch, step, timeline)
        self._entries.append(self._added)
        while len(self._entries) > MOST_UNDONE or _history_bytes(self._entries) > HISTORY_BYTES:
            del self._entries[0]

    def newest(self, initial: InitialState) -> Steps[tuple[Timeline, int]]:
        """Come to the newest, trained again if it is not here.

        Raises InputError if that takes too long or there is none.
        """
        if not self._entries:
            raise InputError("There is nothing to undo.")
        entry = self._entries[-1]
        timeline = entry.timeline
        if timeline is None:
            timeline = yield from replaying_to(entry.scenario, initial, entry.epoch)
        return timeline, entry.epoch

    def drop(self) -> None:
        """Forget the newest, which has been taken back."""
        del self._entries[-1]

    def news(self) -> tuple[int, dict[str, Any] | None]:
        """How many there are, and as JSON the one that was added since this was asked."""
        added, self._added = self._added, None
        if added is None:
            return len(self._entries), None
        scenario = added.scenario.to_json()
        return len(self._entries), {"scenario": scenario, "epoch": added.epoch, "step": added.step}


def _history_bytes(entries: list[UndoEntry]) -> int:
    trainings = {s.training for e in entries if e.timeline for s in e.timeline.segments}
    return sum(
        len(t.history.snapshot_epochs) * t.start.vector.nbytes + 8 * t.epoch for t in trainings
    )
