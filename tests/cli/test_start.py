"""The command from its start to its end: Ctrl-C ends it in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from glassnet.cli import run as command_line

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a POSIX signal")

START = """
import os, signal, sys
from glassnet_start import main

left = int(sys.argv.pop(1))

def count(event, _):
    global left
    if event == "import":
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGINT)

sys.addaudithook(count)
main()
"""


@pytest.mark.parametrize("imports", [1, 2, 5, 20, 80, 320])  # after which Ctrl-C comes
def test_ctrl_c_while_it_starts_ends_it_in_one_line(imports: int, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", START, str(imports), "explain", "demo"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (130, "glassnet: interrupted\n")


def test_ctrl_c_within_a_destructor_is_heard_after_it(tmp_path: Path) -> None:
    script = (
        "import os, signal, time; from glassnet import cli; from glassnet_start import main\n"
        "class Caught:\n"
        "    def __del__(self): os.kill(os.getpid(), signal.SIGINT)\n"
        "def command():\n"
        "    Caught()\n"
        "    time.sleep(60)\n"
        "cli.main = command; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (130, "glassnet: interrupted\n")


def test_ctrl_c_at_the_very_end_is_too_late(tmp_path: Path) -> None:
    script = (
        "import atexit, os, signal, sys; from glassnet_start import main;"
        "atexit.register(os.kill, os.getpid(), signal.SIGINT); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "--version"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_a_caller_that_ignores_ctrl_c_is_heeded(tmp_path: Path) -> None:
    script = (
        "import os, signal; signal.signal(signal.SIGINT, signal.SIG_IGN);"
        "from glassnet_start import main; os.kill(os.getpid(), signal.SIGINT); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "--version"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_ctrl_c_within_a_query_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def interrupted_query(*_: object, **__: object) -> None:
        raise RuntimeError("Query interrupted")  # as DuckDB says it

    monkeypatch.setattr("glassnet.pipeline.cross_fit.fit_recipe", interrupted_query)
    assert command_line(["train", "moons", "--out", str(tmp_path / "run")]) == 130
    assert capsys.readouterr().err == "glassnet: interrupted\n"
