"""What a visitor sees: one run, or two side by side, and what changes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from glassnet.errors import InputError
from glassnet.playground.initial_state import InitialState
from glassnet.playground.lockstep import Lockstep
from glassnet.playground.points import Points
from glassnet.playground.position import Position
from glassnet.playground.protocol import Tell
from glassnet.playground.run_controller import RunController, Shared
from glassnet.playground.run_frames import RunFrames
from glassnet.playground.scenario import OWN, Change, Scenario, checked_values
from glassnet.playground.timeline import MOST_SECONDS, Steps, Timeline, replaying_to
from glassnet.playground.undo_stack import UndoEntry
from glassnet.training.training import fresh_seed


class Controller:
    """Run a, and while two are compared run b; `time` is theirs together.

    A change for which no run is named is one of both. What takes long comes in steps.
    """

    def __init__(
        self,
        initial: InitialState,
        tell: Tell,
        position: Position,
        a: Timeline,
        b: Timeline | None = None,
    ) -> None:
        self.initial = initial
        self.tell = tell
        self._shared = Shared(tell, step=max((entry.step for entry in position.undo), default=0))
        self.time = Lockstep(self._shared.playback)
        self.a = RunController("a", a, position.epoch, self._shared, position.undo)
        self.time.runs = [self.a]
        self.frames = [RunFrames(self.a)]
        if b is not None:
            self._show_second(b, position.epoch, position.undo)
        if initial.notes:
            self.tell_notes(initial.notes)

    @classmethod
    def opened(
        cls,
        initial: InitialState,
        tell: Tell,
        position: Position | None = None,
        seconds: float = MOST_SECONDS,
    ) -> Steps[Controller]:
        """Come to a position, by default where a page opens. Raises InputError if it cannot."""
        position = position or Position.first(initial)
        trainings = yield from position.trainings(initial, seconds)
        return cls(initial, tell, position, *trainings)

    @property
    def runs(self) -> list[RunController]:
        """Run a, or a and b."""
        return self.time.runs

    def run(self, name: str) -> RunController:
        """The run of this name. Raises InputError if it is not here."""
        for run in self.runs:
            if run.name == name:
                return run
        raise InputError(f"There is no run {name!r:.40} here: compare begins a second one.")

    def next_step(self) -> None:
        """Let what is changed from now on be one step to undo."""
        self._shared.step += 1

    # --- which runs there are

    def open(self, position: Position) -> Steps[None]:
        """Come to a position."""
        a, b = yield from position.trainings(self.initial)
        self.end_comparison()
        self.a.begin(a, position.epoch)
        if b is not None:
            self._show_second(b, position.epoch)

    def reopen(self) -> Steps[None]:
        """Show again what the host was given to show."""
        position = Position.first(self.initial)
        timeline, _ = yield from position.trainings(self.initial)
        self.end_comparison()
        self._put(timeline, position.epoch)
        self.tell_notes(self.initial.notes)

    def show(self, scenario: Scenario, epoch: int) -> Steps[None]:
        """Show a scenario as run a, after so many epochs unless it takes long to come there."""
        try:
            timeline = yield from replaying_to(scenario, self.initial, epoch)
        except InputError:
            timeline = yield from replaying_to(scenario, self.initial, 0)
        self._put(timeline, epoch)

    def _put(self, timeline: Timeline, epoch: int) -> None:
        """Show another training as run a; undo leads back."""
        self.a.remember()
        self.a.begin(timeline, epoch)
        self.time.meet(self.a)

    def compare(self, described: Mapping[str, Any] | None) -> None:
        """Begin a run b from the same start with some settings changed; with None, end it."""
        if described is None:
            self.end_comparison()
            return
        spec = self.a.timeline.scenario.now.changed(described)
        timeline = self.a.from_start(spec, self.a.own if spec.data == OWN else None)
        self.end_comparison()
        self._show_second(timeline, 0)

    def _show_second(self, timeline: Timeline, epoch: int, undo: Iterable[UndoEntry] = ()) -> None:
        """Show a timeline as run b, looked at as run a is."""
        run = RunController("b", timeline, epoch, self._shared, undo)
        run.own = run.own or self.a.own
        if len(timeline.X) == len(self.a.timeline.X):
            run.watched = self.a.watched
        frames = RunFrames(run)
        frames.shows_gradient = self.frames[0].shows_gradient
        self.frames.append(frames)
        self.runs.append(run)
        self.time.go_to(epoch)

    def end_comparison(self) -> None:
        """Go on with run a alone."""
        self.time.playback.playing = False
        self.a.dirty = True
        if len(self.runs) > 1:
            del self.runs[1:], self.frames[1:]
            self.tell({"kind": "alone"})

    # --- what is changed

    def set(self, described: Mapping[str, Any], name: str | None) -> None:
        """Change what is trained, or how; of two that are compared, from their start."""
        meant = self.runs if name is None else [self.run(name)]
        for run in meant:
            run.set(described, from_start=len(self.runs) > 1)
        self.time.meet(meant[-1])

    def edit(self, values: Any, name: str) -> None:
        """Set weights or biases by hand: pairs of a place in the vector and a number."""
        run = self.run(name)
        run.change(Change(run.cursor, checked_values(values)))
        self.time.meet(run)

    def paint(self, edit: Mapping[str, Any], name: str) -> None:
        """Add, change or remove points; those of a built-in set become own data by that.

        Of two runs with the same points both have the new ones.
        """
        playing = self.time.playback.playing
        before = self.run(name).timeline.points
        points = before.edited(edit)
        if points == before:
            return  # a number that was typed twice is no change to undo
        for run in self.runs:
            if run.timeline.points == before:
                run.start_over(run.timeline.scenario.now.with_own_data(), points)
        self.time.meet(self.a)
        self.time.playback.playing = playing

    def adopt(self, points: Points, notes: Iterable[str]) -> None:
        """Train on the points of a table."""
        for run in self.runs:
            spec = run.timeline.scenario.now.with_columns(len(points.inputs))
            run.start_over(spec, points)
        self.time.meet(self.a)
        self.tell_notes(notes)

    def draw_start(self, name: str) -> None:
        """Begin with other weights, of another seed: in both runs, if they share theirs."""
        chosen = self.run(name)
        before, seed = chosen.timeline.scenario.now.seed, fresh_seed() % 10_000
        for run in self.runs:
            if run.timeline.scenario.now.seed == before:
                run.draw_a_start(seed)
        self.time.meet(chosen)

    def back_to_start(self) -> None:
        """Show the start of these scenarios, without the changes made on the way."""
        for run in self.runs:
            run.drop_changes()
        self.time.go_to(0)

    def undo(self) -> Steps[None]:
        """Take back the last change, in both runs if it was one of both."""
        last = max(run.undo_stack.step for run in self.runs)
        meant = [run for run in self.runs if run.undo_stack.step == last]
        positions = []  # of which one may be refused
        for run in meant:
            positions.append((yield from run.undo_stack.newest(self.initial)))
        for run, position in zip(meant, positions, strict=True):
            run.take_back(*position)
        self.time.meet(meant[-1])

    # --- what is looked at

    def watch(self, row: int, name: str) -> None:
        """Choose the point whose numbers the phases show, in both runs if they have it."""
        chosen = self.run(name)
        chosen.watch(row)
        for run in self.runs:
            if len(run.timeline.X) == len(chosen.timeline.X):
                run.watch(row)

    def drawn(self, name: str, frame: int | None) -> None:
        """Note that a frame has been drawn, if its run has not ended meanwhile."""
        for frames in self.frames:
            if frames.run.name == name:
                frames.drawn(frame)

    def tell_notes(self, notes: Iterable[str]) -> None:
        """Say what was left out of a table or a run."""
        self.tell({"kind": "notes", "notes": list(notes)})
