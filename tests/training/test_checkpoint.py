"""A training that was saved and resumed equals one that never stopped, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
from glassnet.optim.schedules import Cosine, Plateau, Step
from glassnet.training.run_folder import load_state, save_state
from glassnet.training.settings import Settings

MOONS = gn.datasets.moons(120, noise=0.3, seed=1)
NETWORK = gn.Network((2, 6, 5, 1), "tanh")
KINDS = {
    "full batch": Settings(gn.GradientDescent(0.4), max_epochs=200),
    "momentum": Settings(gn.GradientDescent(0.1, 0.9), max_epochs=80, batch_size=16),
    "adam": Settings(gn.Adam(0.01), max_epochs=80, batch_size=16, record_every=7),
    "rmsprop": Settings(gn.RMSprop(0.01), max_epochs=50, batch_size=50, l1=1e-3, clip_norm=0.5),
    "lbfgs": Settings(gn.LBFGS(), max_epochs=60, l2=1e-2),
    "dropout": Settings(gn.Adam(0.01), max_epochs=50, batch_size=32, dropout=(0.2, 0.1)),
    "cosine": Settings(gn.Adam(0.02), max_epochs=50, schedule=Cosine(50)),
    "step": Settings(gn.Adam(0.02), max_epochs=50, schedule=Step(7), dtype="float32"),
    "early stopping": Settings(gn.Adam(0.05), max_epochs=900, validation_fraction=0.3, patience=20),
    "plateau": Settings(
        gn.Adam(0.05), max_epochs=90, validation_fraction=0.3, schedule=Plateau(3), batch_size=10
    ),
    "plateau of training": Settings(gn.Adam(0.05), max_epochs=90, schedule=Plateau(2)),
    "patience of training": Settings(
        gn.Adam(0.02), max_epochs=900, patience=4, min_improvement=0.01
    ),
}


def training(settings: Settings, engine: str) -> gn.Training:
    return gn.Training(NETWORK, MOONS.X, MOONS.y, settings, engine=engine)


def finished(training: gn.Training) -> gn.Run:
    for _ in training:
        pass
    return training.run


def assert_same(a: gn.Run, b: gn.Run) -> None:
    assert (a.epochs, a.kept_epoch, a.stop_reason) == (b.epochs, b.kept_epoch, b.stop_reason)
    assert a.parameters.vector.tobytes() == b.parameters.vector.tobytes()
    assert a.history.loss.tobytes() == b.history.loss.tobytes()
    assert a.history.snapshots.tobytes() == b.history.snapshots.tobytes()
    assert a.history.snapshot_epochs.tolist() == b.history.snapshot_epochs.tolist()
    assert sorted(a.history.validation) == sorted(b.history.validation)
    for name, values in a.history.validation.items():
        assert values.tobytes() == b.history.validation[name].tobytes()


@pytest.mark.parametrize("engine", ["reference", "auto"])
@pytest.mark.parametrize("kind", KINDS)
def test_resume_equals_uninterrupted(kind: str, engine: str, tmp_path: Path) -> None:
    settings = KINDS[kind]
    whole = finished(training(settings, engine))
    for epochs in (1, whole.epochs // 3 + 1, whole.epochs):
        part = finished(training(replace(settings, max_epochs=epochs), engine))
        save_state(part.checkpoint(), tmp_path / "state.safetensors")
        checkpoint, _ = load_state(tmp_path / "state.safetensors")
        resumed = training(settings, engine)
        resumed.resume(checkpoint)
        assert resumed.epoch == epochs
        assert_same(finished(resumed), whole)


def test_a_pause_between_steps_gives_a_checkpoint() -> None:
    settings = KINDS["adam"]
    paused = training(settings, "auto")
    for _ in paused:
        break
    resumed = training(settings, "auto")
    resumed.resume(paused.checkpoint())
    assert_same(finished(resumed), finished(training(settings, "auto")))


def test_a_checkpoint_stays_what_it_was_while_the_training_goes_on() -> None:
    going = training(KINDS["adam"], "auto")
    next(iter(going))
    checkpoint = going.checkpoint()
    before = {name: array.copy() for name, array in checkpoint.arrays.items()}
    finished(going)
    assert all(np.array_equal(before[name], array) for name, array in checkpoint.arrays.items())


def test_a_checkpoint_of_another_training_is_refused() -> None:
    settings = KINDS["adam"]
    checkpoint = finished(training(settings, "auto")).checkpoint()
    others = {
        "settings": training(replace(settings, l2=0.5), "auto"),
        "data": gn.Training(NETWORK, MOONS.X + 1, MOONS.y, settings),
        "network": gn.Training(gn.Network((2, 6, 5, 1), "relu"), MOONS.X, MOONS.y, settings),
        "engine": training(settings, "reference"),
        "start values": gn.Training(
            NETWORK,
            MOONS.X,
            MOONS.y,
            settings,
            parameters=gn.Parameters.initial(NETWORK, "zeros"),
        ),
    }
    for what, other in others.items():
        with pytest.raises(gn.InputError, match="checkpoint is of another training"):
            other.resume(checkpoint)
        assert other.epoch == 0, what


def test_a_run_can_be_taken_further_than_was_asked_at_first() -> None:
    settings = KINDS["full batch"]
    longer = training(replace(settings, max_epochs=300), "auto")
    longer.resume(finished(training(settings, "auto")).checkpoint())
    whole = finished(training(replace(settings, max_epochs=300), "auto"))
    assert_same(finished(longer), whole)
