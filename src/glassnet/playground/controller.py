"""What a visitor sees: one run, or two side by side that go through time in lockstep."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any, NamedTuple

from glassnet.errors import InputError
from glassnet.playground.calculation import PHASES, index
from glassnet.playground.comparison import compared
from glassnet.playground.downloads.snapshot import Snapshot
from glassnet.playground.playback import Playback
from glassnet.playground.points import Points
from glassnet.playground.run_controller import Request, RunController
from glassnet.playground.scenario import MOST_EPOCHS, OWN, Scenario
from glassnet.playground.timeline import MOST_SECONDS, InitialState, Timeline, replay_to
from glassnet.playground.undo_stack import Step, UndoEntry, pasts
from glassnet.training.training import fresh_seed

REPLAY_CHUNKS = 120  # in so many steps the history is played back at full speed


class Position(NamedTuple):
    """Where a visitor is: the scenario of run a, that of run b if two are compared, and the epoch.

    `past` is what undo leads back to, the oldest first.
    """

    a: Scenario
    b: Scenario | None
    epoch: int
    past: tuple[UndoEntry, ...] = ()

    @classmethod
    def of(cls, request: Request) -> Position:
        """The moment that a request tells; own data told once are those of all its scenarios.

        Raises InputError if it tells none.
        """
        a = Scenario.from_json(request.get("story", {}))
        second = request.get("compare")
        return cls(
            a,
            None if second is None else Scenario.from_json(second, a.points),
            index("epoch", request.get("epoch", 0), MOST_EPOCHS),
            pasts(request.get("undo", []), a.points),
        )

    def past_of(self, run: str) -> list[UndoEntry]:
        """What of it is the past of one of the runs."""
        return [past for past in self.past if past.run == run]


class Controller:
    """Run a, and while two are compared run b. What is done in time is done to both.

    A command that is meant for one of them says which by "of"; where nothing is said, a change of
    what is trained is one of both, and what is asked for is told of run a.
    """

    def __init__(
        self, initial: InitialState, tell: Callable[[str], None], moment: Position | None = None
    ) -> None:
        self._opening = initial
        self._tell = tell
        self._playback = Playback()
        self._scenes = count(1)
        self._told: object = None  # of which state the comparison has been told
        moment = moment or Position(initial.scenario, None, initial.epoch)
        self._step = Step(moment.past)
        a, b, epoch = self._come_to(moment)
        self._opening = replace(initial, patience=MOST_SECONDS)  # for all that is asked later
        self.a = RunController(a, epoch, *self._ways(), past=moment.past_of("a"))
        self.b: RunController | None = None
        if b is not None:
            self._beside(b, epoch, moment.past_of("b"))
        if initial.notes:
            self._text("notes", notes=initial.notes)

    def _ways(self) -> tuple[Callable[[str], None], Playback, Iterator[int], Step]:
        return self._tell, self._playback, self._scenes, self._step

    def obey(self, what: str, request: Request) -> None:
        """Do one of the ACTIONS; what it changes is one step to undo."""
        self._step.next()
        ACTIONS[what](self, request)

    @property
    def runs(self) -> list[RunController]:
        """Those that play: a, or a and b."""
        return [self.a] if self.b is None else [self.a, self.b]

    def _of(self, request: Request, name: str = "of") -> RunController:
        run = request.get(name, "a")
        if run == "b" and self.b is not None:
            return self.b
        if run != "a":
            raise InputError(f"There is no run {run!r:.40} here: compare begins a second one.")
        return self.a

    def _meant(self, request: Request) -> list[RunController]:
        return [self._of(request)] if "of" in request else self.runs

    # --- what is shown

    def snapshot(self, request: Request) -> Snapshot:
        """What files of the run that is meant are made of, as it stands."""
        return self._of(request).snapshot(dark=bool(request.get("dark")))

    def open(self, request: Request) -> None:
        """Come to a scenario at an epoch, of run a and with "compare" of run b."""
        a, b, epoch = self._come_to(Position.of(request))
        self._alone()
        self.a.begin(a, epoch)
        if b is not None:
            self._beside(b, epoch)

    def _come_to(self, moment: Position) -> tuple[Timeline, Timeline | None, int]:
        """The trainings of run a and perhaps b, up to the epoch that is given as well."""
        epoch, initial = moment.epoch, self._opening
        # A run stands where its parameters were kept, and what came after that is known as well.
        known = initial.last if moment.a == initial.scenario else 0
        a = replay_to(moment.a, initial, max(epoch, known))
        return a, None if moment.b is None else replay_to(moment.b, initial, epoch), epoch

    def compare(self, request: Request) -> None:
        """Begin a run b from the same start with some settings changed; with none, end it."""
        described = request.get("spec")
        if described is None:
            self._alone()
            return
        spec = self.a.timeline.scenario.now.changed(described)
        timeline = self.a.from_start(spec, self.a.own if spec.data == OWN else None)
        self._alone()
        self._beside(timeline, 0)

    def begin(self, scenario: Scenario, epoch: int) -> None:
        """Show a scenario as run a, after so many epochs unless it takes long to come there."""
        try:
            timeline = replay_to(scenario, self._opening, epoch)
        except InputError:
            timeline = replay_to(scenario, self._opening, 0)
        self._step.next()
        self._put(timeline, epoch)

    def _put(self, timeline: Timeline, epoch: int) -> None:
        """Show another training as run a; undo leads back."""
        self.a.remember()
        self.a.begin(timeline, epoch)
        self._meet(self.a)

    def timeline_of(self, request: Request) -> Timeline:
        """The training of the scenario in a request, at its start; else that of run a."""
        if "story" not in request:
            return self.a.timeline
        return replay_to(Scenario.from_json(request["story"]), self._opening, 0)

    def _beside(self, timeline: Timeline, epoch: int, past: Sequence[UndoEntry] = ()) -> None:
        """Show a timeline as run b, looked at as run a is."""
        self.b = RunController(timeline, epoch, *self._ways(), run="b", past=past)
        self.b.own = self.b.own or self.a.own
        self.b.show_gradient({"gradient": self.a.shows_gradient})
        if len(timeline.X) == len(self.a.timeline.X):
            self.b.watch({"row": self.a.watched})
        self._go(epoch)

    def _alone(self) -> None:
        """End a comparison, if there is one."""
        self._playback.playing = False
        self.a.dirty = True
        if self.b is not None:
            self.b, self._told = None, None
            self._text("alone")

    # --- what is changed

    def set(self, request: Request) -> None:
        """Change what is trained, or how; of two that are compared, from their start."""
        meant = self._meant(request)
        for run in meant:
            run.set(request, from_start=self.b is not None)
        self._meet(meant[-1])

    def paint(self, request: Request) -> None:
        """Add, change or remove points; those of a built-in set become own data by that.

        Of two runs with the same points both have the new ones.
        """
        playing = self.playing
        before = self._of(request).timeline.points
        points = before.edited(request)
        if points == before:
            return  # a number that was typed twice is no change to undo
        for run in self.runs:
            if run.timeline.points == before:
                run.begin_anew(run.timeline.scenario.now.with_own_data(), points)
        self._meet(self.a)
        self._playback.playing = playing

    def adopt(self, request: Request) -> None:
        """Train on the points of a table that was read here; they come from no client."""
        points = request.get("points")
        if not isinstance(points, Points):
            raise InputError("Points of a table are taken by the columns that are chosen in it.")
        for run in self.runs:
            spec = run.timeline.scenario.now.with_columns(len(points.inputs))
            run.begin_anew(spec, points)
        self._meet(self.a)
        self._text("notes", notes=request["notes"])

    def reopen(self, _: Request) -> None:
        """Show again what the server was given to show."""
        given = self._opening
        timeline, _b, epoch = self._come_to(Position(given.scenario, None, given.epoch))
        self._alone()
        self._put(timeline, epoch)
        self._text("notes", notes=given.notes)

    def edit(self, request: Request) -> None:
        """Set weights or biases by hand."""
        run = self._of(request)
        run.edit(request)
        self._meet(run)

    def undo(self, _: Request) -> None:
        """Take back the last change, in both if it was one of both."""
        last = max(run.last_change for run in self.runs)
        meant = [run for run in self.runs if run.last_change == last]
        moments = [run.before_last_change() for run in meant]  # of which one may be refused
        for run, moment in zip(meant, moments, strict=True):
            run.undo(moment)
        self._meet(meant[-1])

    def new_start(self, request: Request) -> None:
        """Other weights to begin with, of another seed: for both, if they share theirs."""
        chosen = self._of(request)
        before, seed = chosen.timeline.scenario.now.seed, fresh_seed() % 10_000
        for run in self.runs:
            if run.timeline.scenario.now.seed == before:
                run.draw_a_start(seed)
        self._meet(chosen)

    def watch(self, request: Request) -> None:
        """Choose the point whose numbers the phases show, in both if they have it."""
        chosen = self._of(request)
        chosen.watch(request)
        for run in self.runs:
            if len(run.timeline.X) == len(chosen.timeline.X):
                run.watch(request)

    def show_gradient(self, request: Request) -> None:
        """Send the gradient with each frame, or not."""
        for run in self.runs:
            run.show_gradient(request)

    def explain(self, request: Request) -> None:
        """Tell the complete calculation of a point."""
        self._of(request).explain(request)

    def acknowledge(self, request: Request) -> None:
        """Take note that a "frame" of a "run" has been drawn."""
        if request.get("run") == "b" and self.b is None:
            return  # it has ended meanwhile
        self._of(request, "run").drawn(request)

    def hurry(self) -> None:
        """What there is to draw now has been asked for."""
        for run in self.runs:
            run.hurry()

    # --- going through time

    def play(self, _: Request) -> None:
        """Play the history from here, and train on at its end; from the end of all runs, again."""
        if all(run.at_end for run in self.runs):
            self._go(0)
        self._heed_goals()
        self._playback.start()
        for run in self.runs:
            run.stand(None)

    def _heed_goals(self) -> None:
        """Before time goes on: no run goes further than its goals, though it had been once."""
        for run in self.runs:
            run.heed_goals()

    def pause(self, _: Request | None = None) -> None:
        """Stand still."""
        self._playback.playing = False
        for run in self.runs:
            run.dirty = True

    def one_epoch(self, _: Request) -> None:
        """Go one epoch on."""
        self.pause()
        self._heed_goals()
        for run in self.runs:
            run.stand(None)
        self._forth(1)

    def one_phase(self, _: Request) -> None:
        """Forward, loss, backward, update: the next of them."""
        for run in self.runs:
            run.check_phases()
        self.pause()
        self._heed_goals()
        going = [run for run in self.runs if not run.at_end] or self.runs
        now = going[0].phase
        following = PHASES[0 if now is None else (PHASES.index(now) + 1) % len(PHASES)]
        if following == "update":
            for run in going:
                run.keep_before()
            if not self._forth(1):
                following = PHASES[0]
        for run in self.runs:
            run.stand(following if run in going else None)

    def back_to_start(self, _: Request) -> None:
        """The start of these scenarios, without the changes made on the way."""
        for run in self.runs:
            run.back_to_start()
        self._go(0)

    def go_to(self, request: Request) -> None:
        """Come to an epoch of the history."""
        self._go(index("epoch", request.get("epoch"), MOST_EPOCHS))

    def set_speed(self, request: Request) -> None:
        """Play at so many epochs a second."""
        self._playback.ask_for(request.get("epochs_per_second"))

    @property
    def playing(self) -> bool:
        """Whether time goes on by itself."""
        return self._playback.playing

    @property
    def cursor(self) -> int:
        """The epoch that is shown; the later one, where one run has ended before the other."""
        return max(run.cursor for run in self.runs)

    def seconds_to_wait(self) -> float:
        """Until the next epoch is to be shown."""
        return self._playback.seconds_to_wait()

    def go_on(self) -> None:
        """Play what is due."""
        going = [run for run in self.runs if not run.at_end]
        known = [run.timeline.last for run in going if run.cursor < run.timeline.last]
        replaying = len(known) == len(going) > 0
        epochs = self._playback.due(-(-max(known) // REPLAY_CHUNKS) if replaying else None)
        if replaying:  # up to where it has to be trained, which takes longer
            epochs = min(epochs, min(known) - min(run.cursor for run in going))
        if epochs < 1:
            return
        moved = self._forth(epochs)
        self._playback.went(moved, 0 if replaying else epochs)
        if not moved or all(run.at_end for run in self.runs):
            self.pause()

    def _forth(self, epochs: int) -> int:
        """Go so many epochs on, through what is known or by training; by how many it was.

        Who has come to its end stays there; who is behind catches up before the others go on.
        """
        going = [run for run in self.runs if not run.at_end]
        if not going:
            return 0
        start = min(run.cursor for run in going)
        for run in going:
            run.timeline.advance_to(start + epochs)
        target = _kept(going, start + epochs)
        if target <= start:  # between two snapshots: on to the next
            target = _kept(going, start + max(run.stride for run in going))
        return max(run.forth_to(target) for run in going)

    def _go(self, epoch: int) -> None:
        """Come to an epoch to which all runs have come, or to the end of those that ended."""
        under_way = [p.timeline.last for p in self.runs if not p.timeline.ended]
        epoch = min([epoch, *under_way])
        self._playback.playing = False
        for run in self.runs:
            run.go_to(_kept(self.runs, epoch))

    def _meet(self, run: RunController) -> None:
        """After a change in one of two, both stand at the same epoch."""
        if self.b is not None:
            self._go(run.cursor)

    # --- what there is to tell

    @property
    def has_frames(self) -> bool:
        """Whether there is something new to draw, and who draws is ready."""
        return any(run.has_frame for run in self.runs)

    @property
    def is_seen(self) -> bool:
        """Whether all there is to draw has been sent."""
        return not any(run.dirty for run in self.runs)

    def frames(self, asked: int = 0) -> Iterator[bytes]:
        """What there is to draw now; `asked` is the number of the last command obeyed."""
        for run in self.runs:
            if run.has_frame:
                yield run.frame(asked)

    @property
    def is_described(self) -> bool:
        """Whether what there is to say of the runs where they rest has been said."""
        return self._told == self._state() and all(p.is_diagnosed for p in self.runs)

    def describe(self) -> None:
        """Say what is amiss in each run and how two of them differ, once for each place to rest."""
        for run in self.runs:
            run.diagnose()
        if self.b is not None and self._told != self._state():
            self._told = self._state()
            self._text("comparison", **compared(self.a.outcome(), self.b.outcome()))

    def _state(self) -> object:
        if self.b is None:
            return None
        return [(run.timeline, run.timeline.last) for run in self.runs]

    def _text(self, kind: str, **message: Any) -> None:
        self._tell(json.dumps({"kind": kind, **message}))


def _kept(runs: list[RunController], epoch: int) -> int:
    """The last epoch up to this one that all who came so far have kept.

    Those that went further apart keep every second, fourth... of their epochs, and the one with
    the longest strides tells.
    """
    return min((p.timeline.nearest(epoch) for p in runs if p.timeline.last >= epoch), default=epoch)


ACTIONS: Mapping[str, Callable[[Controller, Request], None]] = {
    "open": Controller.open,
    "compare": Controller.compare,
    "set": Controller.set,
    "edit": Controller.edit,
    "paint": Controller.paint,
    "adopt": Controller.adopt,
    "reopen": Controller.reopen,
    "undo": Controller.undo,
    "play": Controller.play,
    "pause": Controller.pause,
    "epoch": Controller.one_epoch,
    "phase": Controller.one_phase,
    "start": Controller.back_to_start,
    "fresh": Controller.new_start,
    "go": Controller.go_to,
    "speed": Controller.set_speed,
    "watch": Controller.watch,
    "gradient": Controller.show_gradient,
    "explain": Controller.explain,
    "drawn": Controller.acknowledge,
}
