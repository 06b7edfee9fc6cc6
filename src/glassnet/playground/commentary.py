"""What there is to say of the runs where they rest: what is wrong with each, how two differ."""

from __future__ import annotations

from glassnet.explain import diagnose
from glassnet.playground.comparison import compared
from glassnet.playground.protocol import Tell
from glassnet.playground.run_controller import RunController


class Commentary:
    """Says it once for each place in time at which the runs rest."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._diagnosed: dict[str, object] = {}  # by run, the place of the last diagnosis
        self._compared: object = None  # what the last comparison was of

    def is_complete(self, runs: list[RunController]) -> bool:
        """Whether all has been said."""
        diagnosed = all(self._diagnosed.get(run.name) == _place(run) for run in runs)
        return diagnosed and self._compared == _reached(runs)

    def add(self, runs: list[RunController]) -> None:
        """Say what has not been said."""
        for run in runs:
            if self._diagnosed.get(run.name) != _place(run):
                self._diagnosed[run.name] = _place(run)
                self._diagnose(run)
        reached, before = _reached(runs), self._compared
        self._compared = reached
        if reached is not None and reached != before:
            a, b = (run.outcome() for run in runs)
            self._tell(compared(a, b))

    def _diagnose(self, run: RunController) -> None:
        if run.cursor != run.timeline.last:
            return
        training = run.timeline.segments[-1].training
        found = []
        if training.epoch > 0 or training.ended:
            found = diagnose(
                training.so_far(),
                *run.timeline.trained_on,
                validation_loss=run.timeline.held_out_losses(run.view.judge),
            )
        self._tell(
            {
                "kind": "diagnosis",
                "run": run.name,
                "epoch": run.cursor,
                "found": [
                    {"name": d.name, "sentence": d.sentence, "advice": d.advice} for d in found
                ],
            }
        )


def _place(run: RunController) -> object:
    """Where a run stands; a start that diverges at once ends where it began."""
    return run.timeline, run.cursor, run.timeline.ended


def _reached(runs: list[RunController]) -> object:
    """What a comparison is of; None of a single run."""
    return None if len(runs) == 1 else [(run.timeline, run.timeline.last) for run in runs]
