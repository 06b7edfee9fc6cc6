"""One visitor of the page: a training in its own thread, commands to it, and frames from it.

Commands are JSON objects that say what to "do". What is answered are frames (see `frames`), of
which the visitor acknowledges each before the next is made, so that the newest always wins; and
JSON texts: the "scene", an "explanation", the "diagnosis", or a "problem" in a sentence.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.errors import InputError
from glassnet.explain import diagnose, explain
from glassnet.explain.html import fragment
from glassnet.playground.features import features_of
from glassnet.playground.frames import packed
from glassnet.playground.story import (
    GOALS,
    MOST_EPOCHS,
    ON_THE_WAY,
    Change,
    Story,
    checked_values,
    difference,
)
from glassnet.playground.timeline import Opening, Timeline, told
from glassnet.playground.view import View
from glassnet.training import fresh_seed

Emit = Callable[[str | bytes], None]
PHASES = ("forward", "loss", "backward", "update")
CHUNK_SECONDS = 0.012  # of training between two looks at the commands
REPLAY_CHUNKS = 120  # in so many steps the history is played back at full speed
MOST_WAITING = 256  # commands that wait; more are refused
MOST_UNDONE = 50
HISTORY_BYTES = 256 * 2**20  # of snapshots that undo may keep alive
REST_SECONDS = 0.15  # without a command, before the diagnosis is made
LARGEST = 1e30  # loss that is drawn
FASTEST = 1e6  # epochs a second that can be asked for; None is as fast as it goes


class Session:
    """A visitor's training. Commands go in by `ask`, from any thread; answers come by `emit`."""

    def __init__(self, opening: Opening, emit: Emit) -> None:
        self._opening = opening
        self._emit = emit
        self._commands: queue.Queue[dict[str, Any] | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._live, name="glassnet session", daemon=True)
        self._undo: list[tuple[Timeline, int]] = []
        self._scene = 0
        self._playing = False
        self._speed: float | None = 1000.0
        self._chunk = 1
        self._allowance = 0.0
        self._looked = time.perf_counter()
        self._measured = 0.0
        self._phase: str | None = None
        self._before: np.ndarray | None = None
        self._watched = 0
        self._shows_gradient = False
        self._ready = True
        self._dirty = False
        self._diagnosed: tuple[Timeline, int] | None = None
        self._ending = False
        self._cursor = 0

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def ask(self, command: dict[str, Any]) -> None:
        """Hand over a command. Raises InputError where too many wait already."""
        try:
            self._commands.put_nowait(command)
        except queue.Full:
            raise InputError("Too many commands wait to be done: slow down.") from None

    def end(self) -> None:
        """Stop after what is being done, and wait for it."""
        self._ending = True
        with suppress(queue.Full):  # then the thread is awake and will see that it is to end
            self._commands.put_nowait(None)
        self._thread.join()

    def _live(self) -> None:
        try:
            self._show(told(self._opening.story, self._opening, self._opening.epoch), 0)
            self._go_to({"epoch": self._opening.epoch})
            self._answer()
        except Exception as error:
            # What the visitor sees would else just stop.
            self._text(
                kind="problem",
                fatal=True,
                sentence=f"This is a fault in glassnet ({type(error).__name__}: {error}); please "
                "report it.",
            )
            raise

    def _answer(self) -> None:
        while not self._ending:
            command = self._next_command()
            if command is not None:
                self._obey(command)
                continue  # all that wait come first
            if self._playing:
                self._play()
            if self._dirty and self._ready:
                self._emit_frame()
            if not self._playing and not self._dirty:
                self._diagnose()

    def _next_command(self) -> dict[str, Any] | None:
        """The next command; None when it is time to go on training, or to draw."""
        try:
            return self._commands.get(timeout=self._patience())
        except queue.Empty:
            return None

    def _patience(self) -> float | None:
        """Seconds to wait for a command; None for as long as it takes."""
        if self._dirty and self._ready:
            return 0.0
        if self._playing:
            return self._seconds_to_wait()
        at_rest = self._diagnosed == (self._timeline, self._cursor)
        return None if at_rest or self._dirty else REST_SECONDS

    def _obey(self, command: dict[str, Any]) -> None:
        try:
            action = _ACTIONS.get(str(command.get("do")))
            if action is None:
                raise InputError(f"The page cannot do {command.get('do')!r:.40}.")
            action(self, command)
        except InputError as error:
            self._text(kind="problem", sentence=str(error))

    # --- what can be done

    def _open(self, command: Mapping[str, Any]) -> None:
        """Come to where a story and an epoch say."""
        story = Story.from_json(command.get("story", {}))
        epoch = _whole(command.get("epoch", 0), MOST_EPOCHS)
        self._show(told(story, self._opening, epoch), 0)
        self._go_to({"epoch": epoch})

    def _set(self, command: Mapping[str, Any]) -> None:
        """Change what is trained, or how."""
        now = self._timeline.story.now
        spec = now.changed(command.get("spec"))
        names = set(difference(spec, now))
        if not names:
            return
        if names <= GOALS:
            self._replace(self._timeline.with_goals(spec), self._cursor)
        elif names <= ON_THE_WAY and self._cursor > 0:
            self._change(Change(self._cursor, spec=spec))
        else:
            timeline = Timeline(Story(spec), self._opening)
            self._remember()
            self._show(timeline, 0)

    def _edit(self, command: Mapping[str, Any]) -> None:
        """Set weights or biases by hand."""
        self._change(Change(self._cursor, checked_values(command.get("values"))))

    def _change(self, change: Change) -> None:
        timeline = self._timeline.changed(change)
        self._remember()
        self._replace(timeline, change.epoch)

    def _undo_last(self, _: Mapping[str, Any]) -> None:
        """Take back the last change."""
        if not self._undo:
            raise InputError("There is nothing to undo.")
        timeline, cursor = self._undo.pop()
        self._show(timeline, cursor)

    def _resume(self, _: Mapping[str, Any]) -> None:
        """Play the history from here, and train on at its end; from the end of a run, again."""
        if self._cursor == self._timeline.last and self._timeline.ended:
            self._cursor = 0
        self._playing = True
        self._phase = None
        self._looked, self._allowance = time.perf_counter(), 1.0
        self._dirty = True

    def _pause(self, _: Mapping[str, Any]) -> None:
        self._playing = False
        self._dirty = True

    def _one_epoch(self, _: Mapping[str, Any]) -> None:
        self._playing, self._phase = False, None
        self._forth(1)

    def _one_phase(self, _: Mapping[str, Any]) -> None:
        """Forward, loss, backward, update: the next of them."""
        self._playing = False
        spec = self._timeline.story.now
        if spec.batch_size is not None and spec.batch_size < len(self._timeline.X):
            raise InputError(
                "Phases show one update of the whole batch: set the batch size to all."
            )
        following = 0 if self._phase is None else (PHASES.index(self._phase) + 1) % len(PHASES)
        if PHASES[following] == "update":
            self._before = self._parameters.vector.copy()
            if not self._forth(1):
                following = 0
        self._phase = PHASES[following]
        self._dirty = True

    def _back_to_start(self, _: Mapping[str, Any]) -> None:
        """The start of this story, without the changes made on the way."""
        if self._timeline.story.changes:
            timeline = Timeline(Story(self._timeline.story.now), self._opening)
            self._remember()
            self._show(timeline, 0)
        self._go_to({"epoch": 0})

    def _new_start(self, _: Mapping[str, Any]) -> None:
        """Other weights to begin with, of another seed."""
        self._set({"spec": {"seed": fresh_seed() % 10_000}})

    def _go_to(self, command: Mapping[str, Any]) -> None:
        self._playing, self._phase = False, None
        self._cursor = self._timeline.nearest(_whole(command.get("epoch"), MOST_EPOCHS))
        self._dirty = True

    def _set_speed(self, command: Mapping[str, Any]) -> None:
        speed = command.get("epochs_per_second")
        if speed is not None and not (type(speed) in (int, float) and 0.1 <= speed <= FASTEST):
            raise InputError(f"The speed must be from 0.1 to {FASTEST:g} epochs a second.")
        self._speed = speed
        self._allowance = 0.0

    def _watch(self, command: Mapping[str, Any]) -> None:
        """Choose the point whose numbers the phases show."""
        self._watched = _whole(command.get("row"), len(self._timeline.X) - 1)
        self._dirty = True

    def _show_gradient(self, command: Mapping[str, Any]) -> None:
        self._shows_gradient = bool(command.get("gradient"))
        self._dirty = True

    def _explain(self, command: Mapping[str, Any]) -> None:
        """The complete calculation of a point of the data, or of any point in the plane."""
        if "row" in command:
            segment = self._timeline.segment_at(self._cursor)
            explanation = explain(
                segment.training.so_far(),
                self._timeline.X,
                self._timeline.dataset.y,
                sample=_whole(command["row"], len(self._timeline.X) - 1),
                epoch=self._cursor - segment.first,
            )
        else:
            x = features_of(_point(command.get("x")), self._timeline.story.spec.features)
            label = _whole(command.get("label"), self._timeline.dataset.n_classes - 1)
            explanation = explain(self._parameters, x, [label], sample=0)
            explanation = replace(
                explanation,
                title=f"Every number of this place, as if it were of class {label}",
                # The sum over samples is of this one alone.
                steps=tuple(s for s in explanation.steps if s.phase in PHASES),
            )
        self._text(
            kind="explanation",
            title=explanation.title,
            epoch=self._cursor,
            html=fragment(explanation),
        )

    def _acknowledge(self, _: Mapping[str, Any]) -> None:
        self._ready = True

    # --- going on in time

    @property
    def _parameters(self) -> Any:
        return self._timeline.parameters_at(self._cursor)

    def _forth(self, epochs: int) -> bool:
        """Go so many epochs on: through the history, then by training. Whether there were any."""
        target = self._cursor + epochs
        if target > self._timeline.last:
            self._timeline.advance(target - self._timeline.last)
        reached = self._timeline.nearest(target)
        if reached <= self._cursor:  # between two snapshots: on to the next
            stride = self._timeline.segment_at(self._cursor).training.history.stride
            reached = self._timeline.nearest(self._cursor + stride)
        moved = reached > self._cursor
        # A training that diverges ends one epoch before the last it had done.
        self._cursor = min(max(reached, self._cursor), self._timeline.last)
        self._dirty = True
        return moved

    def _seconds_to_wait(self) -> float:
        """Until the next epoch is due, at the speed that was asked for."""
        if self._speed is None:
            return 0.0
        due = self._looked + (1 - self._allowance) / self._speed
        return max(due - time.perf_counter(), 0.0)

    def _play(self) -> None:
        now = time.perf_counter()
        if self._speed is None:
            replayed = -(-self._timeline.last // REPLAY_CHUNKS)
            epochs = self._chunk if self._cursor == self._timeline.last else max(replayed, 1)
        else:
            self._allowance += (now - self._looked) * self._speed
            # Faster than the machine can, there is nothing to catch up with.
            epochs = min(int(self._allowance), self._chunk)
            self._allowance = min(self._allowance - epochs, self._chunk)
        self._looked = now
        if epochs < 1:
            return
        before = self._cursor
        moved = self._forth(epochs)
        seconds = time.perf_counter() - now
        if moved and 4 * epochs >= self._chunk:  # enough of them to tell the pace
            pace = int(epochs * CHUNK_SECONDS / max(seconds, 1e-6))
            self._chunk = max(1, min(4 * self._chunk, pace))
        self._measured = (self._cursor - before) / max(seconds, 1e-9)
        if not moved or (self._timeline.ended and self._cursor == self._timeline.last):
            self._playing = False

    # --- what is shown

    def _remember(self) -> None:
        self._undo.append((self._timeline, self._cursor))
        while len(self._undo) > MOST_UNDONE or _history_bytes(self._undo) > HISTORY_BYTES:
            del self._undo[0]

    def _replace(self, timeline: Timeline, cursor: int) -> None:
        """Another timeline of the same data and network."""
        self._timeline = self._view.timeline = timeline
        self._cursor = min(cursor, timeline.last)
        self._phase = None
        self._chunk = 1
        self._dirty = True
        self._text(kind="story", **self._described())

    def _show(self, timeline: Timeline, cursor: int) -> None:
        """A timeline of other data or another network."""
        self._playing = False
        self._scene += 1
        self._view = View(timeline)
        self._timeline = timeline
        self._watched = min(self._watched, len(timeline.X) - 1)
        self._text(kind="scene", scene=self._scene, **self._view.scene)
        self._replace(timeline, cursor)

    def _described(self) -> dict[str, Any]:
        story = self._timeline.story
        now = {name: _plain(value) for name, value in story.now.__dict__.items()}
        return {"story": story.to_json(), "spec": now, "can_undo": bool(self._undo)}

    def _emit_frame(self) -> None:
        self._dirty, self._ready = False, False
        parameters = self._parameters
        arrays, header = self._view.pictures(parameters)
        epochs, low, high = self._timeline.curve()
        arrays |= {"curve": np.minimum([epochs, low, high], LARGEST).astype(np.float32)}
        if self._shows_gradient or self._phase in PHASES[1:]:
            arrays |= self._gradient(parameters)
        if self._phase is not None:
            arrays |= self._passes(parameters)
        if self._phase == "update" and self._before is not None:
            arrays["before"] = self._before
        self._emit(packed({**header, **self._state()}, arrays))

    def _state(self) -> dict[str, Any]:
        timeline = self._timeline
        run = timeline.segments[-1].training
        at_end = timeline.ended and self._cursor == timeline.last
        return {
            "kind": "frame",
            "scene": self._scene,
            "epoch": self._cursor,
            "last": timeline.last,
            "playing": self._playing,
            "phase": self._phase,
            "watched": self._watched,
            "epoch_loss": timeline.loss_of(self._cursor),
            "ended": run.run.explanation if at_end else None,
            "diverged": at_end and run.run.stop_reason == "diverged",
            "epochs_per_second": self._measured if self._playing else None,
            "changes": [change.epoch for change in timeline.story.changes],
        }

    def _gradient(self, parameters: Any) -> dict[str, np.ndarray]:
        """The gradient of the average loss that the next update follows."""
        trace = self._view.gradient(parameters)
        state = self._timeline.segment_at(self._cursor).training.state
        _, slope = state.penalty.loss_and_gradient(parameters)
        return {"gradient": trace.gradient.vector / trace.weight_sum + slope}

    def _passes(self, parameters: Any) -> dict[str, np.ndarray]:
        """a and dz of the watched point, neuron by neuron."""
        trace = self._view.gradient(parameters)
        return {
            "activity": np.concatenate([a[:, self._watched] for a in trace.a]),
            "deltas": np.concatenate([dz[:, self._watched] for dz in trace.dz]),
            "losses": trace.losses[[self._watched]],
        }

    def _diagnose(self) -> None:
        """Say what is amiss, once for each place in time at which the training rests."""
        here = (self._timeline, self._cursor)
        if self._diagnosed == here or self._cursor != self._timeline.last:
            self._diagnosed = here
            return
        self._diagnosed = here
        segment = self._timeline.segments[-1]
        found = []
        if segment.training.epoch > 0:
            found = diagnose(segment.training.so_far(), self._timeline.X, self._timeline.dataset.y)
        self._text(
            kind="diagnosis",
            epoch=self._cursor,
            found=[{"name": d.name, "sentence": d.sentence, "advice": d.advice} for d in found],
        )

    def _text(self, **message: Any) -> None:
        self._emit(json.dumps(message))


_ACTIONS: dict[str, Callable[[Session, Mapping[str, Any]], None]] = {
    "open": Session._open,
    "set": Session._set,
    "edit": Session._edit,
    "undo": Session._undo_last,
    "play": Session._resume,
    "pause": Session._pause,
    "epoch": Session._one_epoch,
    "phase": Session._one_phase,
    "start": Session._back_to_start,
    "fresh": Session._new_start,
    "go": Session._go_to,
    "speed": Session._set_speed,
    "watch": Session._watch,
    "gradient": Session._show_gradient,
    "explain": Session._explain,
    "drawn": Session._acknowledge,
}


def _whole(value: Any, most: int) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise InputError(f"There is no {value!r:.40} here: choose from 0 to {most}.")
    return value


def _point(x: Any) -> np.ndarray:
    fits = isinstance(x, list) and len(x) == 2 and all(type(v) in (int, float) for v in x)
    if not fits or not np.isfinite(x).all() or np.abs(x).max() > 1e6:
        raise InputError("A point of the plane is two numbers.")
    return np.array([x], dtype=np.float64)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _history_bytes(undo: list[tuple[Timeline, int]]) -> int:
    trainings = {s.training for timeline, _ in undo for s in timeline.segments}
    return sum(
        len(t.history.snapshot_epochs) * t.start.vector.nbytes + 8 * t.epoch for t in trainings
    )
