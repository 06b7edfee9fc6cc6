"""The page's JavaScript modules as data, for one HTML file that holds them all.

Such a module has no place of its own to find others from, so that their "./name.js" become bare
names, which an import map leads to addresses of data. A policy lets what stands in the file run by
its digest, and these modules.
"""

from __future__ import annotations

import json
import posixpath
import re
from base64 import b64encode
from hashlib import sha256
from importlib import resources
from urllib.parse import quote

_AS_JSON = ' with { type: "json" }'  # a module of JSON comes along as one of JavaScript
_COMMENT = re.compile(r"^ *//.*\n", re.MULTILINE)
_UNQUOTED = "!'()*,/:;=?@[]{}|+$ "
_IMPORT = re.compile(r'(\bfrom\s*|\bimport\s*\(?\s*)"(\.[\w./-]+)"')


def static_bytes(path: str) -> bytes:
    """The contents of a file of the page."""
    return (resources.files("glassnet.playground") / "static" / path).read_bytes()


def static_text(path: str) -> str:
    """The same as text."""
    return static_bytes(path).decode()


def reachable(start: str) -> dict[str, str]:
    """The source of every module that is needed, by its path in static/."""
    found: dict[str, str] = {}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _source(name)
            folder = posixpath.dirname(name)
            waiting += [_imported(folder, match) for match in _IMPORT.finditer(found[name])]
    return found


def _source(name: str) -> str:
    source = static_text(name).replace(_AS_JSON, "")
    return f"export default {source}" if name.endswith(".json") else source


def import_map(start: str) -> str:
    """The JSON of an import map with every module that is needed as data."""
    imports = {
        module_name(name): _as_data(_with_bare_names(posixpath.dirname(name), source))
        for name, source in reachable(start).items()
    }
    return json.dumps({"imports": imports})


def module_name(path: str) -> str:
    """How the import map calls the module of a path."""
    return f"glassnet/{path}"


def digests(*texts: str) -> str:
    """How a policy lists scripts or styles that stand in the page."""
    hashes = (b64encode(sha256(text.encode()).digest()).decode() for text in texts)
    return " ".join(f"'sha256-{digest}'" for digest in hashes)


def _with_bare_names(folder: str, source: str) -> str:
    def renamed(match: re.Match[str]) -> str:
        return f'{match[1]}"{module_name(_imported(folder, match))}"'

    return _IMPORT.sub(renamed, source)


def _imported(folder: str, match: re.Match[str]) -> str:
    """Return the path of a module that one in `folder` imports."""
    return posixpath.normpath(posixpath.join(folder, match[2]))


def _as_data(source: str) -> str:
    """An address that is short once compressed, as in notebooks; without whole-line comments."""
    return "data:text/javascript;charset=utf-8," + quote(_COMMENT.sub("", source), safe=_UNQUOTED)
