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
from glassnet.playground.downloads.snapshot import Cargo
from glassnet.playground.playback import Pace
from glassnet.playground.points import Points
from glassnet.playground.run_controller import Player, Request
from glassnet.playground.scenario import MOST_EPOCHS, OWN, Story
from glassnet.playground.timeline import MOST_SECONDS, Opening, Timeline, told
from glassnet.playground.undo_stack import Past, Step, pasts
from glassnet.training.training import fresh_seed

REPLAY_CHUNKS = 120  # in so many steps the history is played back at full speed


class Moment(NamedTuple):
    """Where a visitor is: the story of run a, that of run b if two are compared, and the epoch.

    `past` is what undo leads back to, the oldest first.
    """

    a: Story
    b: Story | None
    epoch: int
    past: tuple[Past, ...] = ()

    @classmethod
    def of(cls, request: Request) -> Moment:
        """The moment that a request tells; own data told once are those of all its stories.

        Raises InputError if it tells none.
        """
        a = Story.from_json(request.get("story", {}))
        second = request.get("compare")
        return cls(
            a,
            None if second is None else Story.from_json(second, a.points),
            index("epoch", request.get("epoch", 0), MOST_EPOCHS),
            pasts(request.get("undo", []), a.points),
        )

    def past_of(self, run: str) -> list[Past]:
        """What of it is the past of one of the runs."""
        return [past for past in self.past if past.run == run]


