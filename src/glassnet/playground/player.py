"""A training that can be played, stopped, gone back in, changed and undone; and its frames."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.errors import InputError
from glassnet.explain import diagnose
from glassnet.parameters import Array, Parameters
from glassnet.playground.calculation import PHASES, calculation, index
from glassnet.playground.frames import packed
from glassnet.playground.pace import Pace
from glassnet.playground.points import Points
from glassnet.playground.story import (
    GOALS,
    MOST_EPOCHS,
    ON_THE_WAY,
    OWN,
    Change,
    Spec,
    Story,
    checked_values,
    difference,
)
from glassnet.playground.timeline import Opening, Timeline, told
from glassnet.playground.uploads import Upload
from glassnet.playground.view import View
from glassnet.training import fresh_seed

Request = Mapping[str, Any]
REPLAY_CHUNKS = 120  # in so many steps the history is played back at full speed
MOST_UNDONE = 50
HISTORY_BYTES = 256 * 2**20  # of snapshots that undo may keep alive
LARGEST = 1e30  # loss that is drawn
MEASURING = 0.004  # seconds a frame that are spent on the curve of the score


class Player:
    """A timeline and a place in it, after `cursor` epochs; texts about it are told by `tell`."""

    def __init__(self, opening: Opening, tell: Callable[[str], None], run: str = "a") -> None:
        self.playing = False
        self.cursor = 0
        self.dirty = False  # something has changed since the last frame
        self.ready = True  # the last frame has been drawn
        self._opening = opening
        self._tell = tell
        self._run = run  # its name, "b" for the second of two
        self._pace = Pace()
        self._undo: list[tuple[Timeline, int]] = []
        self._scene = 0
        self._phase: str | None = None
        self._before: Array | None = None
        self._watched = 0
        self._shows_gradient = False
        self._diagnosed: tuple[Timeline, int] | None = None
        self._own: Points | None = None  # that were here last
        self._upload: Upload | None = None
        self._show(told(opening.story, opening, opening.epoch), 0)
        self.go_to({"epoch": opening.epoch})
        if opening.notes:
            self._text("notes", notes=opening.notes)

    # --- what can be asked for

    def open(self, request: Request) -> None:
        """Come to where a story and an epoch say."""
        story, epoch = moment(request)
        self._show(told(story, self._opening, epoch), 0)
        self.go_to({"epoch": epoch})

    def set(self, request: Request) -> None:
        """Change what is trained, or how."""
        now = self.timeline.story.now
        spec = now.changed(request.get("spec"))
        names = set(difference(spec, now))
        if not names:
            return
        if names <= GOALS:
            self._replace(self.timeline.with_goals(spec), self.cursor)
        elif names <= ON_THE_WAY and self.cursor > 0:
            self._change(Change(self.cursor, spec=spec))
        else:
            self._begin(spec, self._own if spec.data == OWN else None)

    def edit(self, request: Request) -> None:
        """Set weights or biases by hand."""
        self._change(Change(self.cursor, checked_values(request.get("values"))))

    def paint(self, request: Request) -> None:
        """Add, change or remove points; those of a built-in set become own data by that."""
        playing = self.playing
        points = self.timeline.points.edited(request)
        self._begin(self.timeline.story.now.with_own_data(), points)
        self.playing = playing

    def upload(self, request: Request) -> None:
        """Begin to receive a table or a story in pieces."""
        self.close()
        self._upload = Upload(request)
        self._text("received", bytes=0)

    def piece(self, request: Request) -> None:
        """Take the next piece; when all are here, show what the table holds, or open the story."""
        if self._upload is None:
            raise InputError("There is no upload that this could be a piece of.")
        self._upload.add(request.get("base64"))
        self._text("received", bytes=self._upload.received)
        if not self._upload.complete:
            return
        if self._upload.kind == "story":
            self.open(self._upload.json())
        else:
            self._text("table", name=self._upload.name, **self._upload.preview())

    def take(self, request: Request) -> None:
        """Train on columns of the table that came."""
        if self._upload is None:
            raise InputError("There is no table to take columns from: drop a file first.")
        points, notes = self._upload.points(request)
        self._begin(self.timeline.story.now.with_columns(len(points.inputs)), points)
        self._text("notes", notes=notes)

    def close(self) -> None:
        """Take away what was uploaded."""
        if self._upload is not None:
            self._upload.close()
            self._upload = None

    def undo(self, _: Request) -> None:
        """Take back the last change."""
        if not self._undo:
            raise InputError("There is nothing to undo.")
        timeline, cursor = self._undo.pop()
        self._show(timeline, cursor)

    def play(self, _: Request) -> None:
        """Play the history from here, and train on at its end; from the end of a run, again."""
        if self.cursor == self.timeline.last and self.timeline.ended:
            self.cursor = 0
        self.playing = True
        self._phase = None
        self._pace.start()
        self.dirty = True

    def pause(self, _: Request) -> None:
        """Stand still."""
        self.playing = False
        self.dirty = True

    def one_epoch(self, _: Request) -> None:
        """Go one epoch on."""
        self.playing, self._phase = False, None
        self._forth(1)

    def one_phase(self, _: Request) -> None:
        """Forward, loss, backward, update: the next of them."""
        self.playing = False
        spec = self.timeline.story.now
        if spec.batch_size is not None and spec.batch_size < len(self.timeline.trained_on[0]):
            raise InputError(
                "Phases show one update of the whole batch: set the batch size to all."
            )
        following = 0 if self._phase is None else (PHASES.index(self._phase) + 1) % len(PHASES)
        if PHASES[following] == "update":
            self._before = self._parameters.vector.copy()
            if not self._forth(1):
                following = 0
        self._phase = PHASES[following]
        self.dirty = True

    def back_to_start(self, _: Request) -> None:
        """The start of this story, without the changes made on the way."""
        story = self.timeline.story
        if story.changes:
            self._begin(story.now, story.points)
        self.go_to({"epoch": 0})

    def new_start(self, _: Request) -> None:
        """Other weights to begin with, of another seed."""
        self.set({"spec": {"seed": fresh_seed() % 10_000}})

    def go_to(self, request: Request) -> None:
        """Come to an epoch of the history."""
        self.playing, self._phase = False, None
        self.cursor = self.timeline.nearest(index(request.get("epoch"), MOST_EPOCHS))
        self.dirty = True

    def set_speed(self, request: Request) -> None:
        """Play at so many epochs a second."""
        self._pace.ask_for(request.get("epochs_per_second"))

    def watch(self, request: Request) -> None:
        """Choose the point whose numbers the phases show."""
        self._watched = index(request.get("row"), len(self.timeline.X) - 1)
        self.dirty = True

    def show_gradient(self, request: Request) -> None:
        """Send the gradient with each frame, or not."""
        self._shows_gradient = bool(request.get("gradient"))
        self.dirty = True

    def explain(self, request: Request) -> None:
        """Tell the complete calculation of a point."""
        self._text("explanation", **calculation(self.timeline, self.cursor, request))

    def acknowledge(self, _: Request) -> None:
        """Take note that the last frame has been drawn."""
        self.ready = True

    # --- going on in time

    def seconds_to_wait(self) -> float:
        """Until the next epoch is to be shown."""
        return self._pace.seconds_to_wait()

    def go_on(self) -> None:
        """Play what is due."""
        at_end = self.cursor == self.timeline.last
        epochs = self._pace.due(None if at_end else -(-self.timeline.last // REPLAY_CHUNKS))
        if epochs < 1:
            return
        before = self.cursor
        moved = self._forth(epochs)
        self._pace.went(epochs, self.cursor - before)
        if not moved or (self.timeline.ended and self.cursor == self.timeline.last):
            self.playing = False

    def _forth(self, epochs: int) -> bool:
        """Go so many epochs on: through the history, then by training. Whether there were any."""
        target = self.cursor + epochs
        if target > self.timeline.last:
            self.timeline.advance(target - self.timeline.last)
        reached = self.timeline.nearest(target)
        if reached <= self.cursor:  # between two snapshots: on to the next
            stride = self.timeline.segment_at(self.cursor).training.history.stride
            reached = self.timeline.nearest(self.cursor + stride)
        moved = reached > self.cursor
        # A training that diverges ends one epoch before the last it had done.
        self.cursor = min(max(reached, self.cursor), self.timeline.last)
        self.dirty = True
        return moved

    @property
    def _parameters(self) -> Parameters:
        return self.timeline.parameters_at(self.cursor)

    # --- other timelines

    def _change(self, change: Change) -> None:
        timeline = self.timeline.changed(change)
        self._remember()
        self._replace(timeline, change.epoch)

    def _remember(self) -> None:
        self._undo.append((self.timeline, self.cursor))
        while len(self._undo) > MOST_UNDONE or _history_bytes(self._undo) > HISTORY_BYTES:
            del self._undo[0]

    def _begin(self, spec: Spec, points: Points | None) -> None:
        """A new training, of these own points or of the data that the spec names."""
        story = Story(spec, points=points)
        n_inputs = len(self._opening.points_of(story).inputs)
        timeline = Timeline(replace(story, spec=spec.fitting(n_inputs)), self._opening)
        self._remember()
        self._show(timeline, 0)

    def _replace(self, timeline: Timeline, cursor: int) -> None:
        """Another timeline of the same data and network."""
        self.timeline = self._view.timeline = timeline
        self.cursor = min(cursor, timeline.last)
        self._phase = None
        self._pace.restart()
        self.dirty = True
        self._text("story", **self._described())

    def _show(self, timeline: Timeline, cursor: int) -> None:
        """A timeline of other data or another network."""
        self.playing = False
        self._scene += 1
        self._own = timeline.story.points or self._own
        self._view = View(timeline)
        self._watched = min(self._watched, len(timeline.X) - 1)
        self._text("scene", scene=self._scene, **self._view.scene)
        self._replace(timeline, cursor)

    def _described(self) -> dict[str, Any]:
        story = self.timeline.story
        now = {name: _plain(value) for name, value in story.now.__dict__.items()}
        return {
            "story": story.to_json(),
            "spec": now,
            "can_undo": bool(self._undo),
            "has_own": self._own is not None,
        }

    # --- what is shown

    def frame(self) -> bytes:
        """What there is to draw now."""
        self.dirty, self.ready = False, False
        parameters = self._parameters
        arrays, header = self._view.pictures(parameters)
        epochs, low, high = self.timeline.curve()
        arrays |= {"curve": np.minimum([epochs, low, high], LARGEST).astype(np.float32)}
        # What is still missing is measured for the next frame.
        self.dirty = not self.timeline.measure(self._view.judge, time.perf_counter() + MEASURING)
        arrays |= {"measures": np.minimum(self.timeline.measured(), LARGEST).astype(np.float32)}
        if self._shows_gradient or self._phase in PHASES[1:]:
            arrays |= self._gradient(parameters)
        if self._phase is not None:
            arrays |= self._view.passes(parameters, self._watched)
        if self._phase == "update" and self._before is not None:
            arrays["before"] = self._before
        return packed({**header, **self._state()}, arrays)

    def _state(self) -> dict[str, Any]:
        timeline = self.timeline
        training = timeline.segments[-1].training
        at_end = timeline.ended and self.cursor == timeline.last
        return {
            "kind": "frame",
            "run": self._run,
            "scene": self._scene,
            "epoch": self.cursor,
            "last": timeline.last,
            "playing": self.playing,
            "phase": self._phase,
            "watched": self._watched,
            "epoch_loss": timeline.loss_of(self.cursor),
            "ended": training.run.explanation if at_end else None,
            "diverged": at_end and training.run.stop_reason == "diverged",
            "epochs_per_second": self._pace.measured if self.playing else None,
            "changes": [change.epoch for change in timeline.story.changes],
        }

    def _gradient(self, parameters: Parameters) -> dict[str, np.ndarray]:
        """The gradient of the average loss that the next update follows."""
        trace = self._view.gradient(parameters)
        state = self.timeline.segment_at(self.cursor).training.state
        _, slope = state.penalty.loss_and_gradient(parameters)
        return {"gradient": trace.gradient.vector / trace.weight_sum + slope}

    @property
    def is_diagnosed(self) -> bool:
        """Whether what is amiss here has been told."""
        return self._diagnosed == (self.timeline, self.cursor)

    def diagnose(self) -> None:
        """Say what is amiss, once for each place in time at which the training rests."""
        if self.is_diagnosed:
            return
        self._diagnosed = (self.timeline, self.cursor)
        if self.cursor != self.timeline.last:
            return
        training = self.timeline.segments[-1].training
        found = []
        if training.epoch > 0:
            found = diagnose(training.so_far(), *self.timeline.trained_on)
        self._text(
            "diagnosis",
            epoch=self.cursor,
            found=[{"name": d.name, "sentence": d.sentence, "advice": d.advice} for d in found],
        )

    def _text(self, kind: str, **message: Any) -> None:
        self._tell(json.dumps({"kind": kind, "run": self._run, **message}))


def moment(request: Request) -> tuple[Story, int]:
    """The story and the epoch in a request. Raises InputError if they are none."""
    story = Story.from_json(request.get("story", {}))
    return story, index(request.get("epoch", 0), MOST_EPOCHS)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _history_bytes(undo: list[tuple[Timeline, int]]) -> int:
    trainings = {s.training for timeline, _ in undo for s in timeline.segments}
    return sum(
        len(t.history.snapshot_epochs) * t.start.vector.nbytes + 8 * t.epoch for t in trainings
    )
