"""The command from its first moment to its last: Ctrl-C ends it in one line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from glassnet.cli import run as command_line

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a POSIX signal")

START = "import sys; from glassnet_start import main; print('started', flush=True); main()"


def interrupted(*arguments: str, after: float, cwd: Path) -> tuple[int, str]:
    process = subprocess.Popen(
        [sys.executable, "-c", START, *arguments],
        cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    process.stdout.readline()
    time.sleep(after)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    return process.returncode, said


@pytest.mark.parametrize("after", [0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5])
def test_ctrl_c_in_the_first_moments_ends_it_in_one_line(after: float, tmp_path: Path) -> None:
    code, said = interrupted("explain", "demo", after=after, cwd=tmp_path)
    assert (code, said) in [(130, "glassnet: interrupted\n"), (0, "")]


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
