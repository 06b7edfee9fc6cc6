"""The examples run, and say what they promise."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


def run(name: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / name],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_example_is_tested() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == {
        "own_table.py",
        "tutorial.py",
        "why_nonlinear.py",
    }


def test_tutorial_reaches_the_tutorials_epoch_with_all_twenty_right(tmp_path: Path) -> None:
    printed = run("tutorial.py", tmp_path)
    assert "after 5271 epochs" in printed
    assert printed.count("True") == 20
    assert {path.name for path in tmp_path.iterdir()} == {
        "points.png",
        "network_forward.png",
        "network_loss.png",
        "network_gradients.png",
        "loss.png",
        "boundary.png",
        "training.mp4",
    }


def test_only_sigmoids_between_layers_bend_the_boundary(tmp_path: Path) -> None:
    printed = run("why_nonlinear.py", tmp_path)
    straying = {
        line[:22].strip(): float(found.group(1))
        for line in printed.splitlines()
        if (found := re.search(r"strays ([\d.]+)", line))
    }
    assert straying.pop("2-3-3-1 with sigmoids") > 0.3
    assert len(straying) == 3
    for name, distance in straying.items():
        assert distance == pytest.approx(0, abs=1e-3), name
    assert (tmp_path / "why_nonlinear.png").exists()


def test_a_table_of_ones_own_is_learned_and_exported(tmp_path: Path) -> None:
    printed = run("own_table.py", tmp_path)
    assert float(re.search(r"'accuracy': ([\d.]+)", printed).group(1)) > 0.9  # type: ignore[union-attr]
    assert "model.py needs nothing but Python" in printed
