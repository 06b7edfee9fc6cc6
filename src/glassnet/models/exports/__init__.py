"""A model in other formats, each with the recipe that turns a row of a table into inputs."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path

import numpy as np

from glassnet.core.parameters import Array
from glassnet.errors import InputError
from glassnet.models.exports import c_source, frameworks, javascript_source, onnx, python_source
from glassnet.models.exports.plan import Plan, plan
from glassnet.models.model import Model
from glassnet.storage import atomic

SUFFIXES = {
    "onnx": ".onnx",
    "pytorch": ".py",
    "keras": ".py",
    "python": ".py",
    "c": ".c",
    "javascript": ".mjs",
}
FORMATS = tuple(SUFFIXES)
# Each its own, so that one export does not take the place of another.
DEFAULT_NAMES = {
    **{format: f"model{suffix}" for format, suffix in SUFFIXES.items()},
    "pytorch": "model_pytorch.py",
    "keras": "model_keras.py",
}


def export(
    model: Model,
    format: str,
    path: str | PathLike[str],
    rows: Mapping[str, np.ndarray] | None = None,
) -> list[Path]:
    """Write a model for use without glassnet, and return the files that were written.

    `format` is one of

        onnx          one input for each column; checked with onnxruntime before it is written
        pytorch       a source file; its weights stand beside it as NAME-DIGITS.npz
        keras         the same for Keras 3
        python        one source file that needs nothing but Python
        c             one C99 source file
        javascript    one module for browsers and Node

    `rows` are columns of a table by name, such as `Model.predict_rows` takes: the export is
    checked on them, and the first stands in the source as its self-test; a few hundred are plenty.
    Without them some are made up. A file that is replaced is replaced whole.

    Raises InputError for an unknown format, a name of another ending, rows that do not fit, a
    missing library, texts that a format cannot hold, and where the file cannot be written.
    """
    if format not in SUFFIXES:
        raise InputError(f"Unknown format {format!r:.80}: choose one of {', '.join(FORMATS)}.")
    if Path(path).suffix.lower() != SUFFIXES[format]:
        raise InputError(
            f"An export to {format} cannot be written as {Path(path).name!r:.80}: end the name in "
            f"{SUFFIXES[format]}."
        )
    atomic.checked_target(path)  # before anything at that place is read, too
    return _WRITERS[format](plan(model, rows), Path(path))


def _write_text(source: Callable[[Plan], str]) -> Callable[[Plan, Path], list[Path]]:
    def write(exported: Plan, path: Path) -> list[Path]:
        _replace(path, source(exported).encode("utf-8"))
        return [path]

    return write


def _write_onnx(exported: Plan, path: Path) -> list[Path]:
    _replace(path, onnx.checked(exported))
    return [path]


def _write_framework(
    framework: str, arrays: Callable[[Plan], dict[str, Array]]
) -> Callable[[Plan, Path], list[Path]]:
    """The source names its weights by their digest, so that it can never read those of another
    export: the weights are written first, and those of the source that was there go last.
    """

    def write(exported: Plan, path: Path) -> list[Path]:
        weights = _npz(arrays(exported))
        name = f"{path.stem}-{hashlib.sha256(weights).hexdigest()[:12]}.npz"
        former = _former_weights(path)
        _replace(path.with_name(name), weights)
        _replace(path, frameworks.source(exported, framework, name).encode("utf-8"))
        if former is not None and former.name != name:
            former.unlink(missing_ok=True)
        return [path, path.with_name(name)]

    return write


_WRITERS: dict[str, Callable[[Plan, Path], list[Path]]] = {
    "onnx": _write_onnx,
    "pytorch": _write_framework("pytorch", frameworks.pytorch_weights),
    "keras": _write_framework("keras", frameworks.keras_weights),
    "python": _write_text(python_source.source),
    "c": _write_text(c_source.source),
    "javascript": _write_text(javascript_source.source),
}


def _npz(arrays: dict[str, np.ndarray]) -> bytes:
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _former_weights(path: Path) -> Path | None:
    """The weights that an earlier export to `path` left, going by the line that names them."""
    if not path.exists():
        return None
    name = re.escape(path.stem) + r"-[0-9a-f]{12}\.npz"
    line = rf"^WEIGHTS = Path\(__file__\)\.with_name\('({name})'\)$"
    found = re.search(line, _text(path), re.MULTILINE)
    return path.with_name(found[1]) if found else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"Cannot read {str(path)!r:.200} ({error.strerror or error}).") from None


def _replace(path: Path, contents: bytes) -> None:
    with atomic.replacing(path) as temporary:
        temporary.write_bytes(contents)
