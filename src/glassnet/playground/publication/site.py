"""A published page: the files of a folder for any static host, or one HTML file.

In a folder every file but index.html stands beneath a name made of its contents, so that browsers
may keep it for ever and none mixes files of two versions.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from glassnet.errors import InputError
from glassnet.explain.render.html import STYLE
from glassnet.explain.render.html import document as filled_in
from glassnet.playground import initial_state_file
from glassnet.playground.embedded_modules import (
    digests,
    import_map,
    module_name,
    reachable,
    static_bytes,
    static_text,
)
from glassnet.playground.initial_state import InitialState
from glassnet.playground.publication.packages import Packages, packages, packed
from glassnet.playground.publication.recorded import recorded
from glassnet.playground.publication.runtime import (
    ASSEMBLY,
    LOADER,
    LOCK_FILE,
    STDLIB,
    WASM,
    Runtime,
)
from glassnet.storage.atomic import replacing
from glassnet.storage.cached import cached
from glassnet.storage.output_folder import output_folder, write_listing

PROGRAM = "glassnet publish"
TITLE = "glassnet: a network you can see through"
START, WORKER = "published.js", "worker.js"
STYLES = ("vendor/uplot.css", "page.css")
MODULES = (WORKER, LOADER, ASSEMBLY)  # which the worker consists of
COMMON = "base-uri 'none'; form-action 'none'"
IN_FOLDER = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; "
    f"style-src 'self' {digests(STYLE)}; img-src 'self' data:; {COMMON}"
)


@dataclass(frozen=True, eq=False)
class Publication:
    """What is published: what the page opens, by itself or by a fragment of its address.

    `target` is what the fragment leads to, as the command "open" takes it.
    """

    initial: InitialState = field(default_factory=InitialState)
    fragment: str = ""
    target: dict[str, Any] | None = None
    runtime: Runtime = field(default_factory=Runtime)

    @cached_property
    def packages(self) -> Packages:
        """What runs in the browser."""
        return packages(self.runtime)

    def folder(self) -> dict[str, bytes]:
        """The files of the folder, by their paths; index.html is the last."""
        page = {name: static_bytes(name) for name in reachable(START)}
        for name in ("lessons.json", "icon.svg", *STYLES):
            page[name] = static_bytes(name)
        at = f"page-{_digest(page)}/"
        files = {at + name: content for name, content in page.items()}
        addresses = {}
        for name, content in {**self._modules(), **self._parts()}.items():
            addresses[name] = f"runtime/{_digest({name: content})}/{name}"
            files[addresses[name]] = content
        index = self._document(
            policy=IN_FOLDER,
            icon=f"{at}icon.svg",
            styles=[at + name for name in STYLES],
            preloaded=[addresses[name] for name in self._parts()],
            modules=[at + name for name in reachable(START) if name.endswith(".js")],
            published=self._described(addresses),
            main=at + START,
        )
        return {**files, "index.html": index.encode()}

    def single(self) -> str:
        """All of it as one HTML file."""
        from markupsafe import Markup

        imports, style = import_map(START), "\n".join(map(static_text, STYLES))
        start = f'import "{module_name(START)}";'
        extra = {"lessons.json": static_bytes("lessons.json"), **self._modules()}
        parts = {**{name: _zipped(content) for name, content in extra.items()}, **self._parts()}
        policy = (
            f"default-src 'none'; script-src {digests(imports, start)} data: "
            "'wasm-unsafe-eval' 'unsafe-eval'; worker-src data:; "
            f"style-src {digests(style, STYLE)}; img-src data:; {COMMON}"
        )
        return self._document(
            policy=policy,
            icon=f"data:image/svg+xml;base64,{b64encode(static_bytes('icon.svg')).decode()}",
            style=Markup(style),
            published=self._described({}),
            imports=Markup(imports),
            start=Markup(start),
            parts={name: b64encode(part).decode() for name, part in parts.items()},
        )

    def _modules(self) -> dict[str, bytes]:
        theirs = {name: self.runtime.file(name) for name in (LOADER, ASSEMBLY)}
        return {WORKER: static_bytes(WORKER), **theirs}

    def _parts(self) -> dict[str, bytes]:
        return self._zipped_parts

    @cached_property
    def _zipped_parts(self) -> dict[str, bytes]:
        """What the page and its worker unpack themselves, by name."""
        lock = json.loads(self.runtime.file(LOCK_FILE))
        parts = {
            "recorded": recorded(self.initial, self.target),
            "opening": initial_state_file.written(self.initial),
            # Nothing is installed by it: all packages come along.
            LOCK_FILE: json.dumps({**lock, "packages": {}}).encode(),
            WASM: self.runtime.file(WASM),
            STDLIB: self.packages.stdlib,
            "packages": packed(self.packages.files),
        }
        return {name: _zipped(content) for name, content in parts.items()}

    def _described(self, addresses: Mapping[str, str]) -> Any:
        """What the page knows of its parts, see parts.js."""
        from markupsafe import Markup

        parts = {
            name: {
                "bytes": len(content),
                "runtime": name != "recorded",
                **({"address": addresses[name]} if addresses else {}),
            }
            for name, content in self._parts().items()
        }
        modules = {name: addresses.get(name) for name in MODULES}
        described = {"fragment": self.fragment, "parts": parts, "modules": modules}
        return Markup(json.dumps(described).replace("<", "\\u003c"))

    def _document(self, **context: Any) -> str:
        absent = dict.fromkeys(
            ("style", "imports", "start", "main", "styles", "preloaded", "modules"), ()
        )
        return filled_in(
            Path(__file__).with_name("templates"),
            "published.html.j2",
            **{"title": TITLE, "parts": {}, **absent, **context},
        )


def write_folder(publication: Publication, out: Path, *, force: bool = False) -> None:
    """Write the folder; what an earlier publication left there goes.

    Raises InputError for a folder with other files, unless `force`, and where the runtime is not
    to be had; then nothing is written.
    """
    with output_folder(out, PROGRAM, force=force) as temporary:
        files = publication.folder()
        for name, content in files.items():
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            (temporary / name).write_bytes(content)
        write_listing(temporary, PROGRAM, list(files))


def write_single(publication: Publication, path: Path, *, force: bool = False) -> None:
    """Write the one HTML file. Raises InputError as `write_folder` does."""
    if path.exists() and not force and not path.is_dir():
        raise InputError(f"{str(path)!r:.200} is there already: name another, or add --force.")
    with replacing(path) as temporary:
        temporary.write_text(publication.single(), encoding="utf-8")


def _zipped(content: bytes) -> bytes:
    """The content packed by gzip as small as it can be, which takes seconds the first time."""
    key = f"{hashlib.sha256(content).hexdigest()}.gz"
    return cached(key, lambda: gzip.compress(content, 9, mtime=0))


def _digest(files: Mapping[str, bytes]) -> str:
    """A name made of the contents of files."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name} {len(content)} ".encode() + content)
    return digest.hexdigest()[:16]
