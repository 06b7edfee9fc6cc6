"""The page's server: on this machine only, for those who hold its token, within limits.

It hands out a fixed table of files and one WebSocket. No name that a client sends ever reaches the
file system; what does not come from the page itself is refused with a sentence.
"""

from __future__ import annotations

import asyncio
import base64
import errno
import hashlib
import hmac
import json
import mimetypes
import secrets
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any

from glassnet.errors import InputError
from glassnet.explain.render.html import STYLE
from glassnet.playground.downloads.job import LARGEST_FILE
from glassnet.playground.hosts.session_thread import SessionThread
from glassnet.playground.initial_state import InitialState
from glassnet.playground.protocol import Frame, Idle, Parcel, problem
from glassnet.playground.session import UNSEEN_SECONDS, Out
from glassnet.storage import strict_json

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from starlette.websockets import WebSocket

USUAL_PORT = 8620
LAST_PORT = 65535
HOST = "127.0.0.1"
MOST_SESSIONS = 8
MOST_CONNECTIONS = 64
LARGEST_MESSAGE = 256 * 2**10  # bytes that a client may send at once: a scenario with its points
MESSAGES_PER_SECOND = 1000.0  # on average; a fast screen acknowledges and drags 500 times
MESSAGES_AT_ONCE = 2000.0
IDLE_SECONDS = 1800.0
SWITCH_SECONDS = 0.0005  # that a session's thread may keep the server's from sending
REQUEST_SECONDS = 10.0  # in which a request must have come, and its answer be taken
MOST_TEXTS = 64  # that wait for a client which does not read
MOST_UNREAD = 32 * 2**20  # bytes of them
GOODBYE_SECONDS = 2.0
TOKEN_MISSING = "Open the page by the address that glassnet play printed: its token is missing."
CLOSED_BY_POLICY, TRY_LATER, AT_REST = 1008, 1013, 4000
# Of styles within a page there is the one that explanations bring, known by its digest.
STYLE_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; script-src 'self'; style-src 'self' 'sha256-{STYLE_DIGEST}'; "
    "img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


@dataclass
class Limits:
    """What one server allows; the defaults are for use, smaller ones for tests."""

    sessions: int = MOST_SESSIONS
    connections: int = MOST_CONNECTIONS
    unread_bytes: int = MOST_UNREAD
    idle_seconds: float = IDLE_SECONDS
    unseen_seconds: float = UNSEEN_SECONDS
    request_seconds: float = REQUEST_SECONDS
    messages_per_second: float = MESSAGES_PER_SECOND
    messages_at_once: float = MESSAGES_AT_ONCE


@dataclass
class Page:
    """What a server shows, and to whom."""

    initial: InitialState = field(default_factory=InitialState)
    port: int = USUAL_PORT
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    limits: Limits = field(default_factory=Limits)
    public: str | None = None  # the address of a published page, where links are to lead
    sessions: int = 0
    tickets: set[str] = field(default_factory=set)
    connections: Collection[Any] = ()  # that are open

    @property
    def address(self) -> str:
        """Where a browser finds it; the token is exchanged for a cookie and leaves the address."""
        return f"http://{HOST}:{self.port}/?token={self.token}"

    def address_for_once(self) -> str:
        """The same, to be opened one time only.

        A browser is started with it among its arguments, which every user of a machine can list.
        """
        ticket = secrets.token_urlsafe(24)
        self.tickets.add(ticket)
        return f"http://{HOST}:{self.port}/?token={ticket}"

    def admits(self, token: str | None) -> bool:
        """Whether an address with this token is to be let in; a ticket is used up by that."""
        if token in self.tickets:
            self.tickets.remove(token)
            return True
        return self.knows(token)

    @property
    def cookie(self) -> str:
        """The name of the cookie that holds the token; ports share their cookies."""
        return f"glassnet-{self.port}"

    @property
    def hosts(self) -> set[str]:
        """The names under which the page may be asked for; any other is another site's doing."""
        return {f"{host}:{self.port}" for host in (HOST, "localhost")}

    def knows(self, token: str | None) -> bool:
        """Return whether this is the token, compared in constant time."""
        return token is not None and hmac.compare_digest(token.encode(), self.token.encode())


