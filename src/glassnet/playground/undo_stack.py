"""What undo leads back to: moments of a run, and their trainings for as long as they are here.

What one command changed in two runs is one step, and has one number. A page keeps these moments as
well, as scenarios. It hands them to a server that was started again, which trains one of them anew
when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from glassnet.errors import InputError
from glassnet.playground.calculation import index
from glassnet.playground.points import Points
from glassnet.playground.scenario import MOST_EPOCHS, Scenario
from glassnet.playground.timeline import InitialState, Timeline, replay_to

MOST_UNDONE = 50
MOST_STEPS = 2**53  # the numbers that a page can count
HISTORY_BYTES = 256 * 2**20  # of snapshots that undo may keep alive


class UndoEntry(NamedTuple):
    """A moment of a run that undo leads back to, as a page hands it over: see `_Entry`."""

    run: str
    scenario: Scenario
    epoch: int
    step: int


def pasts(described: Any, points: Points | None) -> tuple[UndoEntry, ...]:
    """The moments in a JSON list that begins with the newest; here the oldest comes first.

    Own data without points have those of the moment that came after, the newest these. Raises
    InputError for anything else.
    """
    if not isinstance(described, list) or len(described) > 2 * MOST_UNDONE:
        raise InputError(f"What can be undone is a JSON list of {2 * MOST_UNDONE} moments at most.")
    found: list[UndoEntry] = []
    for moment in described:
        if not isinstance(moment, Mapping) or moment.get("run") not in ("a", "b"):
            raise InputError("What can be undone are moments of run a or b.")
        scenario = Scenario.from_json(moment.get("story"), points)
        points = scenario.points or points
        epoch = index("epoch", moment.get("epoch"), MOST_EPOCHS)
        step = index("step to undo", moment.get("step"), MOST_STEPS)
        found.append(UndoEntry(moment["run"], scenario, epoch, step))
    return tuple(reversed(found))


class Step:
    """The number of the command that is obeyed now, above those of all moments of the past."""

    def __init__(self, past: Iterable[UndoEntry]) -> None:
        self.number = max((moment.step for moment in past), default=0)

    def next(self) -> None:
        """Another command is obeyed from now on."""
        self.number += 1


@dataclass(frozen=True)
class _Entry:
    """A scenario at an epoch, the step that led on from it, and its training if that is here."""

    step: int
    scenario: Scenario
    epoch: int
    timeline: Timeline | None = None


class UndoStack:
    """The moments of one run that undo leads back to, the newest last."""

    def __init__(self, past: Iterable[UndoEntry] = ()) -> None:
        self._moments = [_Entry(step, scenario, epoch) for _, scenario, epoch, step in past]
        self._added: _Entry | None = None

    @property
    def step(self) -> int:
        """The step that led on from the newest; -1 if there is none."""
        return self._moments[-1].step if self._moments else -1

    def remember(self, timeline: Timeline, epoch: int, step: int) -> None:
        """Keep a moment that a step leads on from."""
        self._added = _Entry(step, timeline.scenario, epoch, timeline)
        self._moments.append(self._added)
        while len(self._moments) > MOST_UNDONE or _history_bytes(self._moments) > HISTORY_BYTES:
            del self._moments[0]

    def newest(self, initial: InitialState) -> tuple[Timeline, int]:
        """The newest, trained again if it is not here.

        Raises InputError if that takes too long or there is none.
        """
        if not self._moments:
            raise InputError("There is nothing to undo.")
        newest = self._moments[-1]
        return newest.timeline or replay_to(newest.scenario, initial, newest.epoch), newest.epoch

    def drop(self) -> None:
        """The newest has been taken back."""
        del self._moments[-1]

    def news(self) -> dict[str, Any]:
        """How many there are, and the one that was added since this was asked, as JSON values."""
        added, self._added = self._added, None
        before = added and {
            "story": added.scenario.to_json(),
            "epoch": added.epoch,
            "step": added.step,
        }
        return {"undo": len(self._moments), "before": before}


def _history_bytes(moments: list[_Entry]) -> int:
    trainings = {s.training for m in moments if m.timeline for s in m.timeline.segments}
    return sum(
        len(t.history.snapshot_epochs) * t.start.vector.nbytes + 8 * t.epoch for t in trainings
    )
