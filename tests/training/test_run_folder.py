"""A run's folder is written whole, read back whole, or refused in a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
from glassnet.training import run_folder
from glassnet.training.run_folder import DATA, MODEL, STATE

MOONS = gn.datasets.moons(80, noise=0.3, seed=1)
NETWORK = gn.Network((2, 4, 1), "tanh")


@pytest.fixture
def run() -> gn.Run:
    return gn.train(
        NETWORK,
        MOONS.X,
        MOONS.y,
        optimizer=gn.Adam(0.02),
        max_epochs=60,
        validation=0.25,
        patience=50,
        seed=5,
    )


def loaded(folder: Path) -> gn.Run:
    found = gn.load(folder)
    assert isinstance(found, gn.Run)
    return found


def test_a_loaded_run_is_all_that_it_was(run: gn.Run, tmp_path: Path) -> None:
    run.save(tmp_path / "run")
    again = loaded(tmp_path / "run")
    assert np.array_equal(again.predict_probability(MOONS.X), run.predict_probability(MOONS.X))
    assert again.summary == run.summary
    assert again.settings == run.settings
    assert again.network == run.network
    assert np.array_equal(again.history.loss, run.history.loss)
    assert np.array_equal(again.history.snapshots, run.history.snapshots)
    assert np.array_equal(again.history.snapshot_epochs, run.history.snapshot_epochs)
    assert again.start.vector.tolist() == run.start.vector.tolist()
    assert again.samples is not None
    assert again.validation is not None
    assert run.samples is not None
    assert again.samples.fingerprint() == run.samples.fingerprint()
    assert again.checkpoint().facts == run.checkpoint().facts


def test_the_model_of_a_folder_can_be_loaded_alone(run: gn.Run, tmp_path: Path) -> None:
    run.save(tmp_path)
    model = gn.load(tmp_path / MODEL)
    assert isinstance(model, gn.Model)
    assert np.array_equal(model.predict(MOONS.X), run.predict(MOONS.X))


def test_saving_again_replaces_what_an_earlier_run_left(run: gn.Run, tmp_path: Path) -> None:
    run.save(tmp_path)
    other = gn.train(NETWORK, MOONS.X, MOONS.y, max_epochs=5, seed=1)
    other.save(tmp_path)
    assert loaded(tmp_path).epochs == 5
    files = json.loads((tmp_path / "summary.json").read_text())["files"]
    assert sorted(files) == sorted(file.name for file in tmp_path.iterdir())


def test_a_folder_of_others_is_left_alone(run: gn.Run, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("ten years of work")
    with pytest.raises(gn.InputError, match="holds files that glassnet train did not write"):
        run.save(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.tex"]
    run.save(tmp_path, force=True)
    assert (tmp_path / "thesis.tex").read_text() == "ten years of work"


def test_large_data_stay_where_they_are(
    run: gn.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_folder, "LARGEST_DATA", 100)
    run.save(tmp_path)
    assert not (tmp_path / DATA).exists()
    assert loaded(tmp_path).samples is None


@pytest.mark.parametrize("name", [MODEL, STATE, DATA])
def test_a_damaged_folder_is_refused(run: gn.Run, tmp_path: Path, name: str) -> None:
    run.save(tmp_path)
    whole = (tmp_path / name).read_bytes()
    for damaged in (b"", whole[:50], whole[:-1], whole[:-9] + b"\x01" + whole[-8:], whole + b"x"):
        (tmp_path / name).write_bytes(damaged)
        with pytest.raises(gn.InputError, match=name):
            gn.load(tmp_path)


def test_no_folder_and_another_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(gn.InputError, match=r"it has no state.safetensors"):
        gn.load(tmp_path)
    with pytest.raises(gn.InputError, match="Cannot read the model"):
        gn.load(tmp_path / "none")