def application(page: Page) -> Starlette:
    """The page as an ASGI application."""
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route, WebSocketRoute

    files = static_files()
    edition = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()[:16]

    async def start(request: Request) -> Response:
        return _start(page, request, files["index.html"])

    async def health(_: Request) -> Response:
        return PlainTextResponse(edition)

    async def file(request: Request) -> Response:
        return _file(files, request.path_params["name"])

    async def session(websocket: WebSocket) -> None:
        await _session(page, websocket)

    return Starlette(
        routes=[
            Route("/", start, methods=["GET"]),
            Route("/health", health, methods=["GET"]),  # a page asks before it opens a session
            Route("/{name:path}", file, methods=["GET"]),
            WebSocketRoute("/session", session),
        ],
        middleware=[Middleware(Guard, page=page)],
    )


def serve(page: Page, on_ready: Callable[[], None], listening: socket.socket) -> None:
    """Serve the page until Ctrl-C."""
    sys.setswitchinterval(SWITCH_SECONDS)
    running = server(page)
    on_ready()
    running.run(sockets=[listening])


def server(page: Page) -> uvicorn.Server:
    """A server of the page, to be run on a socket that listens on its port."""
    import uvicorn

    from glassnet.playground.hosts.connection_limits import Bounded, timely

    running = uvicorn.Server(
        uvicorn.Config(
            application(page),
            http=timely(page.limits.request_seconds),
            ws=Bounded,
            ws_max_size=LARGEST_MESSAGE,
            ws_per_message_deflate=False,  # to the same machine it would only cost time
            timeout_keep_alive=5,
            timeout_graceful_shutdown=1,
            log_level="critical",
            access_log=False,
            server_header=False,
            lifespan="off",
        )
    )
    page.connections = running.server_state.connections
    return running


def listen(port: int | None) -> socket.socket:
    """A socket on a port of this machine; on the usual one, or if it is taken on any.

    Raises InputError if the port that was asked for is not free.
    """
    if port is not None and not 0 <= port <= LAST_PORT:
        raise InputError(f"There is no port {port}: choose one up to {LAST_PORT}.")
    try:
        listening = socket.create_server((HOST, USUAL_PORT if port is None else port))
    except OSError as error:
        if port is not None:
            taken = error.errno == errno.EADDRINUSE
            why = "another program uses it" if taken else error.strerror
            raise InputError(f"Port {port} cannot be used ({why}): leave out --port.") from None
        listening = socket.create_server((HOST, 0))
    # Else the second of two messages waits for the browser's acknowledgement: 40 ms.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def static_files() -> dict[str, bytes]:
    """Every file of the page by its path, and the style of explanations."""
    found: dict[str, bytes] = {}

    def collect(folder: Any, prefix: str) -> None:
        for entry in folder.iterdir():
            if entry.is_dir():
                collect(entry, f"{prefix}{entry.name}/")
            else:
                found[prefix + entry.name] = entry.read_bytes()

    collect(resources.files("glassnet.playground") / "static", "")
    return found


