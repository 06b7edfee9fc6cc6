"""The time of one run, or of two that go through it together."""

from __future__ import annotations

from glassnet.playground.calculation import PHASES
from glassnet.playground.playback import Playback
from glassnet.playground.run_controller import RunController
from glassnet.playground.timeline import Steps

REPLAY_CHUNKS = 120  # in so many steps the history is played back at full speed


class Lockstep:
    """What is done in time is done to all `runs`: one, or two that are compared."""

    def __init__(self, playback: Playback) -> None:
        self.playback = playback
        self.runs: list[RunController] = []

    @property
    def cursor(self) -> int:
        """The epoch that is shown; the later one, where one run has ended before the other."""
        return max(run.cursor for run in self.runs)

    def play(self, now: float) -> Steps[None]:
        """Play the history from here, and train on at its end; from the end of all runs, again."""
        if all(run.at_end for run in self.runs):
            self.go_to(0)
        yield from self._obey_goals()
        self.playback.start(now)
        for run in self.runs:
            run.stand(None)

    def _obey_goals(self) -> Steps[None]:
        """Before time goes on: no run goes further than its goals, though it had been once."""
        for run in self.runs:
            yield from run.obey_goals()

    def pause(self) -> None:
        """Stand still."""
        self.playback.playing = False
        for run in self.runs:
            run.dirty = True

    def one_epoch(self) -> Steps[None]:
        """Go one epoch on."""
        self.pause()
        yield from self._obey_goals()
        for run in self.runs:
            run.stand(None)
        self._forth(1)

    def one_phase(self) -> Steps[None]:
        """Forward, loss, backward, update: the next of them."""
        for run in self.runs:
            run.check_phases()
        self.pause()
        yield from self._obey_goals()
        going = self._going() or self.runs
        now = going[0].phase
        following = PHASES[0 if now is None else (PHASES.index(now) + 1) % len(PHASES)]
        if following == "update":
            for run in going:
                run.before = run.parameters.vector.copy()
            if not self._forth(1):
                following = PHASES[0]
        for run in self.runs:
            run.stand(following if run in going else None)

    def go_to(self, epoch: int) -> None:
        """Come to an epoch to which all runs have come, or to the end of those that ended."""
        under_way = [run.timeline.last for run in self.runs if not run.timeline.ended]
        epoch = min([epoch, *under_way])
        self.playback.playing = False
        for run in self.runs:
            run.go_to(_kept(self.runs, epoch))

    def meet(self, run: RunController) -> None:
        """Let both stand at the same epoch, after a change in one of two."""
        if len(self.runs) > 1:
            self.go_to(run.cursor)

    def go_on(self, now: float) -> None:
        """Play what is due."""
        if self.playback.seconds_to_wait(now) > 0:
            return
        going = self._going()
        known = [run.timeline.last for run in going if run.cursor < run.timeline.last]
        replaying = len(known) == len(going) > 0
        epochs = self.playback.due(now, -(-max(known) // REPLAY_CHUNKS) if replaying else None)
        if replaying:  # up to where it has to be trained, which takes longer
            epochs = min(epochs, min(known) - min(run.cursor for run in going))
        if epochs < 1:
            return
        moved = self._forth(epochs)
        self.playback.went(moved, 0 if replaying else epochs)
        if not moved or not self._going():
            self.pause()

    def _going(self) -> list[RunController]:
        return [run for run in self.runs if not run.at_end]

    def _forth(self, epochs: int) -> int:
        """Go so many epochs on, through what is known or by training; by how many it was.

        Who has come to its end stays there; who is behind catches up before the others go on.
        """
        going = self._going()
        if not going:
            return 0
        start = min(run.cursor for run in going)
        for run in going:
            run.timeline.advance_to(start + epochs)
        target = _kept(going, start + epochs)
        if target <= start:  # between two snapshots: on to the next
            target = _kept(going, start + max(run.stride for run in going))
        return max(run.forth_to(target) for run in going)


def _kept(runs: list[RunController], epoch: int) -> int:
    """The last epoch up to this one that all who came so far have kept.

    Those that went further apart keep every second, fourth... of their epochs; the one with the
    longest strides decides.
    """
    return min(
        (run.timeline.nearest(epoch) for run in runs if run.timeline.last >= epoch), default=epoch
    )
