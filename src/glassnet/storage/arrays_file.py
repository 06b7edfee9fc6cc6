"""Arrays by name, with facts as JSON beside them, in one safetensors file with a checksum."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.errors import InputError
from glassnet.storage.atomic import replacing
from glassnet.storage.tensors import serialized

KEY = "glassnet"
SCHEMA = 1


def save_arrays(
    path: Path, kind: str, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]
) -> None:
    """Write the file, whole or not at all; `kind` says what it is, such as "glassnet history"."""
    whole = {name: np.asarray(array, order="C") for name, array in sorted(arrays.items())}
    text = json.dumps(
        {"format": kind, "schema": SCHEMA, "sha256": _digest(whole, facts), "facts": dict(facts)}
    )
    with replacing(path) as temporary:
        temporary.write_bytes(serialized(whole, {KEY: text}))


def load_arrays(path: Path, kind: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays and the facts. Raises InputError unless the file is whole and of that kind."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            head = json.loads((file.metadata() or {})[KEY])
            if head["format"] != kind:
                raise InputError(f"{str(path)!r:.200} is a {head['format']}, not a {kind}.")
            if head["schema"] > SCHEMA:
                raise InputError(
                    f"{str(path)!r:.200} was written by a newer glassnet: upgrade with pip install "
                    "--upgrade glassnet."
                )
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if _digest(arrays, head["facts"]) != head["sha256"]:
            raise ValueError("its checksum does not match")
    except OSError as error:
        raise InputError(f"Cannot read {str(path)!r:.200} ({error.strerror or error}).") from None
    except InputError:
        raise
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"{str(path)!r:.200} is not a whole {kind} ({error}): use a copy, or start again."
        ) from None
    return arrays, head["facts"]


def _digest(arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> str:
    """A SHA-256 of facts, names, types, shapes and every byte."""
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
