"""What does not come from the page itself is refused with a sentence, and the page goes on."""

from __future__ import annotations

import json
import random
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

import glassnet as gn
from glassnet.playground.frames import unpacked
from glassnet.playground.hosts.server import HEADERS, LARGEST_MESSAGE, listen, static_files
from glassnet.playground.hosts.session_thread import (
    MOST_WAITING,
    MOST_WAITING_BYTES,
    Inbox,
    SessionThread,
)
from glassnet.playground.session import Session
from playground.conftest import PATIENCE, Served


def first_frame(connection: ClientConnection) -> dict[str, object]:
    while isinstance(message := connection.recv(PATIENCE), str):
        pass
    return unpacked(message)[0]


def next_text(connection: ClientConnection, kind: str) -> dict[str, object]:
    while True:
        message = connection.recv(PATIENCE)
        if isinstance(message, str) and json.loads(message)["kind"] == kind:
            return dict(json.loads(message))


def last_words(connection: ClientConnection) -> tuple[int, str]:
    """Read until the server closes the connection; its code and its sentence."""
    with suppress(ConnectionClosed):
        while True:
            connection.recv(PATIENCE)
    assert connection.close_code is not None
    return connection.close_code, connection.close_reason or ""


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, "it never came to that"
        time.sleep(0.01)


def is_healthy(served: Served) -> bool:
    with served.connect() as connection:
        return first_frame(connection)["epoch"] == 0


def test_the_token_is_exchanged_for_a_cookie_and_leaves_the_address(served: Served) -> None:
    answer = served.get(f"/?token={served.page.token}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    page = served.get(token=served.page.token)
    assert page.status_code == 200
    assert '<script type="module" src="./served.js">' in page.text


def test_scripts_come_from_the_page_only(served: Served) -> None:
    for path, token in (("/", None), ("/app.js", served.page.token), ("/no/such/file", "wrong")):
        headers = served.get(path, token=token).headers
        assert {name: headers[name] for name in HEADERS} == HEADERS
    assert "script-src 'self';" in HEADERS["content-security-policy"]
    assert "unsafe" not in HEADERS["content-security-policy"]
    for name, content in static_files().items():
        if name.endswith(".html"):
            assert b"<script>" not in content
            assert b"onclick" not in content


@pytest.mark.parametrize("token", [None, "", "wrong", "ä"])
def test_without_the_token_there_is_no_page(served: Served, token: str | None) -> None:
    assert "token is missing" in served.get(f"/?token={token or ''}").text
    answer = served.get() if token in (None, "ä") else served.get(token=token)
    assert answer.status_code == 403


def test_without_the_token_there_is_no_session(served: Served) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        served.connect(token="wrong")
    assert refusal.value.response.status_code == 403
    assert b"token is missing" in (refusal.value.response.body or b"")
    assert is_healthy(served)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "evil.example:8620", ""])
def test_another_host_is_refused(served: Served, host: str) -> None:
    answer = served.get("/app.js", host=host)
    assert answer.status_code == 403
    assert "own address" in answer.text
    with pytest.raises(InvalidStatus):
        served.connect(host=host)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_another_origin_is_refused(served: Served, origin: str) -> None:
    answer = served.get(token=served.page.token, origin=origin)
    assert answer.status_code == 403
    assert "from other sites" in answer.text
    with pytest.raises(InvalidStatus) as refusal:
        served.connect(origin=origin)
    assert b"from other sites" in (refusal.value.response.body or b"")


@pytest.mark.parametrize("length", ["Content-Length: 1073741824", "Transfer-Encoding: chunked"])
def test_an_upload_is_refused_before_it_is_read(served: Served, length: str) -> None:
    with socket.create_connection(("127.0.0.1", served.page.port), PATIENCE) as line:
        line.sendall(
            f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{served.page.port}\r\n{length}\r\n\r\n".encode()
        )
        answer = line.recv(4096)
    assert answer.startswith(b"HTTP/1.1 413")
    assert is_healthy(served)


