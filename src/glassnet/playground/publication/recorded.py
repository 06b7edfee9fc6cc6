"""What a published page shows at once: the first messages of a session like the one to come."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.playground.frames import packed
from glassnet.playground.initial_state import InitialState
from glassnet.playground.jobs import InTurns
from glassnet.playground.protocol import Frame
from glassnet.playground.session import Session


def recorded(initial: InitialState, target: dict[str, Any] | None = None) -> bytes:
    """The messages up to the first frame, of a session that opens a target if there is one.

    Texts stand in the header's "messages", and null where the array "frame" comes.
    """
    session = Session(initial, InTurns(), resumes=target is not None)
    commands = [] if target is None else [{"do": "open", **target}]
    messages: list[str | None] = []
    arrays: dict[str, np.ndarray] = {}
    due: float | None = 0.0
    while due is not None and not arrays:
        out, due = session.turn(commands, 0.0)
        commands = []
        for message in out:
            if isinstance(message, Frame):
                arrays["frame"] = np.frombuffer(message.data, np.uint8)
            messages.append(message if isinstance(message, str) else None)
    session.close()
    return packed({"messages": messages}, arrays)