class Guard:
    """Refuses requests that come from elsewhere or bring a body, and sets the headers of all."""

    def __init__(self, app: ASGIApp, page: Page) -> None:
        self.app = app
        self.page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI asks."""

        async def with_headers(message: Message) -> None:
            if message["type"].endswith("response.start"):
                added = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        refusal = _refusal(self.page, scope)
        if refusal is None:
            await self.app(scope, receive, with_headers)
        else:
            await _refuse(scope, receive, with_headers, *refusal)


def _refusal(page: Page, scope: Scope) -> tuple[int, str] | None:
    """Status and sentence, if a request is to be refused for where it comes from or its size."""
    headers = {name.decode("latin-1"): v.decode("latin-1") for name, v in scope["headers"]}
    if headers.get("host") not in page.hosts:
        return 403, "This page answers to its own address on this machine only."
    origin = headers.get("origin")
    own = {f"http://{host}" for host in page.hosts}
    if origin not in own and (origin is not None or scope["type"] == "websocket"):
        return 403, "This page takes requests from itself only, not from other sites."
    if "transfer-encoding" in headers or headers.get("content-length", "0") != "0":
        return 413, "This page takes no uploads by request."
    at_door = scope["type"] == "http" and scope["path"] == "/"  # where a token may be shown
    if not at_door and not _has_cookie(page, headers.get("cookie", "")):
        return 403, TOKEN_MISSING
    if len(page.connections) > page.limits.connections:
        return 503, "Too many connections to this page are open: close some, and try again."
    return None


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, sentence: str) -> None:
    from starlette.responses import PlainTextResponse
    from starlette.websockets import WebSocket

    # What is not read cannot be answered on: the connection ends here.
    response = PlainTextResponse(sentence + "\n", status, {"connection": "close"})
    if scope["type"] == "websocket":
        await WebSocket(scope, receive, send).send_denial_response(response)
    else:
        await response(scope, receive, send)


def _has_cookie(page: Page, text: str) -> bool:
    """Whether the token is among the cookies, however strange those of other servers here are."""
    from starlette.requests import cookie_parser

    return page.knows(cookie_parser(text).get(page.cookie))


def _start(page: Page, request: Request, html: bytes) -> Response:
    """The page itself; or with the token in the address, its exchange for a cookie."""
    from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse

    token = request.query_params.get("token")
    response = RedirectResponse("/", 303)
    if page.admits(token):
        # Lax: a link to the page may stand anywhere, and opens it; nothing else is let in by it.
        response.set_cookie(page.cookie, page.token, httponly=True, samesite="lax")
        return response
    if not _has_cookie(page, request.headers.get("cookie", "")):
        return PlainTextResponse(TOKEN_MISSING + "\n", 403)
    return HTMLResponse(html) if token is None else response


def _file(files: dict[str, bytes], name: str) -> Response:
    from starlette.responses import PlainTextResponse, Response

    if name not in files or name == "index.html":
        return PlainTextResponse("There is no such file.\n", 404)
    kind = mimetypes.guess_type(name)[0] or "text/plain"
    if kind.startswith("text/") or kind.endswith("svg+xml"):
        kind += "; charset=utf-8"
    return Response(files[name], media_type=kind)


class Outbox:
    """What waits to be sent to one client: texts in their order, and the newest frame of a run."""

    def __init__(self, most_unread: int) -> None:
        self._most_unread = most_unread
        self._texts: deque[str | Parcel] = deque()
        self._unread = 0  # bytes of them
        self._frames: dict[str, bytes] = {}
        self._something = asyncio.Event()
        self._overflown = asyncio.Event()

    def put(self, message: Out) -> None:
        """Add a text, or take the place of the frame of this run that waits."""
        if isinstance(message, Frame):
            self._frames[message.run] = message.data
        elif len(self._texts) >= MOST_TEXTS or self._unread + _size(message) > self._room(message):
            self._overflown.set()
        else:
            self._texts.append(message)
            self._unread += _size(message)
        self._something.set()

    def _room(self, message: str | Parcel) -> int:
        """How much may lie here with this message: of files one at a time."""
        parcels = any(isinstance(waiting, Parcel) for waiting in self._texts)
        return self._most_unread + LARGEST_FILE * (isinstance(message, Parcel) or parcels)

    async def send_to(self, websocket: WebSocket) -> None:
        """Send whatever comes, for ever; texts first, since a frame may need its scene."""
        while True:
            await self._something.wait()
            self._something.clear()
            while self._texts:
                text = self._texts.popleft()
                if isinstance(text, Parcel):
                    await websocket.send_bytes(text.data)
                else:
                    await websocket.send_text(text)
                self._unread -= _size(text)
            while self._frames:
                await websocket.send_bytes(self._frames.pop(next(iter(self._frames))))

    async def overflow(self) -> None:
        """Wait until more lies here than may. Raises _Refused then."""
        await self._overflown.wait()
        raise _Refused(TRY_LATER, "This page did not read what was sent to it.")


def _size(message: str | Parcel) -> int:
    return len(message.data if isinstance(message, Parcel) else message)


class _Refused(Exception):
    """The connection ends, with this code and sentence."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


