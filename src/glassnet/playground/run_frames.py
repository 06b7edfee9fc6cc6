"""The frames of one run: when the next may be made, and what is on it."""

from __future__ import annotations

import time

import numpy as np

from glassnet.core.parameters import Parameters
from glassnet.playground.calculation import PHASES, index
from glassnet.playground.frames import packed
from glassnet.playground.protocol import Frame, FrameHeader
from glassnet.playground.run_controller import RunController
from glassnet.playground.timeline import Timeline
from glassnet.playground.view import View
from glassnet.training.stop_reason import StopKind

LARGEST = 1e30  # loss that is drawn
MEASURING = 0.001  # seconds a frame that are spent on the curve of the score


class RunFrames:
    """Makes frames of a run as fast as they are drawn."""

    def __init__(self, run: RunController) -> None:
        self.run = run
        self._made = 0  # frames
        self._drawn = 0  # the number of the last that was
        self._played = False  # whether the last was made while it played
        self._hurried = False
        self._end: tuple[Timeline | None, int, float] = (None, 0, 0.0)  # of the curve
        self.shows_gradient = False

    @property
    def are_due(self) -> bool:
        """Whether there is something to draw, and who draws is ready.

        While it plays one frame waits there while another is on its way: so the screen never waits
        for either. What was asked for does not wait until what went on by itself has been drawn.
        """
        ahead = self.run.playback.playing or self._played
        return self.run.dirty and self._made - self._drawn < 1 + ahead + self._hurried

    def hurry(self) -> None:
        """Let what there is to draw now not wait, since it has been asked for."""
        self._hurried = self.run.dirty

    def drawn(self, frame: int | None) -> None:
        """Note that the frame of this number was drawn, or is out of date; None is the last."""
        self._drawn = self._made if frame is None else index("frame", frame, self._made)

    def show_gradient(self, shows: bool) -> None:
        """Send the gradient with each frame, or not."""
        self.shows_gradient = shows
        self.run.dirty = True

    def make(self, asked: int = 0) -> Frame:
        """Return what there is to draw now; `asked` is the number of the last command obeyed."""
        run, view = self.run, self.run.view
        run.dirty, self._hurried = False, False
        self._made += 1
        self._played = run.playback.playing
        parameters = run.parameters
        arrays, standing = view.pictures(parameters)
        arrays |= {"curve": np.minimum(self._curve(standing["loss"]), LARGEST).astype(np.float32)}
        # What is still missing is measured for the next frame.
        run.dirty = not run.timeline.measure(view.judge, time.perf_counter() + MEASURING)
        arrays |= {"measures": np.minimum(run.timeline.measured()[:4], LARGEST).astype(np.float32)}
        if self.shows_gradient or run.phase in PHASES[1:]:
            arrays |= {"gradient": self._gradient(view, parameters)}
        if run.phase is not None:
            arrays |= view.passes(parameters, run.watched)
        if run.phase == "update" and run.before is not None:
            arrays["before"] = run.before
        return Frame(run.name, packed({**standing, **self._header(asked)}, arrays))

    def _curve(self, loss: float | None) -> np.ndarray:
        """The loss by epoch, up to that at the end, which is known once it was shown."""
        run = self.run
        if run.cursor == run.timeline.last:
            self._end = (run.timeline, run.cursor, LARGEST if loss is None else loss)
        epochs, low, high = run.timeline.curve()
        timeline, last, loss_there = self._end
        if timeline is not run.timeline or last != run.timeline.last:
            return np.array([epochs, low, high])
        return np.array(
            [[*epochs, last], [*low, loss_there], [*high, loss_there]], dtype=np.float64
        )

    def _header(self, asked: int) -> FrameHeader:
        run, timeline, playback = self.run, self.run.timeline, self.run.playback
        training = timeline.segments[-1].training
        return {
            "kind": "frame",
            "run": run.name,
            "frame": self._made,
            "asked": asked,
            "scene": run.scene,
            "epoch": run.cursor,
            "last": timeline.last,
            "playing": playback.playing,
            "phase": run.phase,
            "watched": run.watched,
            "epoch_loss": timeline.loss_of(run.cursor),
            "ended": training.explained(timeline.segments[-1].first) if run.at_end else None,
            "finished": timeline.ended,
            "diverged": run.at_end and training.run.stop_reason.kind is StopKind.DIVERGED,
            "epochs_per_second": playback.measured if playback.playing else None,
            "changes": [change.epoch for change in timeline.scenario.changes],
        }

    def _gradient(self, view: View, parameters: Parameters) -> np.ndarray:
        """The gradient of the average loss that the next update follows."""
        trace = view.gradient(parameters)
        state = self.run.timeline.segment_at(self.run.cursor).training.state
        _, slope = state.penalty.loss_and_gradient(parameters)
        return trace.gradient.vector / trace.weight_sum + slope
