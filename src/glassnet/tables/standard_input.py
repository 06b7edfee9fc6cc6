"""Standard input as a file, so that a table can be read from it, and more than once."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

DASH = "-"
NAME = "standard input"


def standard_input() -> Path:
    """Return a file with what standard input gives, which is gone when the program ends."""
    return _copied(sys.stdin)


def looks_like_json(start: bytes) -> bool:
    """Whether a text that begins so is JSON: an array, or an object, of more than a name."""
    inside = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    return inside[:1] in (b"[", b"{") and inside[1:].lstrip()[:1] in (b"[", b"{", b'"')


# Whoever opens the table a second time finds it here, for the stream is at its end.
@lru_cache(maxsize=1)
def _copied(stream: Any) -> Path:
    handle, name = tempfile.mkstemp(prefix="glassnet-")
    atexit.register(Path(name).unlink, missing_ok=True)
    with os.fdopen(handle, "wb") as file:
        shutil.copyfileobj(stream.buffer, file, 2**20)
    return Path(name)