async def _session(page: Page, websocket: WebSocket) -> None:
    """One visitor, from the first message to the last."""
    await websocket.accept()
    if page.sessions >= page.limits.sessions:
        await websocket.close(
            TRY_LATER, f"{page.limits.sessions} pages are open already: close one of them."
        )
        return
    page.sessions += 1
    outbox, loop = Outbox(page.limits.unread_bytes), asyncio.get_running_loop()
    session = SessionThread(
        page.initial,
        lambda message: _hand_over(loop, outbox, message),
        resumes="resumes" in websocket.query_params,
        returns="returns" in websocket.query_params,
        unseen_seconds=page.limits.unseen_seconds,
        public=page.public,
    )
    tasks = [
        asyncio.create_task(outbox.send_to(websocket)),
        asyncio.create_task(outbox.overflow()),
        asyncio.create_task(_receive(page.limits, websocket, session, outbox)),
    ]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        await _say_goodbye(websocket, *done)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(session.end)
        page.sessions -= 1


def _hand_over(loop: asyncio.AbstractEventLoop, outbox: Outbox, message: Out) -> None:
    """From the session's thread to the server's."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(outbox.put, message)


async def _say_goodbye(websocket: WebSocket, *done: asyncio.Task[None]) -> None:
    for task in done:
        error = task.exception()
        if isinstance(error, _Refused):
            # A client that does not read gets no reason either.
            with suppress(TimeoutError):
                await asyncio.wait_for(websocket.close(error.code, error.sentence), GOODBYE_SECONDS)
            return


async def _receive(
    limits: Limits, websocket: WebSocket, session: SessionThread, outbox: Outbox
) -> None:
    """Hand every message to the session until the client leaves. Raises _Refused for bad ones."""
    left, looked = limits.messages_at_once, time.monotonic()
    while True:
        message = await _next_message(limits, websocket, session, outbox)
        if message["type"] == "websocket.disconnect":
            return
        now = time.monotonic()
        left = min(left + (now - looked) * limits.messages_per_second, limits.messages_at_once) - 1
        looked = now
        if left < 0:
            raise _Refused(CLOSED_BY_POLICY, "Too many messages in too short a time.")
        try:
            session.ask(_command(message), len(message["text"]))
        except InputError as error:
            outbox.put(json.dumps(problem(error)))


async def _next_message(
    limits: Limits, websocket: WebSocket, session: SessionThread, outbox: Outbox
) -> Message:
    """Wait for the client's next message. Raises _Refused when it stays silent for long.

    A page is warned first and leaves by itself: a command sent just then would else be lost.
    """
    coming = asyncio.ensure_future(websocket.receive())
    try:
        while not (await asyncio.wait({coming}, timeout=limits.idle_seconds))[0]:
            if session.is_busy:
                continue
            idle: Idle = {"kind": "idle", "asked": session.session.asked}
            outbox.put(json.dumps(idle))
            if not (await asyncio.wait({coming}, timeout=GOODBYE_SECONDS))[0]:
                raise _Refused(AT_REST, "Nothing happened here for long, so the session ended.")
        return coming.result()
    finally:
        coming.cancel()


def _command(message: Message) -> dict[str, Any]:
    """The JSON object in a message. Raises _Refused for anything else."""
    try:
        command = strict_json.loads(message["text"])
    except (KeyError, TypeError, ValueError):
        command = None
    if not isinstance(command, dict):
        raise _Refused(CLOSED_BY_POLICY, "The page sends JSON objects only, and this was none.")
    return command
