"""Messages through the pipe between a process and a framework that is its child."""

from __future__ import annotations

import pickle
from typing import IO, Any


def write(stream: IO[bytes], message: Any) -> None:
    """Send a message through a pipe."""
    pickle.dump(message, stream, protocol=pickle.HIGHEST_PROTOCOL)
    stream.flush()
