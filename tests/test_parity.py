"""The comparison with frameworks: what it finds and says, and when a framework is amiss."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import engines, parity, pictures
from glassnet.cli import run as command_line
from glassnet.engines.contract import Batches, Limits, Progress, TrainingState, advance_by_gradient
from glassnet.engines.reference import ReferenceEngine
from glassnet.parameters import Array, Parameters
from glassnet.parity import comparison as comparison_module
from glassnet.parity.comparison import COMPARED, FAILED, MISSING, TOLERANCE
from glassnet.parity.contract import FRAMEWORKS, Done, Ready, Task, split

POINTS = gn.datasets.rings()
TUTORIAL = gn.Network((2, 3, 3, 1))
START = gn.Parameters.initial(TUTORIAL, "legacy_numpy", seed=0)
SETTINGS = gn.Settings(gn.GradientDescent(0.4), max_epochs=30)


class Twin:
    """A framework that is glassnet's reference engine, so that no framework is needed."""

    def __init__(self, framework: str, task: Task, X: Array) -> None:
        self.task, self.X = task, X
        self.state = gn.training.new_state(
            Parameters(task.network, task.start), gn.Settings(task.optimizer)
        )

    def ready(self) -> Ready:
        return Ready("1.0", "as fast as it is", ["It is a twin."], 0.0)

    def advance(self, epochs: int, orders: np.ndarray) -> Done:
        engine, task = ReferenceEngine(), self.task
        losses, vectors = [], []
        for order in orders[:epochs]:
            rows = order if len(order) else np.arange(len(task.X))
            loss_sum = 0.0
            for first in range(0, len(rows), task.batch_size):
                batch = rows[first : first + task.batch_size]
                parameters = self.state.parameters
                loss, total, gradient = engine.gradient(
                    task.network, parameters, task.X[batch], task.Y[batch], None
                )
                loss_sum += loss
                vector, self.state.optimizer_state = task.optimizer.update(
                    parameters.vector, gradient / total, self.state.optimizer_state
                )
                self.state.parameters = Parameters(task.network, vector)
            losses.append(loss_sum / len(rows))
            vectors.append(self.state.parameters.vector)
            if losses[-1] < task.goal:
                break
        outputs = [
            engine.outputs(task.network, Parameters(task.network, v), self.X) for v in vectors
        ]
        return Done(np.array(losses), np.array(vectors), np.array(outputs), 0.5)

    def close(self) -> None:
        pass