@pytest.mark.parametrize(
    "path",
    [
        "/../server.py",
        "/%2e%2e/server.py",
        "/..%2fserver.py",
        "//etc/passwd",
        "/index.html/",
        "/%00",
    ],
)
def test_no_path_leads_to_the_file_system(served: Served, path: str) -> None:
    with socket.create_connection(("127.0.0.1", served.page.port), PATIENCE) as line:
        host = f"127.0.0.1:{served.page.port}"
        cookie = f"Cookie: {served.page.cookie}={served.page.token}"
        line.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{cookie}\r\nConnection: close\r\n\r\n".encode()
        )
        assert line.recv(4096).startswith(b"HTTP/1.1 404")


@pytest.mark.parametrize(
    "message",
    [b"\x00\x01", "", "play", "[]", '"play"', '{"do": NaN}', '{"do":1,"do":2}', "[" * 9999],
)
def test_what_is_no_json_object_ends_the_connection(served: Served, message: str | bytes) -> None:
    with served.connect() as connection:
        connection.send(message)
        assert last_words(connection) == (
            1008,
            "The page sends JSON objects only, and this was none.",
        )
    assert is_healthy(served)


def test_a_message_that_is_too_long_ends_the_connection(served: Served) -> None:
    with served.connect() as connection:
        connection.send("x" * (LARGEST_MESSAGE + 1))
        assert last_words(connection)[0] == 1009
    assert is_healthy(served)


def test_a_network_of_a_million_neurons_is_refused_in_a_sentence(served: Served) -> None:
    with served.connect() as connection:
        first_frame(connection)
        connection.send(json.dumps({"do": "set", "spec": {"hidden": [10**6]}}))
        while "problem" not in (message := str(connection.recv(PATIENCE))):
            pass
        assert "from 1 to 128, not 1000000" in message
        connection.send('{"do": "drawn"}')
        connection.send('{"do": "epoch"}')
        assert first_frame(connection)["epoch"] == 1


def test_more_pages_than_allowed_are_refused(serve: Callable[..., Served]) -> None:
    served = serve(sessions=2)
    with ExitStack() as open_pages:
        for _ in range(2):
            first_frame(open_pages.enter_context(served.connect()))
        with served.connect() as third:
            assert last_words(third) == (1013, "2 pages are open already: close one of them.")
    wait_until(lambda: served.page.sessions == 0)  # the others are being closed
    assert is_healthy(served)


def test_two_hundred_connections_are_survived(served: Served) -> None:
    lines = [
        socket.create_connection(("127.0.0.1", served.page.port), PATIENCE) for _ in range(200)
    ]
    for line in lines:
        line.sendall(b"GET / HT")
    refused = served.get("/health", token=served.page.token)
    assert (refused.status_code, "Too many connections" in refused.text) == (503, True)
    for line in lines:
        line.close()
    wait_until(lambda: served.get("/health", token=served.page.token).status_code == 200)
    assert is_healthy(served)


def test_a_flood_of_messages_ends_the_connection(serve: Callable[..., Served]) -> None:
    served = serve(messages_per_second=1, messages_at_once=20)
    with served.connect() as connection:
        with suppress(ConnectionClosed):  # at any of them
            for _ in range(25):
                connection.send('{"do": "drawn"}')
        assert last_words(connection) == (1008, "Too many messages in too short a time.")


def test_an_idle_session_ends(serve: Callable[..., Served]) -> None:
    served = serve(idle_seconds=0.05)
    with served.connect() as connection:
        code, sentence = last_words(connection)
    assert (code, sentence) == (4000, "Nothing happened here for long, so the session ended.")


