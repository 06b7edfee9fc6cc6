"""Where a visitor is: what is trained, after how many epochs, and what undo leads back to."""

from __future__ import annotations

from typing import NamedTuple

from glassnet.playground.initial_state import InitialState
from glassnet.playground.protocol import Request
from glassnet.playground.scenario import Scenario
from glassnet.playground.timeline import MOST_SECONDS, Steps, Timeline, replaying_to
from glassnet.playground.undo_stack import UndoEntry, undo_entries


class Position(NamedTuple):
    """The scenario of run a, that of run b if two are compared, and the epoch.

    `undo` is what undo leads back to, the oldest first.
    """

    a: Scenario
    b: Scenario | None = None
    epoch: int = 0
    undo: tuple[UndoEntry, ...] = ()

    @classmethod
    def of(cls, request: Request) -> Position:
        """The position that the command "open" describes; own data given once are those of all.

        Raises InputError if it describes none.
        """
        a = Scenario.from_json(request["scenario"])
        second = request["compare"]
        b = None if second is None else Scenario.from_json(second, a.points)
        return cls(a, b, request["epoch"], undo_entries(request["undo"], a.points))

    @classmethod
    def first(cls, initial: InitialState) -> Position:
        """Where a page opens."""
        return cls(initial.scenario, None, initial.epoch)

    def trainings(
        self, initial: InitialState, seconds: float = MOST_SECONDS
    ) -> Steps[tuple[Timeline, Timeline | None]]:
        """Train up to here: run a, and run b if there is one. Raises InputError if it cannot be."""
        # A run stands where its parameters were kept, and what came after that is known as well.
        known = initial.last if self.a == initial.scenario else 0
        a = yield from replaying_to(self.a, initial, max(self.epoch, known), seconds)
        if self.b is None:
            return a, None
        b = yield from replaying_to(self.b, initial, self.epoch, seconds)
        return a, b
