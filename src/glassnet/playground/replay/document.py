"""A replay as one HTML file, which needs neither a server nor anything from elsewhere."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glassnet.explain.render.html import document as filled_in
from glassnet.playground.embedded_modules import (
    digests,
    import_map,
    module_name,
    static_bytes,
    static_text,
)

START = "replay/replay.js"
STYLES = ("vendor/uplot.css", "page.css", "replay/replay.css")


def document(title: str, scene: Mapping[str, Any], parts: Mapping[str, bytes]) -> str:
    """The file: a title, the scene as JSON values, and gzipped parts by their names."""
    from markupsafe import Markup

    imports = import_map(START)
    start = f'import "{module_name(START)}";'
    data = {"scene": gzip.compress(json.dumps(scene).encode(), mtime=0), **parts}
    return filled_in(
        Path(__file__).with_name("templates"),
        "replay.html.j2",
        title=title,
        policy=f"default-src 'none'; script-src {digests(imports, start)} data:; "
        "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'",
        icon=b64encode(static_bytes("icon.svg")).decode(),
        styles=Markup("\n".join(map(static_text, STYLES))),
        imports=Markup(imports),
        start=Markup(start),
        parts={name: b64encode(part).decode() for name, part in data.items()},
    )
