"""What runs in the browser's Python: its standard library, numpy, and glassnet with its helpers."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from glassnet.playground.publication.bytecode import compiled
from glassnet.playground.publication.runtime import STDLIB, Runtime, lock

# Of the standard library and of numpy, what no page comes to: it would cost a second on a phone.
UNUSED = (
    "doctest", "ensurepip", "ftplib", "idlelib", "imaplib", "lib2to3", "mailbox", "multiprocessing",
    "nntplib", "optparse", "pdb", "poplib", "pydoc", "pydoc_data", "smtplib", "socketserver",
    "telnetlib", "test", "tkinter", "turtle", "turtledemo", "unittest", "venv", "wsgiref", "xmlrpc",
    "numpy/_pyinstaller", "numpy/distutils", "numpy/doc", "numpy/f2py", "numpy/testing",
    "numpy/tests",
)  # fmt: skip
# Packages in plain Python that glassnet imports there, taken from this installation.
HELPERS = ("filelock", "jinja2", "latex2mathml", "markupsafe")
# Of glassnet, what belongs to other places than a page.
ELSEWHERE = (
    "cli", "engines/native", "estimators", "parity", "playground/publication", "sweep", "tutorial",
    "worksheets",
)  # fmt: skip


class Packages(NamedTuple):
    """The standard library as a zip, the files of all packages, and whether all is compiled."""

    stdlib: bytes
    files: dict[str, bytes]
    is_compiled: bool


def packages(runtime: Runtime) -> Packages:
    """Everything that runs, compiled where something here can do so."""
    stdlib = _unzipped(runtime.file(STDLIB))
    files = dict(_own())
    for wheel in lock().wheels:
        files |= _unzipped(runtime.file(wheel))
    sources = {name: text for name, text in (stdlib | files).items() if name.endswith(".py")}
    bytecode = compiled(sources, runtime)
    if bytecode is not None:
        stdlib, files = _replaced(stdlib, bytecode), _replaced(files, bytecode)
    return Packages(_zip(stdlib), files, bytecode is not None)


def packed(files: Mapping[str, bytes]) -> bytes:
    """The files as one: a line of JSON with names and lengths, and the contents of all."""
    listed = sorted(files.items())
    head = json.dumps([[name, len(content)] for name, content in listed])
    return b"\n".join([head.encode(), b"".join(content for _, content in listed)])


def _replaced(files: Mapping[str, bytes], bytecode: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files with bytecode in place of the sources that there is some of."""
    pairs = ((name + "c", name) for name in files)
    return {
        (code if code in bytecode else name): bytecode.get(code, files[name])
        for code, name in pairs
    }


def _unzipped(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        return {
            name: files.read(name)
            for name in files.namelist()
            if name.endswith((".py", ".so")) and _is_used(name)
        }


def _is_used(name: str) -> bool:
    return not any(name == f"{unused}.py" or name.startswith(f"{unused}/") for unused in UNUSED)


def _zip(files: Mapping[str, bytes]) -> bytes:
    """The files stored in a zip: it is packed as a whole, which browsers unpack faster."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def _own() -> Iterator[tuple[str, bytes]]:
    """The files of glassnet and of its helpers."""
    for name, content in _files("glassnet"):
        if not name.startswith(tuple(f"glassnet/{other}/" for other in ELSEWHERE)):
            yield name, content
    for helper in HELPERS:
        yield from _files(helper)
        # Some ask for their own version, which stands in their metadata.
        found = metadata.distribution(helper)
        text = f"Metadata-Version: 2.1\nName: {helper}\nVersion: {found.version}\n"
        yield f"{helper}-{found.version}.dist-info/METADATA", text.encode()


def _files(package: str) -> Iterator[tuple[str, bytes]]:
    # Not `importlib.resources`, which finds two folders of what is installed as editable.
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and path.suffix not in (".so", ".pyd", ".pyc", ".pyi", ".c"):
            yield f"{package}/{name}", path.read_bytes()
