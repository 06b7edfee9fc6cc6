"""A training that can be played, stopped, gone back in, changed and undone; and its frames."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.core.parameters import Array, Parameters
from glassnet.errors import InputError
from glassnet.explain import diagnose
from glassnet.playground.calculation import PHASES, calculation, index
from glassnet.playground.comparison import Outcome
from glassnet.playground.downloads.snapshot import Snapshot
from glassnet.playground.frames import packed
from glassnet.playground.playback import Playback
from glassnet.playground.points import Points
from glassnet.playground.scenario import (
    GOALS,
    ON_THE_WAY,
    OPENED,
    OWN,
    Change,
    Scenario,
    Spec,
    checked_values,
    difference,
)
from glassnet.playground.timeline import Timeline, replay_to
from glassnet.playground.undo_stack import Step, UndoEntry, UndoStack
from glassnet.playground.view import View
from glassnet.training.stop_reason import StopKind

Request = Mapping[str, Any]
LARGEST = 1e30  # loss that is drawn
MEASURING = 0.001  # seconds a frame that are spent on the curve of the score


class RunController:
    """A timeline and a place in it, after `cursor` epochs; texts about it are told by `tell`.

    Two that are compared share their playback, the numbers by which scenes are told apart, and the
    step to undo that is done now.
    """

    def __init__(
        self,
        timeline: Timeline,
        epoch: int,
        tell: Callable[[str], None],
        playback: Playback,
        scenes: Iterator[int],
        step: Step,
        run: str = "a",
        past: Sequence[UndoEntry] = (),
    ) -> None:
        self._shown: dict[str, Any] = {}  # the scene that was told last
        self._made = 0  # frames
        self._drawn = 0  # the number of the last that was
        self._played = False  # whether the last was made while it played
        self._hurried = False
        self._tell = tell
        self._playback = playback
        self._scenes = scenes
        self._step = step
        self._run = run  # its name, "b" for the second of two
        self._undo = UndoStack(past)
        self._before: Array | None = None
        self.watched = 0
        self.shows_gradient = False
        # The points that were here last.
        self.own: Points | None = next(
            (p.scenario.points for p in past[::-1] if p.scenario.points), None
        )
        self._diagnosed: object = None  # the place at which what is amiss has been told
        self.begin(timeline, epoch)

    # --- what can be asked for

    def begin(self, timeline: Timeline, epoch: int) -> None:
        """Show another timeline, of whatever data and network, after so many epochs."""
        self._playback.playing = False
        self._scene = next(self._scenes)
        self.own = timeline.scenario.points or self.own
        self._view = View(timeline)
        self.watched = min(self.watched, len(timeline.X) - 1)
        scene = self._view.scene
        news = {name: value for name, value in scene.items() if self._shown.get(name) != value}
        self._shown = scene
        self._text("scene", scene=self._scene, **news)
        self._replace(timeline, timeline.nearest(epoch))

    def set(self, request: Request, *, from_start: bool = False) -> None:
        """Change what is trained, or how; from where it stands, if that can be and is wanted."""
        now = self.timeline.scenario.now
        spec = now.changed(request.get("spec"))
        names = set(difference(spec, now))
        if not names:
            return
        if names <= GOALS:
            self._replace(self.timeline.with_goals(spec), self.cursor)
        elif names <= ON_THE_WAY and self.cursor > 0 and not from_start:
            self._change(Change(self.cursor, spec=spec))
        else:
            self.begin_anew(spec, self.own if spec.data == OWN else None)

    def begin_anew(self, spec: Spec, points: Points | None) -> None:
        """Train anew, on these own points or on the data that the spec names."""
        timeline = self.from_start(spec, points)
        self.remember()
        self.begin(timeline, 0)

    def from_start(self, spec: Spec, points: Points | None) -> Timeline:
        """A training from the same start with other settings, as far as they allow."""
        initial = self.timeline.initial
        seen = initial.points_of(Scenario(spec, points=points))
        spec = spec.fitting(len(seen.inputs))
        if self.timeline.scenario.now.initialiser == OPENED:
            spec = initial.with_a_start(spec, len(seen.classes))
        return replay_to(self.timeline.scenario.begun_anew(spec, points), initial, 0)

    def edit(self, request: Request) -> None:
        """Set weights or biases by hand."""
        self._change(Change(self.cursor, checked_values(request.get("values"))))

    def before_last_change(self) -> tuple[Timeline, int]:
        """What undo would lead back to. Raises InputError if there is nothing."""
        return self._undo.newest(self.timeline.initial)

    def undo(self, before: tuple[Timeline, int]) -> None:
        """Take back the last change, `before` which this was shown."""
        self._undo.drop()
        self.begin(*before)

    def draw_a_start(self, seed: int) -> None:
        """Begin with other weights."""
        scenario = self.timeline.scenario
        self.begin_anew(replace(scenario.now.drawing_a_start(), seed=seed), scenario.points)

    def back_to_start(self) -> None:
        """The start of this scenario, without the changes made on the way."""
        scenario = self.timeline.scenario
        if scenario.changes:
            timeline = Timeline(
                Scenario(scenario.now, points=scenario.points), self.timeline.initial
            )
            self.remember()
            self.begin(timeline, 0)

    def watch(self, request: Request) -> None:
        """Choose the point whose numbers the phases show."""
        self.watched = index("point", request.get("row"), len(self.timeline.X) - 1)
        self.dirty = True

    def show_gradient(self, request: Request) -> None:
        """Send the gradient with each frame, or not."""
        self.shows_gradient = bool(request.get("gradient"))
        self.dirty = True

    def snapshot(self, *, dark: bool) -> Snapshot:
        """What files of this moment are made of."""
        return Snapshot.of(self.timeline, self.cursor, self._view.extent, dark=dark)

    def explain(self, request: Request) -> None:
        """Tell the complete calculation of a point."""
        found = calculation(self.timeline, self.cursor, request)
        self._text("explanation", asked=request.get("asked"), **found)  # the page's own number

    # --- its place in time

    @property
    def at_end(self) -> bool:
        """Whether it stands where its training has come to an end."""
        return self.timeline.ended and self.cursor == self.timeline.last

    @property
    def stride(self) -> int:
        """Epochs from one that is kept to the next."""
        return self.timeline.segment_at(self.cursor).training.history.stride

    def go_to(self, epoch: int) -> None:
        """Come to the last epoch up to this one that is kept."""
        self.cursor = self.timeline.nearest(epoch)
        self.stand(None)

    def heed_goals(self) -> None:
        """Train anew up to here, if what is known goes beyond goals that were set later."""
        timeline = self.timeline
        if timeline.is_beyond_goals:
            self._replace(replay_to(timeline.scenario, timeline.initial, self.cursor), self.cursor)

    def forth_to(self, epoch: int) -> int:
        """Come to the last epoch up to this one that is kept, but not back; by how many it was."""
        before = self.cursor
        # A training that diverges ends one epoch before the last it had done.
        self.cursor = min(max(self.timeline.nearest(epoch), before), self.timeline.last)
        self.dirty = True
        return self.cursor - before

    def stand(self, phase: str | None) -> None:
        """Show a phase of the update that comes next, or none."""
        self.phase = phase
        self.dirty = True

    def check_phases(self) -> None:
        """Raises InputError unless one epoch is one update, whose phases can be shown."""
        spec = self.timeline.scenario.now
        if spec.batch_size is not None and spec.batch_size < len(self.timeline.trained_on[0]):
            raise InputError(
                "Phases show one update of the whole batch: set the batch size to all."
            )

    def keep_before(self) -> None:
        """Keep the parameters of now, which an update is about to change."""
        self._before = self._parameters.vector.copy()

    @property
    def _parameters(self) -> Parameters:
        return self.timeline.parameters_at(self.cursor)

    # --- other timelines

    def _change(self, change: Change) -> None:
        timeline = self.timeline.changed(change)
        self.remember()
        self._replace(timeline, change.epoch)

    def remember(self) -> None:
        """Keep what is shown now, so that undo comes back to it."""
        self._undo.remember(self.timeline, self.cursor, self._step.number)

    @property
    def last_change(self) -> int:
        """The step of the last change that can be undone; -1 if there is none."""
        return self._undo.step

    def _replace(self, timeline: Timeline, cursor: int) -> None:
        """Another timeline of the same data and network."""
        self.timeline = self._view.timeline = timeline
        self.cursor = min(cursor, timeline.last)
        self._playback.restart()
        self.stand(None)
        self._text("story", **self._described())

    def _described(self) -> dict[str, Any]:
        scenario = self.timeline.scenario
        now = {name: _plain(value) for name, value in scenario.now.__dict__.items()}
        return {
            "story": scenario.to_json(),
            "spec": now,
            **self._undo.news(),
            "has_own": self.own is not None,
            "has_opened": self.timeline.initial.points is not None,
        }

    # --- what is shown

    @property
    def has_frame(self) -> bool:
        """Whether there is something to draw, and who draws is ready.

        While it plays one frame waits there while another is on its way: so the screen never waits
        for either. What was asked for does not wait until what went on by itself has been drawn.
        """
        ahead = self._playback.playing or self._played
        return self.dirty and self._made - self._drawn < 1 + ahead + self._hurried

    def hurry(self) -> None:
        """What there is to draw now has been asked for."""
        self._hurried = self.dirty

    def drawn(self, request: Request) -> None:
        """The frame with this number has been drawn, or is out of date; without one, the last."""
        self._drawn = index("frame", request.get("frame", self._made), self._made)

    def frame(self, asked: int = 0) -> bytes:
        """What there is to draw now; `asked` is the number of the last command obeyed."""
        self.dirty, self._hurried = False, False
        self._made += 1
        self._played = self._playback.playing
        parameters = self._parameters
        arrays, header = self._view.pictures(parameters)
        epochs, low, high = self.timeline.curve()
        arrays |= {"curve": np.minimum([epochs, low, high], LARGEST).astype(np.float32)}
        # What is still missing is measured for the next frame.
        self.dirty = not self.timeline.measure(self._view.judge, time.perf_counter() + MEASURING)
        arrays |= {"measures": np.minimum(self.timeline.measured(), LARGEST).astype(np.float32)}
        if self.shows_gradient or self.phase in PHASES[1:]:
            arrays |= self._gradient(parameters)
        if self.phase is not None:
            arrays |= self._view.passes(parameters, self.watched)
        if self.phase == "update" and self._before is not None:
            arrays["before"] = self._before
        return packed({**header, **self._state(), "asked": asked}, arrays)

    def _state(self) -> dict[str, Any]:
        timeline = self.timeline
        training = timeline.segments[-1].training
        return {
            "kind": "frame",
            "run": self._run,
            "frame": self._made,
            "scene": self._scene,
            "epoch": self.cursor,
            "last": timeline.last,
            "playing": self._playback.playing,
            "phase": self.phase,
            "watched": self.watched,
            "epoch_loss": timeline.loss_of(self.cursor),
            "ended": training.explained(timeline.segments[-1].first) if self.at_end else None,
            "finished": timeline.ended,
            "diverged": self.at_end and training.run.stop_reason.kind is StopKind.DIVERGED,
            "epochs_per_second": self._playback.measured if self._playback.playing else None,
            "changes": [change.epoch for change in timeline.scenario.changes],
        }

    def _gradient(self, parameters: Parameters) -> dict[str, np.ndarray]:
        """The gradient of the average loss that the next update follows."""
        trace = self._view.gradient(parameters)
        state = self.timeline.segment_at(self.cursor).training.state
        _, slope = state.penalty.loss_and_gradient(parameters)
        return {"gradient": trace.gradient.vector / trace.weight_sum + slope}

    def outcome(self) -> Outcome:
        """What the training has come to, wherever in its time this stands."""
        timeline = self.timeline
        _, standing = self._view.pictures(timeline.parameters_at(timeline.last))
        return Outcome(timeline, standing)

    @property
    def is_diagnosed(self) -> bool:
        """Whether what is amiss here has been told."""
        return self._diagnosed == self._place

    @property
    def _place(self) -> object:
        """Where it stands; a start that diverges at once ends where it began."""
        return self.timeline, self.cursor, self.timeline.ended

    def diagnose(self) -> None:
        """Say what is amiss, once for each place in time at which the training rests."""
        if self.is_diagnosed:
            return
        self._diagnosed = self._place
        if self.cursor != self.timeline.last:
            return
        training = self.timeline.segments[-1].training
        found = []
        if training.epoch > 0 or training.ended:
            found = diagnose(training.so_far(), *self.timeline.trained_on)
        self._text(
            "diagnosis",
            epoch=self.cursor,
            found=[{"name": d.name, "sentence": d.sentence, "advice": d.advice} for d in found],
        )

    def _text(self, kind: str, **message: Any) -> None:
        self._tell(json.dumps({"kind": kind, "run": self._run, **message}))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
