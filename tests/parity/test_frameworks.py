"""The same training in TensorFlow, JAX and PyTorch gives the same numbers.

A test runs where its framework is installed.
"""

from __future__ import annotations

import importlib.util
import itertools
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import parity
from glassnet.core.network import ACTIVATIONS
from glassnet.optim import schedules
from glassnet.optim.penalty import NO_PENALTY
from glassnet.parity import comparison as comparison_module
from glassnet.parity import worker
from glassnet.parity.frameworks import FRAMEWORKS
from glassnet.parity.interface import Course, Done, Ready, Task
from targets import LOSSES, random_targets

pytestmark = pytest.mark.frameworks

POINTS = gn.datasets.rings()
TUTORIAL = gn.Network((2, 3, 3, 1))
BY_FRAMEWORK = pytest.mark.parametrize("framework", FRAMEWORKS)


def skip_where_missing(framework: str) -> None:
    if importlib.util.find_spec(FRAMEWORKS[framework].module) is None:
        pytest.skip(f"{framework} is not installed")


class InThisProcess:
    """What `process.Peer` does, without the time a new process takes to import a framework."""

    def __init__(self, framework: str, task: Task, X: np.ndarray) -> None:
        self.trainer = worker.load(framework, task)
        self.X = X

    def ready(self) -> Ready:
        return Ready(self.trainer.version, self.trainer.timed, self.trainer.conventions, 0.0)

    def advance(self, course: Course) -> Done:
        losses, vectors = self.trainer.advance(course)
        return Done(losses, vectors, self.trainer.outputs(vectors, self.X), 0.1)

    def close(self) -> None:
        pass


@pytest.fixture
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison_module, "Peer", InThisProcess)


@BY_FRAMEWORK
@pytest.mark.usefixtures("_in_this_process")
def test_tutorial_has_the_same_numbers_at_every_epoch_and_stops_at_the_same(framework: str) -> None:
    skip_where_missing(framework)
    start = gn.Parameters.initial(TUTORIAL, "legacy_numpy", seed=0)
    run = gn.train(
        TUTORIAL, POINTS.X, POINTS.y, parameters=start, optimizer=gn.GradientDescent(0.4),
        max_epochs=20_000, stop_below=0.005,
    )  # fmt: skip
    comparison = parity.compare(run, [framework])
    (peer,) = comparison.peers
    assert peer.epochs == comparison.epochs == 5271
    assert peer.differences.shape == (5271, 8)
    assert peer.quantities == ("loss", "W1", "b1", "W2", "b2", "W3", "b3", "predictions")
    assert peer.largest("loss")[0] < 1e-10
    assert peer.differences.max() < 1e-10
    assert comparison.passed()


def one_step_gradient(
    framework: str, network: gn.Network, start: np.ndarray, X: np.ndarray, Y: np.ndarray
) -> np.ndarray:
    """What one update with a learning rate of 1 takes off the parameters."""
    task = Task(
        network=network, start=start, optimizer=gn.GradientDescent(1.0), penalty=NO_PENALTY,
        X=X, Y=Y, weight=np.ones(len(X)), batch_size=len(X), goal=-np.inf, most_epochs=1,
    )  # fmt: skip
    _, vectors = worker.load(framework, task).advance(Course.plain(task, 1))
    gradient: np.ndarray = start - vectors[0]
    return gradient


TWO_ACTIVATIONS = [*itertools.zip_longest(*[iter(ACTIVATIONS)] * 2)]
# Every activation and every loss; all of them together in `make test-long`.
WITH_LOSS = [
    pytest.param(two, loss, marks=[pytest.mark.long] * (n % len(TWO_ACTIVATIONS) != k))
    for k, two in enumerate(TWO_ACTIVATIONS)
    for n, loss in enumerate(LOSSES)
]


@BY_FRAMEWORK
@pytest.mark.parametrize(("two", "loss"), WITH_LOSS, ids=str)
def test_gradient_equals_automatic_differentiation(
    two: tuple[str, str | None], loss: str, framework: str
) -> None:
    skip_where_missing(framework)
    generator = np.random.default_rng(0)
    n_out = 1 if loss == "binary_cross_entropy" else 3
    network = gn.Network((2, 4, 3, n_out), (two[0], two[1] or two[0]), loss)
    parameters = gn.Parameters(network, generator.normal(size=network.n_parameters))
    X = generator.normal(size=(8, 2))
    y = random_targets(loss, generator, 8, n_out)
    trace = gn.trace(network, parameters, X, y)
    expected = one_step_gradient(framework, network, parameters.vector, X, trace.y.T.copy())
    gradient = trace.gradient.vector / trace.weight_sum
    assert np.abs(gradient - expected).max() <= 2e-12 * np.abs(expected).max()