@pytest.fixture
def twin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every framework is there, and a twin."""
    monkeypatch.setattr(comparison_module, "Peer", Twin)
    monkeypatch.setattr(comparison_module, "find_spec", lambda name: name)


class WrongEngine(ReferenceEngine):
    """Right until epoch 7, and from there on one weight of the second layer learns too much."""

    def gradient(
        self, network: gn.Network, parameters: Parameters, X: Array, Y: Array, weight: Array | None
    ) -> tuple[float, float, Array]:
        loss, total, gradient = super().gradient(network, parameters, X, Y, weight)
        if self.epoch >= 7:
            split(network, gradient)[1][0][0, 2] *= 1.01
        return loss, total, gradient

    def advance(self, state: TrainingState, batches: Batches, limits: Limits) -> Progress:
        parts = []
        for _ in range(limits.epochs):
            self.epoch = state.epoch + 1
            parts.append(advance_by_gradient(self, state, batches, limits._replace(epochs=1)))
        losses = np.concatenate([part.losses for part in parts])
        snapshots = np.concatenate([part.snapshots for part in parts])
        return Progress(losses, snapshots, parts[-1].stop)


def compare(frameworks: Sequence[str] = ("jax",), **changes: Any) -> parity.Comparison:
    engine = changes.pop("engine", "auto")
    settings = dataclasses.replace(SETTINGS, **changes)
    return parity.compare(TUTORIAL, POINTS.X, POINTS.y, settings, START, frameworks, engine=engine)


@pytest.mark.usefixtures("twin")
@pytest.mark.parametrize("most", [1, 7, 500])
@pytest.mark.parametrize("batch_size", [None, 6])
def test_twins_agree_however_the_epochs_are_cut(
    most: int, batch_size: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison_module, "MOST_EPOCHS", most)
    comparison = compare(batch_size=batch_size, engine="reference")
    (peer,) = comparison.peers
    assert comparison.passed()
    assert peer.epochs == comparison.epochs == 30
    assert peer.differences.shape == (30, 8)
    assert peer.differences.max() < 1e-14


@pytest.mark.usefixtures("twin")
def test_a_wrong_engine_is_caught_with_quantity_and_epoch() -> None:
    comparison = compare(engine=WrongEngine())
    assert not comparison.passed()
    (beyond,) = comparison.beyond()
    assert (beyond.framework, beyond.quantity, beyond.epoch) == ("jax", "W2", 7)
    assert beyond.difference > TOLERANCE["float64"]
    assert "W2 differs" in str(beyond)
    assert "epoch 7" in str(beyond)
    assert comparison.passed(tolerance=0.1)


@pytest.mark.usefixtures("twin")
def test_verify_exits_with_1_for_a_wrong_engine_and_names_quantity_and_epoch(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("glassnet.parity.comparison.engines.choose", lambda engine: WrongEngine())
    monkeypatch.setattr("glassnet.demo.DemoSettings.max_epochs", 20)
    assert command_line(["verify", "demo", "--with", "torch"]) == 1
    printed = capsys.readouterr()
    assert "torch: W2 differs by" in printed.err
    assert "in epoch 7" in printed.err
    assert "the same" not in printed.out.replace("not the same", "")


@pytest.mark.usefixtures("twin")
def test_another_stopping_epoch_is_a_fault_even_where_all_numbers_agree() -> None:
    comparison = compare(engine="reference")
    (peer,) = comparison.peers
    shorter = dataclasses.replace(peer, losses=peer.losses[:25], differences=peer.differences[:25])
    other = dataclasses.replace(comparison, peers=(shorter,))
    (beyond,) = other.beyond()
    assert beyond.quantity == "stopping epoch"
    assert "5 epochs apart" in str(beyond)


@pytest.mark.usefixtures("twin")
def test_in_float32_a_stopping_epoch_may_differ_where_the_loss_is_at_the_goal() -> None:
    comparison = compare(dtype="float32", engine="reference")
    (peer,) = comparison.peers
    shorter = dataclasses.replace(peer, losses=peer.losses[:29], differences=peer.differences[:29])
    goal = float(comparison.losses[28])
    for stop_below, expected in ((goal, True), (goal - 0.1, False)):
        settings = dataclasses.replace(comparison.settings, stop_below=stop_below)
        other = dataclasses.replace(comparison, peers=(shorter,), settings=settings)
        assert other.passed() is expected


@pytest.mark.usefixtures("twin")
def test_the_result_goes_to_json_and_states_precision_and_conventions() -> None:
    result = json.loads(json.dumps(compare(["torch", "jax"]).to_dict()))
    assert result["passed"] is True
    assert result["dtype"] == "float64"
    assert [peer["framework"] for peer in result["frameworks"]] == ["torch", "jax"]
    peer = result["frameworks"][0]
    assert peer["conventions"] == ["It is a twin."]
    assert peer["epochs"] == result["glassnet"]["epochs"] == 30
    assert peer["ratio_to_glassnet"] > 0
    assert peer["largest_differences"].keys() == {
        "loss", "W1", "b1", "W2", "b2", "W3", "b3", "predictions",
    }  # fmt: skip


def test_differences_are_absolute_below_one_and_relative_above() -> None:
    ours = np.array([[0.5, 0.1], [200.0, 0.1]])
    theirs = np.array([[0.5, 0.2], [202.0, 0.1]])
    np.testing.assert_allclose(comparison_module._difference(ours, theirs), [0.1, 0.01])


def test_a_missing_framework_is_told_with_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(comparison_module, "find_spec", lambda name: None)
    comparison = compare(["tensorflow", "torch"])
    assert [peer.status for peer in comparison.peers] == [MISSING, MISSING]
    assert "pip install tensorflow-cpu" in comparison.peers[0].note
    assert not comparison.passed()  # nothing was compared
    assert json.dumps(comparison.to_dict())


def fake_framework(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a module named jax before the real one, for this process's children."""
    (folder / "jax").mkdir()
    (folder / "jax" / "__init__.py").write_text(text)
    monkeypatch.syspath_prepend(folder)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("raise ImportError('libcuda is nowhere')", "libcuda is nowhere"),
        ("import os\nos._exit(3)", "exit code 3"),
        ("import os, sys\nprint('no such instruction', file=sys.stderr)\nos.abort()", "SIGABRT"),
    ],
)
def test_a_framework_that_fails_is_told_and_disturbs_no_other(
    text: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_framework(tmp_path, text, monkeypatch)
    comparison = compare(["jax"])
    (peer,) = comparison.peers
    assert peer.status == FAILED
    assert words in peer.note
    assert not comparison.passed()
    assert comparison.epochs in (0, 30)


def test_leaving_a_comparison_ends_its_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_framework(tmp_path, "import threading\nthreading.Event().wait()", monkeypatch)
    comparing = parity.Comparing(TUTORIAL, POINTS.X, POINTS.y, SETTINGS, START, ["jax"])
    (track,) = comparing._tracks
    assert track._peer is not None
    process = track._peer._process
    assert process.poll() is None
    with pytest.raises(KeyboardInterrupt), comparing:
        raise KeyboardInterrupt
    assert process.poll() is not None


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_framework_in_a_process_of_its_own_trains_the_tutorial(framework: str) -> None:
    if importlib.util.find_spec(FRAMEWORKS[framework].module) is None:
        pytest.skip(f"{framework} is not installed")
    comparison = compare([framework], max_epochs=20_000, stop_below=0.005)
    (peer,) = comparison.peers
    assert peer.status == COMPARED, peer.note
    assert peer.epochs == comparison.epochs == 5271
    assert comparison.passed()
    assert peer.version
    assert peer.seconds > 0


def test_wrong_requests_are_refused_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(gn.InputError, match=r"Unknown framework 'theano'.*tensorflow, torch, jax"):
        compare(["theano"])
    with pytest.raises(gn.InputError, match="no framework"):
        compare([])

    @dataclasses.dataclass(frozen=True)
    class Other(gn.GradientDescent):
        pass

    with pytest.raises(gn.InputError, match="not Other"):
        compare(optimizer=Other(0.1))
    for arguments, words in (
        (["demo", "--with", "theano"], "Unknown framework"),
        (["nowhere"], "nowhere"),
        (["demo", "--tolerance", "-1"], "--tolerance"),
        (["demo", "--out", "x.txt"], ".png"),
        (["demo", "--out", "/nowhere/x.png"], "no folder"),
        (["demo", "--gradients", "--out", "x.png"], "--with"),
    ):
        assert command_line(["verify", *arguments]) == 2
        assert words in capsys.readouterr().err


def test_gradients_alone_need_no_framework(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["verify", "demo", "--gradients", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    for place in ("start", "end"):
        assert result["gradients"][place]["parameters"] == 25
        assert result["gradients"][place]["complex_steps"]["largest_relative_error"] < 1e-12
        assert result["gradients"][place]["complex_steps"]["where"] in START.names
    assert "comparison" not in result


def test_a_wrong_gradient_fails_the_gradient_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from glassnet import activations

    right = activations.HIDDEN["sigmoid"]
    wrong = right._replace(derivative=lambda z, a: right.derivative(z, a) * (1 + 1e-8))
    monkeypatch.setitem(activations.HIDDEN, "sigmoid", wrong)
    report = gn.gradient_report(TUTORIAL, START, POINTS.X, POINTS.y)
    assert not report.passed()
    assert report.complex_steps.where[:2] in ("W1", "b1", "W2", "b2")
    assert command_line(["verify", "demo", "--gradients"]) == 1
    assert "complex steps" in capsys.readouterr().out


@pytest.mark.parametrize("activation", gn.network.ACTIVATIONS)
@pytest.mark.parametrize("loss", gn.network.OUTPUT_ACTIVATION)
def test_complex_steps_agree_for_every_activation_and_loss(activation: str, loss: str) -> None:
    generator = np.random.default_rng(5)
    n_out = 1 if loss == "binary_cross_entropy" else 3
    network = gn.Network((2, 4, 3, n_out), activation, loss)
    parameters = gn.Parameters(network, generator.normal(size=network.n_parameters))
    y = np.arange(8) % 2 if loss != "mean_squared_error" else generator.normal(size=(8, 3))
    report = gn.gradient_report(network, parameters, 30 * generator.normal(size=(8, 2)), y)
    assert report.passed()
    assert report.complex_steps.error < 1e-12


@pytest.mark.usefixtures("twin")
def test_the_picture_shows_loss_and_the_worst_of_the_rest_by_epoch(tmp_path: Path) -> None:
    comparison = compare(["torch", "jax"], engine=WrongEngine())
    display = pictures.difference_curves(
        {peer.framework: peer.differences for peer in comparison.peers},
        comparison.peers[0].quantities,
        tolerance=1e-10,
    )
    assert (display.loss["torch"] == comparison.peers[0].differences[:, 0]).all()
    assert (display.others["jax"] == comparison.peers[1].differences[:, 1:].max(axis=1)).all()
    assert display.ax_.get_yscale() == "log"
    lines = {line.get_label(): line for line in display.ax_.get_lines()}
    drawn = np.asarray(lines["jax: any W, b, prediction"].get_ydata(), float)
    assert drawn.max() == display.others["jax"].max()
    display.save(tmp_path / "differences.png")
    with pytest.raises(gn.InputError, match="one epoch"):
        pictures.difference_curves({}, ["loss"])


@pytest.mark.usefixtures("twin")
def test_verify_writes_the_picture_and_says_that_all_is_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glassnet.demo.DemoSettings.max_epochs", 20)
    out = tmp_path / "differences.png"
    assert command_line(["verify", "demo", "--with", "torch,jax", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "the same" in printed
    assert "predictions" in printed
    assert out.stat().st_size > 10_000
    assert engines.choose("auto").name in ("compiled", "reference")
