"""One visitor of the page, turn by turn: commands in, messages out, and when the next turn is due.

A session starts no thread and knows no socket. A host calls `turn` with the commands that have
come, or when the time has come that the last turn named; each does a bounded piece of work. See
`protocol` for what is said, and `hosts` for who does it.
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from glassnet.errors import InputError
from glassnet.playground.calculation import calculation
from glassnet.playground.commentary import Commentary
from glassnet.playground.controller import Controller
from glassnet.playground.downloads.job import DownloadJob
from glassnet.playground.downloads.snapshot import Snapshot
from glassnet.playground.initial_state import InitialState
from glassnet.playground.jobs import Jobs
from glassnet.playground.many_starts import ManyStarts
from glassnet.playground.position import Position
from glassnet.playground.protocol import (
    MOST_COUNTED,
    Frame,
    Message,
    Parcel,
    Request,
    parsed,
    problem,
)
from glassnet.playground.scenario import Scenario
from glassnet.playground.table_import import Choice
from glassnet.playground.timeline import MOST_SECONDS, Steps, replaying_to
from glassnet.playground.uploads import Uploads
from glassnet.training.history import counted

RETURN_SECONDS = 900.0  # that coming back to where a page was may take
UNSEEN_SECONDS = 300.0  # of training on, without an answer from a page that is hidden or gone
REST_SECONDS = 0.15  # without a command, before the diagnosis is made
Out = str | Frame | Parcel  # a message as it is sent; the text is JSON


class Session:
    """What a visitor does with a training.

    With `resumes` the first command opens where it begins, with `returns` a page that was here
    before, which may take longer. `asked` is the number of the last command that was obeyed. After
    `answer_seconds` a frame counts as drawn, for hosts whose page cannot always say so. `public` is
    the address of a published page that links are to lead to.
    """

    def __init__(
        self,
        initial: InitialState,
        jobs: Jobs,
        *,
        resumes: bool = False,
        returns: bool = False,
        unseen_seconds: float = UNSEEN_SECONDS,
        answer_seconds: float = math.inf,
        public: str | None = None,
    ) -> None:
        self._initial = initial
        self._answer_seconds, self._sent = answer_seconds, math.inf
        self._seconds = RETURN_SECONDS if returns else MOST_SECONDS
        self._unseen_seconds = unseen_seconds
        self._waiting: deque[Mapping[str, Any]] = deque()
        self._out: list[Out] = []
        self._now = self._heard = 0.0
        self._in_turns = jobs.in_turns
        self._commentary = Commentary(self._tell)
        self.starts = ManyStarts(self._tell, jobs)
        self.uploads = Uploads(self._tell, jobs, self._adopt)
        self.download = DownloadJob(self._tell, jobs)
        # What is under way in several turns; the first is to come to where it begins.
        self._steps: Steps[None] | None = None if resumes or returns else self._begin(None)
        self._controller: Controller | None = None
        self.asked = 0
        self._public = public

    def turn(
        self, commands: Iterable[Mapping[str, Any]], now: float
    ) -> tuple[list[Out], float | None]:
        """Obey commands, or do what is due by `now`, a time in seconds that never goes back.

        Returns messages for the page, and in how many seconds the next turn is due: None if not
        before a command comes, or the host has done a job.
        """
        self._now = now
        before = len(self._waiting)
        self._waiting.extend(commands)
        if len(self._waiting) > before:
            self._heard = now
        with np.errstate(all="ignore"):  # a training that diverges says so itself
            self._work()
        out, self._out = self._out, []
        return out, self._due()

    @property
    def is_occupied(self) -> bool:
        """Whether it is busy with one command in several turns: others will wait."""
        return self._steps is not None or bool(self._waiting)

    @property
    def controller(self) -> Controller:
        """The runs that are shown, once it has begun."""
        assert self._controller is not None
        return self._controller

    def close(self) -> None:
        """Give up what is being done beside it, and take away what was uploaded."""
        self.starts.close()
        self.download.close()
        self.uploads.close()

    def _work(self) -> None:
        if not self._obeyed_all() or self._controller is None:
            return
        self.starts.poll(self._now)
        self.uploads.poll()
        self.download.poll()
        if self._out:
            return  # texts are on their way first: a frame takes its time
        time, runs = self._controller.time, self._controller.runs
        if time.playback.playing and self._now - self._heard > self._unseen_seconds:
            self._pause_unseen()
        if self._now - self._sent > self._answer_seconds:
            for drawn in self._controller.frames:
                drawn.drawn(None)
        frames = [frames.make(self.asked) for frames in self._controller.frames if frames.are_due]
        self._out += frames
        if frames:
            self._sent = self._now
        if time.playback.playing and not frames:  # which are on their way first
            time.go_on(self._now)
        if self._may_comment(self._now):
            self._commentary.add(runs)

    def _obeyed_all(self) -> bool:
        """Obey what waits, up to a command that needs more turns; whether there was none."""
        while self._steps is not None or self._waiting:
            if self._steps is None:
                command = self._waiting.popleft()
                begins = self._controller is None
                self._steps = self._begin(command) if begins else self._obey(command)
            try:
                next(self._steps)
                return False
            except StopIteration:
                self._steps = None
        return True

    def _begin(self, command: Mapping[str, Any] | None) -> Steps[None]:
        """Come to where the visitor was before, or if it cannot come there, as it was opened."""
        try:
            if command is not None:
                self._controller = yield from Controller.opened(
                    self._initial, self._tell, _position(command), self._seconds
                )
        except InputError as error:
            self._tell({**problem(error), "refused": True})
        if self._controller is None:
            self._controller = yield from Controller.opened(self._initial, self._tell)
        files = self.download.offered()
        self._tell({"kind": "offers", "files": files, "address": self._public})
        if command is not None:
            self._count(command)

    def _obey(self, command: Mapping[str, Any]) -> Steps[None]:
        try:
            name, request = parsed(command)
            self.controller.next_step()
            steps = HANDLERS[name](self, {**request, "asked": _number(command)})
            if steps is not None:
                yield from steps
            if name != "drawn":
                for frames in self.controller.frames:
                    frames.hurry()
        except InputError as error:
            self._tell(problem(error))
        self._count(command)

    def _count(self, command: Mapping[str, Any]) -> None:
        self.asked = _number(command) or self.asked

    def _pause_unseen(self) -> None:
        """Stop a training that nobody sees: it would keep a processor busy for nothing."""
        time = self.controller.time
        time.pause()
        self._tell(
            problem(
                f"Paused after {counted(time.cursor)}, since this page was out of sight for "
                f"{self._unseen_seconds / 60:g} minutes: press play to go on."
            )
        )

    def _may_comment(self, now: float) -> bool:
        """Whether the runs rest, all of it was drawn, and nothing was asked for a while."""
        controller = self.controller
        rests = not controller.time.playback.playing and not any(r.dirty for r in controller.runs)
        return rests and now >= self._heard + REST_SECONDS

    def _due(self) -> float | None:
        if self.is_occupied:
            return 0.0
        if self._controller is None:
            return None
        working = self.starts.is_running or self.uploads.is_running or self.download.is_running
        if (working and self._in_turns) or any(f.are_due for f in self._controller.frames):
            return 0.0
        playback = self._controller.time.playback
        return playback.seconds_to_wait(self._now) if playback.playing else self._due_at_rest()

    def _due_at_rest(self) -> float | None:
        runs = self.controller.runs
        if any(run.dirty for run in runs):
            due = self._sent + self._answer_seconds
        elif self._commentary.is_complete(runs):
            return None
        else:
            due = self._heard + REST_SECONDS
        return max(due - self._now, 0.0) if math.isfinite(due) else None

    def _tell(self, message: Message) -> None:
        self._out.append(message if isinstance(message, Frame | Parcel) else json.dumps(message))

    def _adopt(self, points: Any, notes: Iterable[str]) -> None:
        self.controller.next_step()
        self.controller.adopt(points, notes)


def fault(error: Exception) -> str:
    """Return the message that a host sends where a turn has failed; else the page just stops."""
    what = f"{type(error).__name__}: {error}"
    said = problem(f"This is a fault in glassnet ({what}); please report it.")
    return json.dumps({**said, "fatal": True})


def _number(command: Mapping[str, Any]) -> int | None:
    """The number by which the page knows what answers its command, if it gives one."""
    asked = command.get("asked")
    return asked if type(asked) is int and 0 <= asked <= MOST_COUNTED else None


def _position(command: Mapping[str, Any]) -> Position:
    name, request = parsed(command)
    if name != "open":
        raise InputError(f"A page that comes back begins with the command open, not {name}.")
    return Position.of(request)


def _explain(session: Session, request: Request) -> None:
    run = session.controller.run(request["of"])
    title, html = calculation(run.timeline, run.cursor, request)
    session._tell(
        {
            "kind": "explanation",
            "run": run.name,
            "asked": request["asked"],
            "title": title,
            "epoch": run.cursor,
            "html": html,
        }
    )


def _train_starts(session: Session, request: Request) -> Steps[None]:
    """Train many starts of a scenario or of what run a trains, or with no number stop."""
    if request["n"] is None:
        session.starts.stop(session._now)
        return
    controller = session.controller
    timeline = controller.a.timeline
    if request["scenario"] is not None:
        scenario = Scenario.from_json(request["scenario"])
        timeline = yield from replaying_to(scenario, controller.initial, 0)
    session.starts.begin(timeline, request["n"], session._now)


def _show_start(session: Session, request: Request) -> Steps[None]:
    """Show the training of one of the seeds as run a."""
    described = request["scenario"]  # by a page whose starts another session trained
    theirs = None if described is None else Scenario.from_json(described)
    yield from session.controller.show(*session.starts.training_of(request["seed"], theirs))


def _save(session: Session, request: Request) -> None:
    session.download.check(request["what"])
    run = session.controller.run(request["of"])
    snapshot = Snapshot.of(run.timeline, run.cursor, run.view.extent, dark=request["dark"])
    session.download.begin(request["what"], snapshot)


def _gradient(session: Session, request: Request) -> None:
    for frames in session.controller.frames:
        frames.show_gradient(request["gradient"])


# What each command of the protocol does; some in steps.
HANDLERS: Mapping[str, Callable[[Session, Request], Steps[None] | None]] = {
    "open": lambda s, r: s.controller.open(Position.of(r)),
    "reopen": lambda s, _: s.controller.reopen(),
    "compare": lambda s, r: s.controller.compare(r["spec"]),
    "set": lambda s, r: s.controller.set(r["spec"], r["of"]),
    "edit": lambda s, r: s.controller.edit(r["values"], r["of"]),
    "paint": lambda s, r: s.controller.paint(r, r["of"]),
    "fresh": lambda s, r: s.controller.draw_start(r["of"]),
    "undo": lambda s, _: s.controller.undo(),
    "play": lambda s, _: s.controller.time.play(s._now),
    "pause": lambda s, _: s.controller.time.pause(),
    "epoch": lambda s, _: s.controller.time.one_epoch(),
    "phase": lambda s, _: s.controller.time.one_phase(),
    "start": lambda s, _: s.controller.back_to_start(),
    "go": lambda s, r: s.controller.time.go_to(r["epoch"]),
    "speed": lambda s, r: s.controller.time.playback.set_speed(r["epochs_per_second"]),
    "watch": lambda s, r: s.controller.watch(r["row"], r["of"]),
    "gradient": _gradient,
    "explain": _explain,
    "drawn": lambda s, r: s.controller.drawn(r["run"], r["frame"]),
    "seeds": _train_starts,
    "seed": _show_start,
    "save": _save,
    "upload": lambda s, r: s.uploads.begin(r["name"], r["size"], r["asked"], r["reading"]),
    "piece": lambda s, r: s.uploads.add(r["base64"]),
    "read": lambda s, r: s.uploads.read(r["reading"]),
    "take": lambda s, r: s.uploads.take(Choice.of(r["target"], r["inputs"], r["task"])),
}