def test_who_asked_for_nothing_for_long_can_still_ask(
    serve: Callable[..., Served],
) -> None:
    with serve(idle_seconds=0.3).connect() as connection:
        assert next_text(connection, "idle")["asked"] == 0
        connection.send('{"do": "epoch", "asked": 1}')
        assert next_text(connection, "idle")["asked"] == 1


def test_a_session_that_still_has_to_do_something_is_not_idle(
    serve: Callable[..., Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    turn, is_busy = Session.turn, vars(SessionThread)["is_busy"]
    looked = threading.Semaphore(0)

    def slowly(session: Session, commands: list[Any], now: float) -> Any:
        """Obey once the server has looked twice whether it is idle."""
        for _ in range(2 * len(commands)):
            assert looked.acquire(timeout=PATIENCE)
        return turn(session, commands, now)

    def looks(session: SessionThread) -> bool:
        looked.release()
        return bool(is_busy.fget(session))

    monkeypatch.setattr(Session, "turn", slowly)
    monkeypatch.setattr(SessionThread, "is_busy", property(looks))
    monkeypatch.setattr("glassnet.playground.hosts.server.GOODBYE_SECONDS", 0.01)
    with serve(idle_seconds=0.05).connect() as connection:
        for asked in (1, 2):
            connection.send(f'{{"do": "epoch", "asked": {asked}}}')
        assert next_text(connection, "idle")["asked"] == 2


def test_more_commands_than_may_wait_are_refused() -> None:
    inbox = Inbox()
    for _ in range(MOST_WAITING):
        inbox.put({"do": "epoch"})
    with pytest.raises(gn.InputError, match="slow down"):
        inbox.put({"do": "epoch"})
    assert len(inbox.take(None)) == MOST_WAITING
    inbox.put({"do": "epoch"}, MOST_WAITING_BYTES)
    with pytest.raises(gn.InputError, match="slow down"):
        inbox.put({"do": "epoch"}, 1)


def test_a_fault_is_said_before_the_session_ends(
    serve: Callable[..., Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    faults: list[object] = []
    monkeypatch.setattr("threading.excepthook", lambda fault: faults.append(fault.exc_value))
    monkeypatch.setattr(Session, "_work", lambda _: 1 / 0)
    with serve().connect() as connection:
        problem = next_text(connection, "problem")
    assert "a fault in glassnet (ZeroDivisionError" in str(problem["sentence"])
    assert problem["fatal"] is True
    assert isinstance(faults[0], ZeroDivisionError)


def test_a_port_that_is_taken_is_said() -> None:
    with listen(0) as taken, pytest.raises(gn.InputError, match="leave out --port"):
        listen(taken.getsockname()[1])


def test_every_vendored_file_has_its_licence() -> None:
    files = static_files()
    for library, licence in {"uplot": "MIT", "preact": "MIT", "htm": "Apache"}.items():
        assert licence.encode() in files[f"vendor/{library}.LICENSE"]


HALF_OPEN = {
    "nothing": "",
    "a line": "GET / HTTP/1.1\r\n",
    "headers without an end": "GET / HTTP/1.1\r\nHost: x\r\nX: y\r\n",
    "a request, and half of the next": "GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /",
}


@pytest.mark.parametrize("start", HALF_OPEN.values(), ids=HALF_OPEN)
def test_half_open_connections_lose_their_place(serve: Callable[..., Served], start: str) -> None:
    served = serve(connections=10, request_seconds=0.5)
    with served.connect() as connection, ExitStack() as lines:
        first_frame(connection)
        for _ in range(30):
            line = socket.create_connection(("127.0.0.1", served.page.port), PATIENCE)
            lines.enter_context(line).sendall(start.encode())
        wait_until(lambda: served.get("/health", token=served.page.token).status_code == 200)
        connection.send('{"do": "drawn"}')
        connection.send('{"do": "epoch"}')
        assert first_frame(connection)["epoch"] == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"])
def test_other_methods_are_not_allowed(served: Served, method: str) -> None:
    cookie = {"cookie": f"{served.page.cookie}={served.page.token}"}
    for path in ("/", "/app.js", "/health", "/session"):
        answer = httpx.request(method, served.origin + path, headers=cookie, timeout=PATIENCE)
        assert answer.status_code == 405
        assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
    assert httpx.head(served.origin + "/app.js", headers=cookie).content == b""
    assert "server" not in answer.headers


def test_a_ticket_opens_the_page_once(served: Served) -> None:
    ticket = served.page.address_for_once().removeprefix(served.origin)
    first, second = served.get(ticket), served.get(ticket)
    assert (first.status_code, second.status_code) == (303, 403)
    assert f"{served.page.cookie}={served.page.token}" in first.headers["set-cookie"]
    assert served.page.token not in ticket


def test_cookies_of_other_servers_do_not_hide_the_token(served: Served) -> None:
    for other in ('a={"b": 1}', "=", "a b=c", f"{served.page.cookie}x=1", '"'):
        cookie = f"{other}; {served.page.cookie}={served.page.token}"
        assert served.get("/health", cookie=cookie).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "token {0}"},
        {"authorization": "Bearer {0}"},
        {"x-token": "{0}"},
        {"cookie": "token={0}"},
        {"cookie": "glassnet-1={0}"},
        {"referer": "http://127.0.0.1/?token={0}"},
    ],
)
def test_the_token_counts_in_its_own_place_only(served: Served, headers: dict[str, str]) -> None:
    filled = {name: value.format(served.page.token) for name, value in headers.items()}
    for path in ("/", "/app.js", "/health", f"/app.js?token={served.page.token}"):
        assert served.get(path, **filled).status_code == 403


def test_no_session_without_an_origin(served: Served) -> None:
    cookie = {"Cookie": f"{served.page.cookie}={served.page.token}"}
    with pytest.raises(InvalidStatus) as refusal:
        connect(f"ws://127.0.0.1:{served.page.port}/session", additional_headers=cookie)
    assert b"from other sites" in (refusal.value.response.body or b"")


def test_only_what_is_in_the_table_of_files_is_ever_sent(served: Served) -> None:
    files = set(static_files().values())
    parts = ["..", ".", "", "%2e%2e", "%2f", "%5c", "%00", "static", "etc", "passwd", "app.js", "~"]
    chance = random.Random(0)
    cookie = {"cookie": f"{served.page.cookie}={served.page.token}"}
    with httpx.Client(base_url=served.origin, headers=cookie) as browser:
        for _ in range(100):
            path = "/" + chance.choice("/%?").join(chance.choices(parts, k=chance.randint(1, 6)))
            answer = browser.get(httpx.URL(served.origin, raw_path=path.encode()))
            assert answer.status_code in (200, 403, 404)
            assert answer.status_code != 200 or answer.content in files


def test_a_training_that_nobody_sees_is_paused(serve: Callable[..., Served]) -> None:
    served = serve(unseen_seconds=0.3)
    with served.connect() as connection:
        endless = {"stop_below": None, "max_epochs": 5_000_000}
        connection.send(json.dumps({"do": "set", "spec": endless}))
        connection.send('{"do": "play"}')  # and no frame is acknowledged
        while "problem" not in (message := str(connection.recv(PATIENCE))):
            pass
        assert "this page was out of sight" in message
        connection.send('{"do": "drawn"}')
        assert first_frame(connection)["playing"] is False


def test_a_page_that_does_not_read_loses_its_place(serve: Callable[..., Served]) -> None:
    served = serve(unread_bytes=2**17)
    with served.connect(most_unread=1) as connection:
        connection.send('{"do": "set", "spec": {"data": "moons", "n_samples": 1000}}')
        for _ in range(40):  # of about a megabyte each, which the client leaves where they are
            connection.send('{"do": "explain", "row": 3}')
        wait_until(lambda: served.page.sessions == 0)
    assert is_healthy(served)
