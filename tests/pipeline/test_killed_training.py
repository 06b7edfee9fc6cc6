"""Killed at any moment, nothing is lost but the time since the last checkpoint."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
from children import Child
from glassnet.cli import run as command_line
from glassnet.training.run_folder import CHECKPOINT, load_state

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(os.name != "posix", reason="processes are killed as on POSIX systems"),
]

BEGIN = ("moons", "--single", "--hidden", "16,16", "--patience", "4000")
ASKED = (*BEGIN, "--max-epochs", "2000")
QUIET = ("--no-pictures", "--quiet")


def finish(*arguments: str) -> int:
    return command_line(["train", *arguments, *QUIET])


def begin(folder: Path, *arguments: str) -> Child:
    """A training that saves after each epoch."""
    return Child("train", *arguments, *QUIET, "--checkpoint-every", "0", cwd=folder)


def loaded(folder: Path) -> gn.Run:
    run = gn.load(folder)
    assert isinstance(run, gn.Run)
    return run


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_resume_after_kill_9_equals_never_having_stopped(here: Path) -> None:
    assert finish(*ASKED, "--out", "whole") == 0
    whole = loaded(here / "whole")
    arguments: tuple[str, ...] = (*ASKED, "--out", "killed")
    reached = []
    for saved in (1, 2, 20, 60):
        process = begin(here, *arguments)
        process.wait_until_saved(saved)
        process.end()  # whatever it is doing then, writing above all
        checkpoint, _ = load_state(here / "killed" / CHECKPOINT)  # whole, or it raises
        reached.append(checkpoint.facts["epoch"])
        arguments = ("--resume", "killed")
    assert reached == sorted(set(reached))
    assert reached[-1] < 2000
    assert finish("--resume", "killed") == 0
    resumed = loaded(here / "killed")
    assert resumed.history.loss.tobytes() == whole.history.loss.tobytes()
    assert resumed.parameters.vector.tobytes() == whole.parameters.vector.tobytes()
    assert resumed.history.snapshots.tobytes() == whole.history.snapshots.tobytes()
    assert np.array_equal(resumed.history.validation["loss"], whole.history.validation["loss"])
    assert resumed.kept_epoch == whole.kept_epoch
    model = (here / "killed/model.safetensors").read_bytes()
    assert model == (here / "whole/model.safetensors").read_bytes()
    assert not (here / "killed" / CHECKPOINT).exists()


def test_an_unfinished_training_is_not_overwritten_by_accident(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    process = begin(here, *ASKED, "--out", "run")
    process.wait_until_saved()
    process.end()
    assert finish(*ASKED, "--out", "run") == 2
    said = capsys.readouterr().err
    assert "holds a training that is not finished: go on with it by --resume run" in said
    with pytest.raises(gn.InputError, match=r"is not finished: go on with it"):
        gn.load(here / "run")
    assert finish(*BEGIN, "--max-epochs", "20", "--out", "run", "--force") == 0
    assert loaded(here / "run").epochs == 20


def test_ctrl_c_saves_a_run_that_can_be_resumed(here: Path) -> None:
    process = begin(here, *ASKED, "--out", "run")
    process.wait_until_saved()
    process.send_signal(signal.SIGINT)
    _, said = process.finish()
    assert process.returncode == 130
    assert "interrupted; what was done is in run, and --resume run goes on" in said
    assert loaded(here / "run").stop_reason == "interrupted"
    assert finish("--resume", "run") == 0
    assert loaded(here / "run").epochs == 2000


def test_one_training_at_a_time_has_a_folder_and_a_killed_one_holds_and_leaves_nothing(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = (*BEGIN[:4], "--patience", "1000000", "--max-epochs", "1000000", "--out", "run")
    process = begin(here, *asked)
    process.wait_until_saved()
    for others in (asked, (*asked, "--force"), ("--resume", "run")):
        assert finish(*others) == 2
        said = capsys.readouterr().err
        assert f"is in use by another glassnet (process {process.pid})" in said
    assert process.poll() is None
    process.end()
    assert any(file.name.startswith(".glassnet-") for file in (here / "run").iterdir())
    assert finish(*BEGIN, "--max-epochs", "9", "--out", "run", "--force") == 0
    assert not [file for file in (here / "run").iterdir() if file.name.startswith(".")]
    assert [file.name for file in here.iterdir()] == ["run"]


def test_what_others_hide_in_a_folder_is_left_alone(here: Path) -> None:
    asked = (*BEGIN, "--max-epochs", "5", "--out", "run")
    assert finish(*asked) == 0
    (here / "run/.git").mkdir()
    (here / "run/.glassnet-notes").touch()
    (here / "run/.glassnet-99-abcdefgh").mkdir()  # of a process that was killed
    assert finish(*asked, "--force") == 0
    hidden = {file.name for file in (here / "run").iterdir() if file.name.startswith(".")}
    assert hidden == {".git", ".glassnet-notes"}
