"""How the server treats the connections it accepts, beyond what they say: bounds in time and size.

A request must come to its end in time, so that half-open connections do not fill the places of
others; and a visitor who does not read is not written to, so that nothing piles up in memory.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

MOST_PIECES = 1024  # that one message may come in; each is held until the last has come
MOST_ACCEPTED = 256  # connections that are listened to; beyond there is not even a refusal
POLICY_VIOLATION = 1008
GOODBYE_SECONDS = 2.0  # for the handshake that ends a connection


def timely(seconds: float) -> type[H11Protocol]:
    """HTTP in which every request must be sent, and its answer be taken, within so many seconds."""

    class Timely(H11Protocol):
        deadline: asyncio.TimerHandle

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self.deadline = self.loop.call_later(seconds, transport.abort)
            if len(self.connections) > MOST_ACCEPTED:
                transport.abort()

        def on_response_complete(self) -> None:
            self.deadline.cancel()
            self.deadline = self.loop.call_later(seconds, self.transport.abort)
            super().on_response_complete()

        def handle_websocket_upgrade(self, event: Any) -> None:
            self.deadline.cancel()
            super().handle_websocket_upgrade(event)

        def connection_lost(self, exc: Exception | None) -> None:
            self.deadline.cancel()
            super().connection_lost(exc)

    return Timely


class Bounded(WebSocketsSansIOProtocol):
    """WebSocket that holds a bounded number of pieces, and answers pings only to who reads."""

    async def run_asgi(self) -> None:
        """Serve the visitor; who then does not take the last words is left."""
        await super().run_asgi()
        self.loop.call_later(GOODBYE_SECONDS, self.transport.abort)

    def handle_cont(self, event: Frame) -> None:
        """Take a further piece of a message."""
        if len(self.frames) < MOST_PIECES:
            super().handle_cont(event)
            return
        self.conn.fail(POLICY_VIOLATION, f"A message may come in {MOST_PIECES} pieces at most.")
        self.handle_parser_exception()

    def handle_ping(self) -> None:
        """Answer a ping, if earlier answers were read."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()  # is dropped
