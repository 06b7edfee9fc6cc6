"""The page in a notebook's cell: a widget whose session the kernel trains, beside other cells.

The session has a thread of its own, so that it goes on while a later cell runs. Where a kernel
hears nothing meanwhile, frames count as drawn after a while. What the page would keep in its tab is
a value of the widget, so that a notebook that is loaded again goes on where it was. What is saved
with the notebook is a still picture, which lies beneath the page and is drawn now and then.
"""

from __future__ import annotations

import gzip
import json
import math
import time
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any

import traitlets

from glassnet.errors import InputError
from glassnet.explain.render.html import document as filled_in
from glassnet.playground.controller import Controller
from glassnet.playground.downloads.snapshot import Snapshot
from glassnet.playground.embedded_modules import (
    digests,
    import_map,
    module_name,
    static_bytes,
    static_text,
)
from glassnet.playground.hosts.session_thread import SessionThread
from glassnet.playground.hosts.still_widget import StillWidget
from glassnet.playground.initial_state import InitialState
from glassnet.playground.protocol import Frame, problem
from glassnet.playground.session import Out
from glassnet.storage import strict_json

TEMPLATES = Path(__file__).with_name("templates")
START = "embedded.js"
STYLES = ("vendor/uplot.css", "page.css")
ANSWER_SECONDS = 0.5  # a busy kernel does not hear that a frame was drawn
STILL_SECONDS = 20.0  # between two pictures while it plays
UNSEEN_SECONDS = 1800.0  # a cell that keeps the kernel busy may run as long


class PageWidget(StillWidget):
    """The page, live, in the output of a cell.

    `height` is that of its frame in pixels, and `kept` where the page is, or None at its beginning.
    """

    _esm = static_text("notebook/page.js")
    height = traitlets.Int(900).tag(sync=True)
    kept = traitlets.Dict(default_value=None, allow_none=True).tag(sync=True)

    def __init__(self, initial: InitialState, *, height: int = 900) -> None:
        super().__init__("The page of glassnet: run this cell again to open it.", height=height)
        self._initial = initial
        self._drawn = (-1, -math.inf)  # the epoch of that picture, and when it was drawn
        self._view: str | None = None  # that shows the session
        self._session: SessionThread | None = None
        self.on_msg(self._hear)

    def close(self) -> None:
        """End the session and take the page away."""
        self._end()
        super().close()

    def _hear(self, _: Any, content: dict[str, Any], __: Any) -> None:
        """Do what a view says: it wants the page or a session, gives a command, or goes."""
        match content:
            case {"page": str(view)}:
                self.send({"view": view, "page": page()})
            case {"open": str(view), "returns": bool(returns)}:
                self._begin(view, returns=returns)
            case {"command": str(text), "view": self._view} if self._session is not None:
                self._ask(self._session, text)
            case {"left": self._view}:
                self._end()

    def _begin(self, view: str, *, returns: bool) -> None:
        if self._view not in (None, view):
            self.send({"view": self._view, "ended": "moved"})
        self._end()
        self._view = view
        self._session = SessionThread(
            self._initial,
            self._post,
            returns=returns,
            unseen_seconds=UNSEEN_SECONDS,
            answer_seconds=ANSWER_SECONDS,
        )

    def _ask(self, session: SessionThread, text: str) -> None:
        try:
            command = strict_json.loads(text)
            if not isinstance(command, dict):
                raise ValueError
            session.ask(command, len(text))
        except InputError as error:
            self._post(json.dumps(problem(error)))
        except ValueError:
            self._post(json.dumps(problem("The page sends JSON objects only, and this was none.")))

    def _end(self) -> None:
        session, self._session, self._view = self._session, None, None
        if session is not None:
            session.end()

    def _post(self, message: Out) -> None:
        """Send a message of the session's to the view; from the session's thread."""
        if isinstance(message, str):
            self.send({"view": self._view, "text": message})
            return
        self.send({"view": self._view}, [message.data])
        if isinstance(message, Frame) and self._session is not None:
            self._draw_still(self._session.session.controller)

    def _draw_still(self, controller: Controller) -> None:
        """Draw the still picture again if the page rests elsewhere, or has gone on for a while."""
        run, (epoch, drawn) = controller.a, self._drawn
        old = time.monotonic() - drawn > STILL_SECONDS
        if run.cursor == epoch or (controller.time.playback.playing and not old):
            return
        self._drawn = run.cursor, time.monotonic()
        snapshot = Snapshot.of(run.timeline, run.cursor, run.view.extent, dark=False)
        self.draw_still(snapshot.source())


@cache
def page() -> str:
    """The page as one HTML document, for a frame."""
    from markupsafe import Markup

    imports, start = import_map(START), f'import "{module_name(START)}";'
    return filled_in(
        TEMPLATES,
        "notebook.html.j2",
        policy=f"default-src 'none'; script-src {digests(imports, start)} data:; "
        "style-src 'unsafe-inline'; img-src data: blob:; base-uri about:; form-action 'none'",
        icon=f"data:image/svg+xml;base64,{b64encode(static_bytes('icon.svg')).decode()}",
        styles=Markup("\n".join(map(static_text, STYLES))),
        imports=Markup(imports),
        start=Markup(start),
        lessons=b64encode(gzip.compress(static_bytes("lessons.json"), mtime=0)).decode(),
    )
