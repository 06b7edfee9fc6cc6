"""A replay as one HTML file, which needs neither a server nor anything from elsewhere.

The page's own modules come along as data: addresses in an import map. Such a module has no place
of its own to find others from, so that their "./name.js" become bare names of the map. The policy
in the head lets the two scripts that stand in the file run, by their digests, and these modules.
"""

from __future__ import annotations

import gzip
import json
import posixpath
import re
from base64 import b64encode
from collections.abc import Mapping
from functools import partial
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

from glassnet.explain.render.html import document as filled_in

START = "replay/replay.js"
STYLES = ("vendor/uplot.css", "page.css", "replay/replay.css")
_IMPORT = re.compile(r'(\bfrom\s*|\bimport\s*\(?\s*)"(\.[\w./-]+)"')


def document(title: str, scene: Mapping[str, Any], parts: Mapping[str, bytes]) -> str:
    """The file: a title, the scene as JSON values, and gzipped parts by their names."""
    from markupsafe import Markup

    imports = json.dumps({"imports": _modules()})
    start = f'import "{_named(START)}";'
    data = {"scene": gzip.compress(json.dumps(scene).encode(), mtime=0), **parts}
    return filled_in(
        Path(__file__).with_name("templates"),
        "replay.html.j2",
        title=title,
        policy=_policy(imports, start),
        icon=b64encode(_bytes("icon.svg")).decode(),
        styles=Markup("\n".join(map(_text, STYLES))),
        imports=Markup(imports),
        start=Markup(start),
        parts={name: b64encode(part).decode() for name, part in data.items()},
    )


def _policy(*scripts: str) -> str:
    digests = " ".join(
        f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
    return (
        f"default-src 'none'; script-src {digests} data:; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _modules() -> dict[str, str]:
    """The address of every module that is needed, by its name in the map."""
    found: dict[str, str] = {}
    waiting = [START]
    while waiting:
        name = waiting.pop()
        if _named(name) not in found:
            source = _text(name)
            imported = partial(_imported, posixpath.dirname(name))
            waiting += [imported(match) for match in _IMPORT.finditer(source)]
            source = _IMPORT.sub(
                lambda match, imported=imported: f'{match[1]}"{_named(imported(match))}"',  # type: ignore[misc]
                source,
            )
            found[_named(name)] = (
                f"data:text/javascript;base64,{b64encode(source.encode()).decode()}"
            )
    return found


def _imported(folder: str, match: re.Match[str]) -> str:
    """Return the path of a module that one in `folder` imports."""
    return posixpath.normpath(posixpath.join(folder, match[2]))


def _named(path: str) -> str:
    return f"glassnet/{path}"


def _bytes(path: str) -> bytes:
    return (resources.files("glassnet.playground") / "static" / path).read_bytes()


def _text(path: str) -> str:
    return _bytes(path).decode()
