"""Where there is no compiler the package installs all the same and runs on numpy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import glassnet as gn
from glassnet import engines
points = gn.datasets.rings()
run = gn.train(gn.Network((2, 3, 3, 1)), points.X, points.y, max_epochs=3)
print(gn.__file__, engines.compiled.built(), run.engine.name)
try:
    engines.choose("compiled")
except gn.InputError as error:
    print(error)
"""


def test_without_a_compiler_it_installs_and_uses_numpy(tmp_path: Path) -> None:
    pytest.importorskip("scikit_build_core")
    pytest.importorskip("nanobind")
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("*.so"))
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [*pip, "--target", str(target), str(source)],
        env={**os.environ, "CXX": "/no/such/compiler", "CC": "/no/such/compiler"},
        capture_output=True,
        check=True,
    )
    assert not list(target.rglob("*.so"))
    # -S leaves an editable installation out; the libraries come from this process.
    paths = [str(target), *(path for path in sys.path if path.endswith("site-packages"))]
    done = subprocess.run(
        [sys.executable, "-S", "-c", PROGRAM],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert str(target) in done.stdout
    assert "False reference" in done.stdout
    assert "was not built" in done.stdout
    # A wheel without the engine has another tag, so that nobody takes it for the normal one.
    (wheel,) = target.glob("*.dist-info/WHEEL")
    assert "Tag: py3-none-any" in wheel.read_text(encoding="utf-8")
    assert done.stderr.count("was installed without its compiled engine") == 1