class Stage:
    """Run a, and while two are compared run b. What is done in time is done to both.

    A command that is meant for one of them says which by "of"; where nothing is said, a change of
    what is trained is one of both, and what is asked for is told of run a.
    """

    def __init__(
        self, opening: Opening, tell: Callable[[str], None], moment: Moment | None = None
    ) -> None:
        self._opening = opening
        self._tell = tell
        self._pace = Pace()
        self._scenes = count(1)
        self._told: object = None  # of which state the comparison has been told
        moment = moment or Moment(opening.story, None, opening.epoch)
        self._step = Step(moment.past)
        a, b, epoch = self._come_to(moment)
        self._opening = replace(opening, patience=MOST_SECONDS)  # for all that is asked later
        self.a = Player(a, epoch, *self._ways(), past=moment.past_of("a"))
        self.b: Player | None = None
        if b is not None:
            self._beside(b, epoch, moment.past_of("b"))
        if opening.notes:
            self._text("notes", notes=opening.notes)

    def _ways(self) -> tuple[Callable[[str], None], Pace, Iterator[int], Step]:
        return self._tell, self._pace, self._scenes, self._step

    def obey(self, what: str, request: Request) -> None:
        """Do one of the ACTIONS; what it changes is one step to undo."""
        self._step.next()
        ACTIONS[what](self, request)

    @property
    def players(self) -> list[Player]:
        """Those that play: a, or a and b."""
        return [self.a] if self.b is None else [self.a, self.b]

    def _of(self, request: Request, name: str = "of") -> Player:
        run = request.get(name, "a")
        if run == "b" and self.b is not None:
            return self.b
        if run != "a":
            raise InputError(f"There is no run {run!r:.40} here: compare begins a second one.")
        return self.a

    def _meant(self, request: Request) -> list[Player]:
        return [self._of(request)] if "of" in request else self.players

    # --- what is shown

    def cargo(self, request: Request) -> Cargo:
        """What files of the run that is meant are made of, as it stands."""
        return self._of(request).cargo(dark=bool(request.get("dark")))

    def open(self, request: Request) -> None:
        """Come to where a story and an epoch say; "compare" is the story of run b, if there is."""
        a, b, epoch = self._come_to(Moment.of(request))
        self._alone()
        self.a.begin(a, epoch)
        if b is not None:
            self._beside(b, epoch)

    def _come_to(self, moment: Moment) -> tuple[Timeline, Timeline | None, int]:
        """The trainings of run a and perhaps b, up to the epoch that is given as well."""
        epoch, opening = moment.epoch, self._opening
        # A run stands where its parameters were kept, and what came after that is known as well.
        known = opening.last if moment.a == opening.story else 0
        a = told(moment.a, opening, max(epoch, known))
        return a, None if moment.b is None else told(moment.b, opening, epoch), epoch

    def compare(self, request: Request) -> None:
        """Begin a run b from the same start with some settings changed; with none, end it."""
        described = request.get("spec")
        if described is None:
            self._alone()
            return
        spec = self.a.timeline.story.now.changed(described)
        timeline = self.a.from_start(spec, self.a.own if spec.data == OWN else None)
        self._alone()
        self._beside(timeline, 0)

    def begin(self, story: Story, epoch: int) -> None:
        """Show a story as run a, after so many epochs unless it takes long to come there."""
        try:
            timeline = told(story, self._opening, epoch)
        except InputError:
            timeline = told(story, self._opening, 0)
        self._step.next()
        self._put(timeline, epoch)

    def _put(self, timeline: Timeline, epoch: int) -> None:
        """Show another training as run a; undo leads back."""
        self.a.remember()
        self.a.begin(timeline, epoch)
        self._meet(self.a)

    def timeline_of(self, request: Request) -> Timeline:
        """The training of the story in a request, at its start; that of run a if there is none."""
        if "story" not in request:
            return self.a.timeline
        return told(Story.from_json(request["story"]), self._opening, 0)

    def _beside(self, timeline: Timeline, epoch: int, past: Sequence[Past] = ()) -> None:
        """Show a timeline as run b, looked at as run a is."""
        self.b = Player(timeline, epoch, *self._ways(), run="b", past=past)
        self.b.own = self.b.own or self.a.own
        self.b.show_gradient({"gradient": self.a.shows_gradient})
        if len(timeline.X) == len(self.a.timeline.X):
            self.b.watch({"row": self.a.watched})
        self._go(epoch)

    def _alone(self) -> None:
        """End a comparison, if there is one."""
        self._pace.playing = False
        self.a.dirty = True
        if self.b is not None:
            self.b, self._told = None, None
            self._text("alone")

    # --- what is changed

    def set(self, request: Request) -> None:
        """Change what is trained, or how; of two that are compared, from their start."""
        meant = self._meant(request)
        for player in meant:
            player.set(request, from_start=self.b is not None)
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
        for player in self.players:
            if player.timeline.points == before:
                player.begin_anew(player.timeline.story.now.with_own_data(), points)
        self._meet(self.a)
        self._pace.playing = playing

    def adopt(self, request: Request) -> None:
        """Train on the points of a table that was read here; they come from no client."""
        points = request.get("points")
        if not isinstance(points, Points):
            raise InputError("Points of a table are taken by the columns that are chosen in it.")
        for player in self.players:
            spec = player.timeline.story.now.with_columns(len(points.inputs))
            player.begin_anew(spec, points)
        self._meet(self.a)
        self._text("notes", notes=request["notes"])

    def reopen(self, _: Request) -> None:
        """Show again what the server was given to show."""
        given = self._opening
        timeline, _b, epoch = self._come_to(Moment(given.story, None, given.epoch))
        self._alone()
        self._put(timeline, epoch)
        self._text("notes", notes=given.notes)

    def edit(self, request: Request) -> None:
        """Set weights or biases by hand."""
        player = self._of(request)
        player.edit(request)
        self._meet(player)

    def undo(self, _: Request) -> None:
        """Take back the last change, in both if it was one of both."""
        last = max(player.last_change for player in self.players)
        meant = [player for player in self.players if player.last_change == last]
        moments = [player.before_last_change() for player in meant]  # of which one may be refused
        for player, moment in zip(meant, moments, strict=True):
            player.undo(moment)
        self._meet(meant[-1])

    def new_start(self, request: Request) -> None:
        """Other weights to begin with, of another seed: for both, if they share theirs."""
        chosen = self._of(request)
        before, seed = chosen.timeline.story.now.seed, fresh_seed() % 10_000
        for player in self.players:
            if player.timeline.story.now.seed == before:
                player.draw_a_start(seed)
        self._meet(chosen)

    def watch(self, request: Request) -> None:
        """Choose the point whose numbers the phases show, in both if they have it."""
        chosen = self._of(request)
        chosen.watch(request)
        for player in self.players:
            if len(player.timeline.X) == len(chosen.timeline.X):
                player.watch(request)

    def show_gradient(self, request: Request) -> None:
        """Send the gradient with each frame, or not."""
        for player in self.players:
            player.show_gradient(request)

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
        for player in self.players:
            player.hurry()

    # --- going through time

    def play(self, _: Request) -> None:
        """Play the history from here, and train on at its end; from the end of all runs, again."""
        if all(player.at_end for player in self.players):
            self._go(0)
        self._heed_goals()
        self._pace.start()
        for player in self.players:
            player.stand(None)

    def _heed_goals(self) -> None:
        """Before time goes on: no run goes further than its goals, though it had been once."""
        for player in self.players:
            player.heed_goals()

    def pause(self, _: Request | None = None) -> None:
        """Stand still."""
        self._pace.playing = False
        for player in self.players:
            player.dirty = True

    def one_epoch(self, _: Request) -> None:
        """Go one epoch on."""
        self.pause()
        self._heed_goals()
        for player in self.players:
            player.stand(None)
        self._forth(1)

    def one_phase(self, _: Request) -> None:
        """Forward, loss, backward, update: the next of them."""
        for player in self.players:
            player.check_phases()
        self.pause()
        self._heed_goals()
        going = [player for player in self.players if not player.at_end] or self.players
        now = going[0].phase
        following = PHASES[0 if now is None else (PHASES.index(now) + 1) % len(PHASES)]
        if following == "update":
            for player in going:
                player.keep_before()
            if not self._forth(1):
                following = PHASES[0]
        for player in self.players:
            player.stand(following if player in going else None)

    def back_to_start(self, _: Request) -> None:
        """The start of these stories, without the changes made on the way."""
        for player in self.players:
            player.back_to_start()
        self._go(0)

    def go_to(self, request: Request) -> None:
        """Come to an epoch of the history."""
        self._go(index("epoch", request.get("epoch"), MOST_EPOCHS))

    def set_speed(self, request: Request) -> None:
        """Play at so many epochs a second."""
        self._pace.ask_for(request.get("epochs_per_second"))

    @property
    def playing(self) -> bool:
        """Whether time goes on by itself."""
        return self._pace.playing

    @property
    def cursor(self) -> int:
        """The epoch that is shown; the later one, where one run has ended before the other."""
        return max(player.cursor for player in self.players)

    def seconds_to_wait(self) -> float:
        """Until the next epoch is to be shown."""
        return self._pace.seconds_to_wait()

    def go_on(self) -> None:
        """Play what is due."""
        going = [player for player in self.players if not player.at_end]
        known = [player.timeline.last for player in going if player.cursor < player.timeline.last]
        replaying = len(known) == len(going) > 0
        epochs = self._pace.due(-(-max(known) // REPLAY_CHUNKS) if replaying else None)
        if replaying:  # up to where it has to be trained, which takes longer
            epochs = min(epochs, min(known) - min(player.cursor for player in going))
        if epochs < 1:
            return
        moved = self._forth(epochs)
        self._pace.went(moved, 0 if replaying else epochs)
        if not moved or all(player.at_end for player in self.players):
            self.pause()

    def _forth(self, epochs: int) -> int:
        """Go so many epochs on, through what is known or by training; by how many it was.

        Who has come to its end stays there; who is behind catches up before the others go on.
        """
        going = [player for player in self.players if not player.at_end]
        if not going:
            return 0
        start = min(player.cursor for player in going)
        for player in going:
            player.timeline.advance_to(start + epochs)
        target = _kept(going, start + epochs)
        if target <= start:  # between two snapshots: on to the next
            target = _kept(going, start + max(player.stride for player in going))
        return max(player.forth_to(target) for player in going)

    def _go(self, epoch: int) -> None:
        """Come to an epoch to which all runs have come, or to the end of those that ended."""
        under_way = [p.timeline.last for p in self.players if not p.timeline.ended]
        epoch = min([epoch, *under_way])
        self._pace.playing = False
        for player in self.players:
            player.go_to(_kept(self.players, epoch))

    def _meet(self, player: Player) -> None:
        """After a change in one of two, both stand at the same epoch."""
        if self.b is not None:
            self._go(player.cursor)

    # --- what there is to tell

    @property
    def has_frames(self) -> bool:
        """Whether there is something new to draw, and who draws is ready."""
        return any(player.has_frame for player in self.players)

    @property
    def is_seen(self) -> bool:
        """Whether all there is to draw has been sent."""
        return not any(player.dirty for player in self.players)

    def frames(self, asked: int = 0) -> Iterator[bytes]:
        """What there is to draw now; `asked` is the number of the last command obeyed."""
        for player in self.players:
            if player.has_frame:
                yield player.frame(asked)

    @property
    def is_described(self) -> bool:
        """Whether what there is to say of the runs where they rest has been said."""
        return self._told == self._state() and all(p.is_diagnosed for p in self.players)

    def describe(self) -> None:
        """Say what is amiss in each run and how two of them differ, once for each place to rest."""
        for player in self.players:
            player.diagnose()
        if self.b is not None and self._told != self._state():
            self._told = self._state()
            self._text("comparison", **compared(self.a.outcome(), self.b.outcome()))

    def _state(self) -> object:
        if self.b is None:
            return None
        return [(player.timeline, player.timeline.last) for player in self.players]

    def _text(self, kind: str, **message: Any) -> None:
        self._tell(json.dumps({"kind": kind, **message}))


def _kept(players: list[Player], epoch: int) -> int:
    """The last epoch up to this one that all who came so far have kept.

    Those that went further apart keep every second, fourth... of their epochs, and the one with
    the longest strides tells.
    """
    return min(
        (p.timeline.nearest(epoch) for p in players if p.timeline.last >= epoch), default=epoch
    )


ACTIONS: Mapping[str, Callable[[Stage, Request], None]] = {
    "open": Stage.open,
    "compare": Stage.compare,
    "set": Stage.set,
    "edit": Stage.edit,
    "paint": Stage.paint,
    "adopt": Stage.adopt,
    "reopen": Stage.reopen,
    "undo": Stage.undo,
    "play": Stage.play,
    "pause": Stage.pause,
    "epoch": Stage.one_epoch,
    "phase": Stage.one_phase,
    "start": Stage.back_to_start,
    "fresh": Stage.new_start,
    "go": Stage.go_to,
    "speed": Stage.set_speed,
    "watch": Stage.watch,
    "gradient": Stage.show_gradient,
    "explain": Stage.explain,
    "drawn": Stage.acknowledge,
}
