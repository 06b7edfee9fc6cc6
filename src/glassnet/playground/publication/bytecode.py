"""Python compiled for the browser, which then need not: it begins in half the time.

Bytecode is of one version of Python. It is made by a Python of the runtime's version, if this or
another on the path is one, or by the runtime itself in Node.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from glassnet.playground.publication.runtime import (
    ASSEMBLY,
    LOADER,
    LOCK_FILE,
    STDLIB,
    WASM,
    Runtime,
    lock,
)
from glassnet.storage.cached import cached

FILES = (LOADER, ASSEMBLY, WASM, STDLIB, LOCK_FILE)  # that Node needs
COMPILE = Path(__file__).with_name("compile_sources.py")
IN_NODE = Path(__file__).with_name("compile_in_node.mjs")


def compiled(sources: Mapping[str, bytes], runtime: Runtime) -> dict[str, bytes] | None:
    """The bytecode of modules by name, which ends in .pyc; None where nothing here can make it."""
    given = _zipped(sources)
    key = hashlib.sha256(lock().python.encode() + COMPILE.read_bytes() + given).hexdigest()
    try:
        return _unzipped(cached(key, lambda: _made(given, runtime)))
    except NoCompilerError:
        return None


class NoCompilerError(Exception):
    """There is no Python of that version here, nor Node."""


def _made(given: bytes, runtime: Runtime) -> bytes:
    """The zip with the bytecode, by the first that can make it."""
    with tempfile.TemporaryDirectory(prefix="glassnet-") as folder:
        (Path(folder) / "sources.zip").write_bytes(given)
        for command in _commands():
            if command[1] == str(IN_NODE):
                for name in FILES:
                    (Path(folder) / name).write_bytes(runtime.file(name))
            # What is called python3.12 may only be a name that a manager of versions keeps.
            if subprocess.run([*command, folder], capture_output=True, check=False).returncode == 0:
                return (Path(folder) / "compiled.zip").read_bytes()
    raise NoCompilerError


def _commands() -> Iterator[list[str]]:
    version = lock().python
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        yield [sys.executable, "-I", str(COMPILE)]
    elif found := shutil.which(f"python{version}"):
        yield [found, "-I", str(COMPILE)]
    if node := shutil.which("node"):
        yield [node, str(IN_NODE), str(COMPILE)]


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """The files as a zip that is the same for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def _unzipped(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        return {name: files.read(name) for name in files.namelist()}
