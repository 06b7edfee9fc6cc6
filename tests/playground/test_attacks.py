"""Who holds the token and means harm gets a refusal, and neither memory nor a place of others."""

from __future__ import annotations

import base64
import os
import re
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from glassnet.playground.hosts.connection_limits import MOST_PIECES
from playground.conftest import PATIENCE
from playground.test_server import first_frame, wait_until

TEXT, CONTINUATION, PING = 1, 0, 9
MEBIBYTE = 2**20
GIBIBYTE = 2**30
MEMORY = Path("/proc/self/status")


class Target:
    """`glassnet play` in a process of its own, whose memory and threads are counted."""

    def __init__(self) -> None:
        command = "from glassnet.cli import main; main(['play', '--no-open', '--port', '0'])"
        self.running = subprocess.Popen(
            [sys.executable, "-c", command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.running.stdout is not None
        address = httpx.URL(self.running.stdout.readline().strip())
        assert address.port is not None
        self.port = address.port
        self.token = address.params["token"]
        self.host = f"127.0.0.1:{self.port}"
        self.cookie = f"glassnet-{self.port}={self.token}"

    def status(self, name: str) -> int:
        """A number of the process: VmRSS in KiB, VmHWM its peak, Threads."""
        text = Path(f"/proc/{self.running.pid}/status").read_text()
        found = re.search(rf"^{name}:\s*(\d+)", text, re.MULTILINE)
        assert found is not None
        return int(found[1])

    def memory_from_now(self) -> int:
        """KiB that it uses; the peak is reset here."""
        Path(f"/proc/{self.running.pid}/clear_refs").write_text("5")
        return self.status("VmHWM")

    def ticks(self) -> int:
        """Time of the processor that it has used, in hundredths of seconds."""
        text = Path(f"/proc/{self.running.pid}/stat").read_text()
        return sum(map(int, text.rsplit(")", 1)[1].split()[11:13]))

    def visit(self) -> ClientConnection:
        return connect(
            f"ws://{self.host}/session",
            origin=Origin(f"http://{self.host}"),
            additional_headers={"Cookie": self.cookie},
            close_timeout=1,
            max_size=None,
        )

    def line(self, head: str = "", receives: int | None = None) -> socket.socket:
        """A connection on which so much of a request was sent."""
        line = socket.socket()
        if receives is not None:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
        line.settimeout(PATIENCE)
        line.connect(("127.0.0.1", self.port))
        line.sendall(head.replace("\n", "\r\n").encode())
        return line

    def request(self, first: str, *more: str) -> str:
        return "\n".join([first, f"Host: {self.host}", f"Cookie: {self.cookie}", *more, "", ""])

    def websocket(self, receives: int | None = None) -> socket.socket:
        """A WebSocket whose bytes are the test's to write."""
        key = base64.b64encode(os.urandom(16)).decode()
        head = self.request(
            "GET /session HTTP/1.1",
            f"Origin: http://{self.host}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
        )
        line = self.line(head, receives)
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += line.recv(1)
        assert answer.startswith(b"HTTP/1.1 101")
        return line


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    if not MEMORY.exists():
        pytest.skip("needs /proc to see the memory of a process")
    one = Target()
    with one.visit() as connection:  # all that is imported late is imported now
        first_frame(connection)
    yield one
    assert one.running.poll() is None
    one.running.send_signal(signal.SIGINT)
    _, said = one.running.communicate(timeout=PATIENCE)
    assert "Traceback" not in said
    assert one.token not in said


def frame(
    opcode: int, payload: bytes = b"", *, last: bool = True, length: int | None = None
) -> bytes:
    """A masked WebSocket frame, the mask being zero; `length` is what it claims."""
    length = len(payload) if length is None else length
    size = (
        bytes([0x80 | length])
        if length < 126
        else b"\xfe" + struct.pack(">H", length)
        if length < 2**16
        else b"\xff" + struct.pack(">Q", length)
    )
    return bytes([0x80 * last | opcode]) + size + bytes(4) + payload


def pour(line: socket.socket, block: bytes, most: int) -> int:
    """Send a block again and again until it is not taken any more; the bytes that went."""
    sent = 0
    line.settimeout(2)
    with suppress(OSError):
        while sent < most:
            line.sendall(block)
            sent += len(block)
    return sent


BLOCK = bytes(MEBIBYTE)


def upload(target: Target) -> int:
    head = target.request("POST / HTTP/1.1", f"Content-Length: {GIBIBYTE}")
    with target.line(head) as line:
        return pour(line, BLOCK, GIBIBYTE)


def chunked_upload(target: Target) -> int:
    head = target.request("POST /session HTTP/1.1", "Transfer-Encoding: chunked")
    with target.line(head) as line:
        return pour(line, b"100000\r\n" + BLOCK + b"\r\n", GIBIBYTE)


def endless_header(target: Target) -> int:
    with target.line("GET / HTTP/1.1\nX: ") as line:
        return pour(line, b"x" * MEBIBYTE, GIBIBYTE)


def huge_message(target: Target) -> int:
    with target.websocket() as line:
        line.sendall(frame(TEXT, length=GIBIBYTE))
        return pour(line, BLOCK, GIBIBYTE)


def endless_pieces(target: Target) -> int:
    with target.websocket() as line:
        line.sendall(frame(TEXT, b"[", last=False))
        return pour(line, frame(CONTINUATION, bytes(2**15), last=False), GIBIBYTE)


def empty_pieces(target: Target) -> int:
    with target.websocket() as line:
        line.sendall(frame(TEXT, b"[", last=False))
        return pour(line, MOST_PIECES * frame(CONTINUATION, last=False), GIBIBYTE)


@pytest.mark.parametrize(
    "attack",
    [upload, chunked_upload, endless_header, huge_message, endless_pieces, empty_pieces],
)
def test_a_gigabyte_is_not_taken(target: Target, attack: Callable[[Target], int]) -> None:
    before = target.memory_from_now()
    assert attack(target) < 32 * MEBIBYTE  # what the system's buffers hold
    assert target.status("VmHWM") - before < 16 * 1024
    with target.visit() as connection:
        assert first_frame(connection)["epoch"] == 0


def test_pings_whose_answers_are_not_read_pile_up_nowhere(target: Target) -> None:
    before = target.memory_from_now()
    with target.websocket(receives=4096) as line:
        pour(line, 500 * frame(PING, bytes(125)), 24 * MEBIBYTE)
        with target.visit() as connection:
            assert first_frame(connection)["epoch"] == 0
    assert target.status("VmHWM") - before < 12 * 1024


@pytest.mark.parametrize(
    "bytes_",
    [
        frame(3, b"reserved"),
        b"\xf1\x80" + bytes(4),  # reserved bits
        b"\x81\x05hello",  # without a mask
        frame(TEXT, b"\xff\xfe"),  # no UTF-8
        frame(PING, last=False),
        frame(CONTINUATION, b"of nothing"),
        frame(TEXT, length=2**63),
        frame(8, b"\x00\x01"),  # a code that does not exist
        b"GET / HTTP/1.1\r\n\r\n",
        os.urandom(4096),
    ],
)
def test_malformed_frames_end_the_connection(target: Target, bytes_: bytes) -> None:
    with target.websocket() as line:
        line.sendall(bytes_)
        line.settimeout(2)
        with suppress(TimeoutError, ConnectionResetError):
            while line.recv(2**16):
                pass
    with target.visit() as connection:
        assert first_frame(connection)["epoch"] == 0


def test_two_hundred_visits_leave_nothing_behind(target: Target) -> None:
    def visits(n: int) -> int:
        for _ in range(n):
            with target.visit() as connection:
                first_frame(connection)
                connection.send('{"do": "play"}')
        wait_until(lambda: target.status("Threads") <= at_rest)
        return target.status("VmRSS")

    at_rest = 6 + (os.cpu_count() or 1) + target.status("Threads")  # with those of asyncio's pool
    before = visits(40)
    assert visits(200) - before < 12 * 1024


def test_a_page_at_rest_uses_no_processor(target: Target) -> None:
    with target.visit() as connection:
        first_frame(connection)

        def ticks_until_nothing_came() -> int:
            before = target.ticks()
            with suppress(TimeoutError):
                connection.recv(0.2)
            return target.ticks() - before

        wait_until(lambda: ticks_until_nothing_came() == 0)
