"""One training that can be played, stopped, gone back in, changed and undone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, cast

from glassnet.core.parameters import Array, Parameters
from glassnet.errors import InputError
from glassnet.playground.calculation import index
from glassnet.playground.comparison import Outcome
from glassnet.playground.playback import Playback
from glassnet.playground.points import Points
from glassnet.playground.protocol import RunName, Scene, Tell
from glassnet.playground.scenario import (
    GOALS,
    ON_THE_WAY,
    OPENED,
    OWN,
    Change,
    Scenario,
    Spec,
    difference,
)
from glassnet.playground.timeline import Steps, Timeline, replay_to, replaying_to
from glassnet.playground.undo_stack import UndoEntry, UndoStack
from glassnet.playground.view import View


@dataclass
class Shared:
    """What two runs that are compared have in common.

    `scenes` are the numbers of their scenes, `step` that of the step to undo that is done now.
    """

    tell: Tell
    playback: Playback = field(default_factory=Playback)
    scenes: Iterator[int] = field(default_factory=lambda: count(1))
    step: int = 0


class RunController:
    """A timeline and a place in it: after `cursor` epochs, in a `phase` of the next update or none.

    `dirty` says that there is something new to draw, `watched` is the row of the point whose
    numbers the phases show, `before` the parameters before a phase "update"; `own` are the own
    points that were here last.
    """

    def __init__(
        self,
        name: RunName,
        timeline: Timeline,
        epoch: int,
        shared: Shared,
        undo: Iterable[UndoEntry] = (),
    ) -> None:
        self.name: RunName = name
        self.playback = shared.playback
        self._shared = shared
        self._sent: dict[str, Any] = {}  # the scene that was sent last
        self.undo_stack = UndoStack(name, undo)
        self.own: Points | None = self.undo_stack.points
        self.dirty = True
        self.watched = 0
        self.before: Array | None = None
        self.begin(timeline, epoch)

    # --- other timelines

    def begin(self, timeline: Timeline, epoch: int) -> None:
        """Show another timeline, of whatever data and network, after so many epochs."""
        self.playback.playing = False
        self.scene = next(self._shared.scenes)
        self.own = timeline.scenario.points or self.own
        self.view = View(timeline)
        self.watched = min(self.watched, len(timeline.X) - 1)
        scene: dict[str, Any] = {**self.view.scene}
        news = {name: value for name, value in scene.items() if self._sent.get(name) != value}
        self._sent = scene
        head = {"kind": "scene", "run": self.name, "scene": self.scene}
        self._shared.tell(cast("Scene", {**head, **news}))
        self._replace(timeline, timeline.nearest(epoch))

    def set(self, described: Any, *, from_start: bool = False) -> None:
        """Change what is trained, or how; from where it stands, if that can be and is wanted."""
        now = self.timeline.scenario.now
        spec = now.changed(described)
        names = set(difference(spec, now))
        if not names:
            return
        if names <= GOALS:
            self._replace(self.timeline.with_goals(spec), self.cursor)
        elif names <= ON_THE_WAY and self.cursor > 0 and not from_start:
            self.change(Change(self.cursor, spec=spec))
        else:
            self.start_over(spec, self.own if spec.data == OWN else None)

    def change(self, change: Change) -> None:
        """Change something from here on."""
        timeline = self.timeline.changed(change)
        self.remember()
        self._replace(timeline, change.epoch)

    def start_over(self, spec: Spec, points: Points | None) -> None:
        """Train from the start, on these own points or on the data that the spec names."""
        timeline = self.from_start(spec, points)
        self.remember()
        self.begin(timeline, 0)

    def from_start(self, spec: Spec, points: Points | None) -> Timeline:
        """Return a training from the same start with other settings, as far as they allow."""
        initial, scenario = self.timeline.initial, self.timeline.scenario
        seen = initial.points_of(Scenario(spec, points=points))
        spec = spec.fitting(len(seen.inputs))
        if scenario.now.initialiser == OPENED:
            spec = initial.with_a_start(spec, len(seen.classes))
        return replay_to(scenario.restarted(spec, points), initial, 0)

    def draw_a_start(self, seed: int) -> None:
        """Begin with other weights."""
        scenario = self.timeline.scenario
        self.start_over(replace(scenario.now.drawing_a_start(), seed=seed), scenario.points)

    def drop_changes(self) -> None:
        """Begin this scenario without the changes made on the way."""
        scenario = self.timeline.scenario
        if scenario.changes:
            begun = Scenario(scenario.now, points=scenario.points)
            timeline = Timeline(begun, self.timeline.initial)
            self.remember()
            self.begin(timeline, 0)

    def remember(self) -> None:
        """Keep what is shown now, so that undo comes back to it."""
        self.undo_stack.remember(self.timeline, self.cursor, self._shared.step)

    def take_back(self, timeline: Timeline, epoch: int) -> None:
        """Undo the last change, before which this was shown."""
        self.undo_stack.drop()
        self.begin(timeline, epoch)

    def obey_goals(self) -> Steps[None]:
        """Train again up to here, if what is known goes beyond goals that were set later."""
        timeline = self.timeline
        if timeline.is_beyond_goals:
            again = yield from replaying_to(timeline.scenario, timeline.initial, self.cursor)
            self._replace(again, self.cursor)

    def _replace(self, timeline: Timeline, cursor: int) -> None:
        """Another timeline of the same data and network."""
        self.timeline = self.view.timeline = timeline
        self.cursor = min(cursor, timeline.last)
        self.playback.restart()
        self.stand(None)
        undo, before = self.undo_stack.news()
        spec = timeline.scenario.now.__dict__
        self._shared.tell(
            {
                "kind": "scenario",
                "run": self.name,
                "scenario": timeline.scenario.to_json(),
                "spec": {n: list(v) if isinstance(v, tuple) else v for n, v in spec.items()},
                "undo": undo,
                "before": before,
                "has_own": self.own is not None,
                "has_opened": timeline.initial.points is not None,
            }
        )

    # --- its place in time

    @property
    def parameters(self) -> Parameters:
        """The parameters that are shown."""
        return self.timeline.parameters_at(self.cursor)

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

    def watch(self, row: int) -> None:
        """Choose the point whose numbers the phases show. Raises InputError if there is none."""
        self.watched = index("point", row, len(self.timeline.X) - 1)
        self.dirty = True

    def check_phases(self) -> None:
        """Raises InputError unless one epoch is one update, whose phases can be shown."""
        spec = self.timeline.scenario.now
        if spec.batch_size is not None and spec.batch_size < len(self.timeline.trained_on[0]):
            raise InputError(
                "Phases show one update of the whole batch: set the batch size to all."
            )

    def outcome(self) -> Outcome:
        """Return what the training has come to, wherever in its time this stands."""
        timeline = self.timeline
        _, standing = self.view.pictures(timeline.parameters_at(timeline.last))
        return Outcome(timeline, standing)
