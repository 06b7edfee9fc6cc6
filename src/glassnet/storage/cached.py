"""What is dear to make or to fetch, kept in the user's cache folder by a name of its contents."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from glassnet.errors import InputError
from glassnet.storage.atomic import replacing


def cached(key: str, made: Callable[[], bytes]) -> bytes:
    """The bytes under a key; where they are not there they are made, and kept if that can be."""
    path = _folder() / key
    try:
        return path.read_bytes()
    except OSError:
        content = made()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            temporary.write_bytes(content)
    except (OSError, InputError):
        pass  # the disk is full, or not ours to write to: next time it is made again
    return content


def _folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return Path(base or Path.home() / ".cache") / "glassnet"
