"""Killed at any moment, nothing is lost but the time since the last checkpoint."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
from glassnet.training.run_folder import CHECKPOINT, load_state

BEGIN = ("train", "moons", "--hidden", "16,16", "--patience", "4000")
ASKED = (*BEGIN, "--max-epochs", "4000")
QUIET = ("--no-pictures", "--quiet")


def start(*arguments: str, cwd: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "from glassnet.cli import main; main()", *arguments]
    return subprocess.Popen(command, cwd=cwd, stderr=subprocess.PIPE)


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def finish(*arguments: str, cwd: Path) -> int:
    process = start(*arguments, cwd=cwd)
    process.communicate(timeout=120)
    return process.returncode


def loaded(folder: Path) -> gn.Run:
    run = gn.load(folder)
    assert isinstance(run, gn.Run)
    return run


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    while not path.exists():
        assert process.poll() is None, "it ended before a checkpoint was written"
        time.sleep(0.002)


def test_resume_after_kill_9_equals_never_having_stopped(tmp_path: Path) -> None:
    assert finish(*ASKED, *QUIET, "--out", "whole", cwd=tmp_path) == 0
    whole = loaded(tmp_path / "whole")
    chance = random.Random(4)
    arguments: tuple[str, ...] = (*ASKED, "--out", "killed")
    reached = []
    for _ in range(5):
        process = start(*arguments, *QUIET, "--checkpoint-every", "0", cwd=tmp_path)
        wait_for(tmp_path / "killed" / CHECKPOINT, process)
        time.sleep(chance.uniform(0, 0.3))  # whatever it is doing then, writing above all
        kill(process)
        if (tmp_path / "killed" / CHECKPOINT).exists():
            checkpoint, _ = load_state(tmp_path / "killed" / CHECKPOINT)  # whole, or it raises
            reached.append(checkpoint.facts["epoch"])
        arguments = ("train", "--resume", "killed")
    assert reached == sorted(reached)
    assert finish("train", "--resume", "killed", *QUIET, cwd=tmp_path) == 0
    resumed = loaded(tmp_path / "killed")
    assert resumed.history.loss.tobytes() == whole.history.loss.tobytes()
    assert resumed.parameters.vector.tobytes() == whole.parameters.vector.tobytes()
    assert resumed.history.snapshots.tobytes() == whole.history.snapshots.tobytes()
    assert np.array_equal(resumed.history.validation["loss"], whole.history.validation["loss"])
    assert resumed.kept_epoch == whole.kept_epoch
    model = (tmp_path / "killed/model.safetensors").read_bytes()
    assert model == (tmp_path / "whole/model.safetensors").read_bytes()
    assert not (tmp_path / "killed" / CHECKPOINT).exists()


def test_an_unfinished_training_is_not_overwritten_by_accident(tmp_path: Path) -> None:
    process = start(*ASKED, *QUIET, "--out", "run", "--checkpoint-every", "0", cwd=tmp_path)
    wait_for(tmp_path / "run" / CHECKPOINT, process)
    kill(process)
    again = start(*ASKED, "--out", "run", cwd=tmp_path)
    _, said = again.communicate()
    assert again.returncode == 2
    assert b"holds a training that is not finished: go on with it by --resume run" in said
    with pytest.raises(gn.InputError, match=r"is not finished: go on with it"):
        gn.load(tmp_path / "run")
    assert (
        finish(*BEGIN, *QUIET, "--max-epochs", "20", "--out", "run", "--force", cwd=tmp_path) == 0
    )
    assert loaded(tmp_path / "run").epochs == 20


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a POSIX signal")
def test_ctrl_c_saves_a_run_that_can_be_resumed(tmp_path: Path) -> None:
    process = start(*ASKED, *QUIET, "--out", "run", "--checkpoint-every", "0", cwd=tmp_path)
    wait_for(tmp_path / "run" / CHECKPOINT, process)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"interrupted; what was done is in run, and --resume run goes on" in said
    assert loaded(tmp_path / "run").stop_reason == "interrupted"
    assert finish("train", "--resume", "run", *QUIET, cwd=tmp_path) == 0
    assert loaded(tmp_path / "run").epochs == 4000


@pytest.mark.skipif(os.name != "posix", reason="folders are held on POSIX systems only")
def test_one_training_at_a_time_has_a_folder_and_a_killed_one_holds_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    asked = (*BEGIN[:4], "--patience", "1000000", "--max-epochs", "1000000", "--out", "run")
    process = start(*asked, *QUIET, "--checkpoint-every", "0", cwd=tmp_path)
    wait_for(tmp_path / "run" / CHECKPOINT, process)
    for others in (asked, (*asked, "--force"), ("train", "--resume", "run")):
        other = start(*others, *QUIET, cwd=tmp_path)
        _, said = other.communicate(timeout=60)
        assert other.returncode == 2
        assert f"is in use by another glassnet (process {process.pid})" in said.decode()
    assert process.poll() is None
    kill(process)
    assert any(file.name.startswith(".glassnet-") for file in (tmp_path / "run").iterdir())
    done = finish(*BEGIN, *QUIET, "--max-epochs", "9", "--out", "run", "--force", cwd=tmp_path)
    assert done == 0
    assert not [file for file in (tmp_path / "run").iterdir() if file.name.startswith(".")]
    assert [file.name for file in tmp_path.iterdir()] == ["run"]


def test_what_others_hide_in_a_folder_is_left_alone(tmp_path: Path) -> None:
    assert finish(*BEGIN, *QUIET, "--max-epochs", "5", "--out", "run", cwd=tmp_path) == 0
    (tmp_path / "run/.git").mkdir()
    (tmp_path / "run/.glassnet-notes").touch()
    (tmp_path / "run/.glassnet-99-abcdefgh").mkdir()  # of a process that was killed
    assert finish(*BEGIN, *QUIET, "--max-epochs", "5", "--out", "run", cwd=tmp_path) == 0
    hidden = {file.name for file in (tmp_path / "run").iterdir() if file.name.startswith(".")}
    assert hidden == {".git", ".glassnet-notes"}