SETTINGS: dict[str, dict[str, Any]] = {
    "momentum": {"optimizer": gn.GradientDescent(0.1, momentum=0.9)},
    "nesterov": {"optimizer": gn.GradientDescent(0.1, momentum=0.9, nesterov=True)},
    "adam": {"optimizer": gn.Adam(0.01)},
    "large epsilon": {"optimizer": gn.Adam(0.01, epsilon=0.1)},
    "adamw": {"optimizer": gn.AdamW(0.01, weight_decay=0.1)},
    "penalties": {"l1": 0.01, "l2": 0.02},
    "float32": {"dtype": "float32"},
    "whole batches": {"batch_size": 9},
    "ragged batches": {"batch_size": 7, "optimizer": gn.Adam(0.01), "l2": 0.01},
    "rmsprop": {"optimizer": gn.RMSprop(0.01), "clip_norm": 0.1, "l1": 0.01},
    "rmsprop with momentum": {
        "optimizer": gn.RMSprop(0.01, decay=0.8, epsilon=0.01, momentum=0.9),
        "schedule": schedules.Step(3, 0.7),
    },
    "cosine": {
        "optimizer": gn.Adam(0.02),
        "schedule": schedules.Cosine(30, floor=0.1),
        "batch_size": 5,
    },
    "schedule with momentum": {
        "optimizer": gn.GradientDescent(0.1, momentum=0.9, nesterov=True),
        "schedule": schedules.InverseScaling(0.5),
    },
    "schedule with decay": {
        "optimizer": gn.AdamW(0.5, weight_decay=0.1),
        "schedule": schedules.Step(4, 0.5),
        "validation": 0.3,
        "patience": 3,
    },
    "plateau": {
        "optimizer": gn.GradientDescent(2.0),
        "schedule": schedules.Plateau(1, 0.7),
        "validation": 0.3,
        "batch_size": 4,
    },
    "clipping": {"clip_norm": 0.05, "batch_size": 7},
    "dropout": {"dropout": (0.5, 0.2), "optimizer": gn.Adam(0.01, epsilon=0.1)},
    "dropout in batches": {"dropout": (0.0, 0.4), "batch_size": 7},
    "all of it in float32": {
        "dtype": "float32",
        "optimizer": gn.RMSprop(0.005, momentum=0.5),
        "schedule": schedules.Cosine(30),
        "clip_norm": 0.2,
        "dropout": 0.3,
        "batch_size": 9,
    },
}


# What others have as well, with more beside it.
LONG = {
    *("momentum", "nesterov", "adam", "large epsilon", "adamw", "penalties", "float32", "clipping"),
    *("whole batches", "rmsprop with momentum", "dropout in batches"),
}


@BY_FRAMEWORK
@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.long] * (n in LONG)) for n in SETTINGS]
)
@pytest.mark.usefixtures("_in_this_process")
def test_every_setting_means_the_same(name: str, framework: str) -> None:
    skip_where_missing(framework)
    points = gn.datasets.blobs(18, seed=1)
    network = gn.Network((2, 5, 4, 3), ("tanh", "gelu"))
    weight = np.r_[0.0, 0.5, 2.0, np.ones(15)]
    run = gn.train(
        network, points.X, points.y, seed=3, sample_weight=weight,
        **({"max_epochs": 40} | SETTINGS[name]),
    )  # fmt: skip
    comparison = parity.compare(run, [framework])
    assert comparison.passed(), comparison.beyond()
    assert comparison.bit_for_bit
    assert comparison.peers[0].epochs == comparison.epochs == run.epochs
    assert comparison.losses.min() < comparison.losses[0]
    assert (run.stop_reason == "no improvement") is ("patience" in SETTINGS[name])


@BY_FRAMEWORK
@pytest.mark.usefixtures("_in_this_process")
def test_a_batch_in_which_no_row_counts_is_passed_over(framework: str) -> None:
    skip_where_missing(framework)
    weight = np.r_[np.zeros(12), np.ones(8)]
    run = gn.train(
        TUTORIAL, POINTS.X, POINTS.y, optimizer=gn.GradientDescent(0.4, momentum=0.5),
        max_epochs=20, batch_size=2, seed=0, sample_weight=weight,
    )  # fmt: skip
    comparison = parity.compare(run, [framework])
    assert comparison.passed(), comparison.beyond()


@BY_FRAMEWORK
@pytest.mark.usefixtures("_in_this_process")
def test_a_run_that_diverges_ends_in_the_same_epoch(framework: str) -> None:
    skip_where_missing(framework)
    network = gn.Network((2, 3, 1), "relu", "mean_squared_error")
    run = gn.train(
        network, POINTS.X, POINTS.y, optimizer=gn.GradientDescent(50.0), max_epochs=100, seed=0
    )
    assert run.stop_reason == "diverged"
    comparison = parity.compare(run, [framework])
    (peer,) = comparison.peers
    assert peer.epochs == comparison.epochs
    assert comparison.passed(), comparison.beyond()
    assert comparison.bit_for_bit
    assert 1 < peer.epochs < 100
    assert np.isfinite(peer.differences).all()


@BY_FRAMEWORK
def test_adams_epsilon_and_other_conventions_are_stated(framework: str) -> None:
    skip_where_missing(framework)
    network = gn.Network((2, 3, 1), "gelu")
    task = Task(
        network=network, start=np.zeros(network.n_parameters), optimizer=gn.Adam(),
        penalty=NO_PENALTY, X=POINTS.X, Y=POINTS.y[:, None].astype(float), weight=np.ones(20),
        batch_size=20, goal=-np.inf, most_epochs=1,
    )  # fmt: skip
    stated = " ".join(worker.load(framework, task).conventions)
    words = {"tensorflow": "beta2^t", "torch": "epsilon", "jax": "approximate=False"}
    assert words[framework] in stated
