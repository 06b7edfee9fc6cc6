"""glassnet demo in a shell: streams that are closed, readers that leave, locales that are poor."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import av
from PIL import Image

from tutorial.test_demo import FILES

MAIN = "from glassnet_start import main; main()"
WITHOUT_PICTURES = """
from glassnet.pictures import display, film
from glassnet.playground import replay
from glassnet.tutorial import demo
display.Display.save = film.Film.save = lambda self, path, *_: path.touch()
replay.write_replay, demo.chapter = lambda run, path: path.touch(), lambda material: ""
"""


def shell(line: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"],
        cwd=cwd, env=os.environ | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def in_python(code: str, *arguments: str) -> str:
    return shlex.join([sys.executable, "-c", code, *arguments])


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    done = shell(f"{in_python(MAIN, 'demo', '--help')} | true", tmp_path)
    assert "Traceback" not in done.stderr


def test_a_reader_of_an_explanation_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    done = shell(f"{in_python(MAIN, 'explain', 'demo')} | head -3", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_closed_streams_and_poor_locales_are_no_fault(tmp_path: Path) -> None:
    code = f"{WITHOUT_PICTURES}\nfrom glassnet.cli import main; main()"
    poor = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    for out, redirection, environment in (("a", ">&-", {}), ("b", "2>&-", {}), ("hé", "", poor)):
        command = in_python(code, "demo", "--max-epochs", "20", "--out", out)
        done = shell(f"{command} {redirection}", tmp_path, **environment)
        assert (done.returncode, done.stderr) == (0, "")


def test_no_file_takes_the_place_of_closed_streams(tmp_path: Path) -> None:
    """What libraries print would otherwise be in the film or in a picture."""
    command = in_python(MAIN, "demo", "--max-epochs", "20", "--out", "out")
    assert shell(f"{command} >&- 2>&-", tmp_path).returncode == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
    for name in ("points", "network", "loss", "boundary"):
        with Image.open(tmp_path / f"out/{name}.png") as image:
            image.load()
    with av.open(tmp_path / "out/training.mp4") as film:
        assert len(list(film.decode(video=0))) > 0
