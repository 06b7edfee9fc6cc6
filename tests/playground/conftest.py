"""A visitor who talks to a session directly, and a page that is served."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from glassnet.playground.frames import unpacked
from glassnet.playground.hosts.server import Limits, Page, listen, server
from glassnet.playground.initial_state import InitialState
from glassnet.playground.jobs import InTurns
from glassnet.playground.protocol import Frame
from glassnet.playground.session import Out, Session

if TYPE_CHECKING:
    from playground.visits import Visit

PATIENCE = 20  # seconds, after which something does not come at all


class Visitor:
    """Asks a session and reads its answers, acknowledging every frame; time is what it says."""

    def __init__(self, initial: InitialState, **options: Any) -> None:
        self._answers: deque[Out] = deque()
        self._asked = 0
        self._now = 0.0
        self.session = Session(initial, InTurns(), **options)
        self.send()

    def send(self, *commands: dict[str, Any], after: float = 0.0) -> None:
        """Let the session take a turn."""
        self._now += after
        messages, self.due = self.session.turn(commands, self._now)
        self._answers += messages

    def ask(self, what: str, /, **more: Any) -> None:
        self._asked += what != "drawn"
        self.send({"do": what, **more, "asked": self._asked})

    def next(self, kind: str, run: str | None = None) -> dict[str, Any]:
        """The next answer of a kind, of one of two runs; frames hold their arrays beside it."""
        while True:
            message = self.any()
            if message["kind"] == kind and run in (None, message.get("run")):
                return message

    def raw(self) -> Out:
        """The next answer as it is sent, for which turns are taken as they are due."""
        while not self._answers:
            assert self.due is not None, "the session waits, and says nothing more"
            self.send(after=self.due)
        return self._answers.popleft()

    def any(self) -> dict[str, Any]:
        """The next answer, whatever it is."""
        answer = self.raw()
        if isinstance(answer, str):
            message: dict[str, Any] = json.loads(answer)
            return message
        header, arrays = unpacked(answer.data)
        if isinstance(answer, Frame):
            self.ask("drawn", run=header["run"])
        return {**header, **arrays}

    def rest(self) -> list[dict[str, Any]]:
        """All answers, until the session waits for a command."""
        found = []
        while self._answers or self.due is not None:
            if self._answers:
                found.append(self.any())
            else:
                self.send(after=self.due or 0.0)
        return found

    def frame(self, what: str, /, **more: Any) -> dict[str, Any]:
        """Ask, and wait for the frame that answers."""
        self.ask(what, **more)
        frame = self.next("frame")
        while frame["asked"] < self._asked:  # it was on its way when this was asked
            frame = self.next("frame")
        return frame

    def play_to_the_end(self) -> dict[str, Any]:
        self.ask("speed", epochs_per_second=None)
        frame = self.frame("play")
        while frame["playing"] or not frame["ended"]:
            frame = self.next("frame")
        return frame


@pytest.fixture
def visit() -> Iterator[Callable[..., Visitor]]:
    visitors: list[Visitor] = []

    def begin(initial: InitialState | None = None, **options: Any) -> Visitor:
        visitors.append(Visitor(initial or InitialState(), **options))
        return visitors[-1]

    yield begin
    for visitor in visitors:
        visitor.session.close()


@pytest.fixture
def visitor(visit: Callable[..., Visitor]) -> Visitor:
    """A visitor of the tutorial who has seen its first frame."""
    one: Visitor = visit()
    one.next("frame")
    return one


class Served:
    """A page that is served in a thread, and ways to it."""

    def __init__(self, limits: Limits, port: int = 0, token: str | None = None) -> None:
        self._listening = listen(port)
        self.page = Page(port=self._listening.getsockname()[1], limits=limits)
        self.page.token = token or self.page.token
        self.server = server(self.page)
        self._thread = threading.Thread(
            target=self.server.run, kwargs={"sockets": [self._listening]}
        )
        self._thread.start()
        self.origin = f"http://127.0.0.1:{self.page.port}"

    def get(self, path: str = "/", *, token: str | None = None, **headers: str) -> httpx.Response:
        cookie = {} if token is None else {"cookie": f"{self.page.cookie}={token}"}
        return httpx.get(self.origin + path, headers={**cookie, **headers}, timeout=PATIENCE)

    def connect(
        self,
        *,
        token: str | None = None,
        origin: str | None = None,
        host: str | None = None,
        most_unread: int = 16,
    ) -> ClientConnection:
        """A WebSocket as the page opens it, unless something is said to be different."""
        headers = {"Cookie": f"{self.page.cookie}={token or self.page.token}"}
        if host is not None:
            headers["Host"] = host
        return connect(
            f"ws://127.0.0.1:{self.page.port}/session",
            origin=Origin(origin or self.origin),
            additional_headers=headers,
            open_timeout=PATIENCE,
            close_timeout=1,
            max_size=None,
            max_queue=most_unread,
        )

    def stop(self) -> None:
        self.server.should_exit = True
        self._thread.join()


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    running: list[Served] = []

    def begin(port: int = 0, token: str | None = None, **limits: Any) -> Served:
        running.append(Served(Limits(**limits), port, token))
        return running[-1]

    yield begin
    for served in running:
        served.stop()


@pytest.fixture
def served(serve: Callable[..., Served]) -> Served:
    one: Served = serve()
    return one


@pytest.fixture(scope="session")
def site() -> Iterator[Served]:
    """A page for all visits that leave its server as it is."""
    served = Served(Limits())
    yield served
    served.stop()


@pytest.fixture(scope="session")
def tabs() -> dict[str, Visit]:
    """Tabs of the browser that visits take over from one another, by what they are like."""
    return {}
