"""The comparison with frameworks: what it finds and says, and what it does when one fails."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import engines, parity, pictures
from glassnet.cli import run as command_line
from glassnet.cli import verify
from glassnet.core.dropout import Dropout
from glassnet.core.network import ACTIVATIONS
from glassnet.core.parameters import Array, Parameters
from glassnet.engines.batches import Batches
from glassnet.engines.interface import Limits, Progress, TrainingState, advance_by_gradient
from glassnet.engines.reference import ReferenceEngine
from glassnet.optim import schedules
from glassnet.parity import comparison as comparison_module
from glassnet.parity.comparison import COMPARED, FAILED, MISSING, TOLERANCE
from glassnet.parity.frameworks import FRAMEWORKS
from glassnet.parity.interface import Course, Done, Ready, Task, split
from glassnet.training.loss_watch import rate_factors_of
from targets import LOSSES, random_targets

POINTS = gn.datasets.rings()
TUTORIAL = gn.Network((2, 3, 3, 1))
START = gn.Parameters.initial(TUTORIAL, "legacy_numpy", seed=0)


class Twin:
    """A framework that is glassnet's reference engine, so that no framework is needed."""

    def __init__(self, framework: str, task: Task, X: Array) -> None:
        self.task, self.X = task, X
        self.state = gn.training.training.new_state(
            Parameters(task.network, task.start), gn.Settings(task.optimizer)
        )

    def ready(self) -> Ready:
        return Ready("1.0", "as fast as it is", ["It is a twin."], 0.0)

    def advance(self, course: Course) -> Done:
        engine, task = ReferenceEngine(), self.task
        losses, vectors = [], []
        for order, factor in zip(course.orders[: course.epochs], course.rate_factors, strict=False):
            rows = order if len(order) else np.arange(len(task.X))
            loss_sum = 0.0
            for first in range(0, len(rows), task.batch_size):
                batch = rows[first : first + task.batch_size]
                parameters = self.state.parameters
                loss, total, gradient = engine.gradient(
                    task.network, parameters, task.X[batch], task.Y[batch], None
                )
                loss_sum += loss
                assert not isinstance(task.optimizer, gn.LBFGS)
                vector, self.state.optimizer_state = task.optimizer.update(
                    parameters.vector, gradient / total, self.state.optimizer_state, factor
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
        self,
        network: gn.Network,
        parameters: Parameters,
        X: Array,
        Y: Array,
        weight: Array | None,
        dropout: Dropout | None = None,
    ) -> tuple[float, float, Array]:
        loss, total, gradient = super().gradient(network, parameters, X, Y, weight, dropout)
        if self.epoch >= 7:
            split(network, gradient)[1][0][0, 2] *= 3
        return loss, total, gradient

    def advance(self, state: TrainingState, batches: Batches, limits: Limits) -> Progress:
        parts = []
        for _ in range(limits.epochs):
            self.epoch = state.epoch + 1
            one = limits._replace(epochs=1, rate_factors=None)
            parts.append(advance_by_gradient(self, state, batches, one))
        losses = np.concatenate([part.losses for part in parts])
        snapshots = np.concatenate([part.snapshots for part in parts])
        return Progress(losses, snapshots, parts[-1].stop)


def train(**settings: Any) -> gn.Run:
    usual: dict[str, Any] = {"optimizer": gn.GradientDescent(0.4), "max_epochs": 30, "seed": 0}
    return gn.train(TUTORIAL, POINTS.X, POINTS.y, parameters=START, **(usual | settings))


def compare(frameworks: Sequence[str] = ("jax",), **settings: Any) -> parity.Comparison:
    return parity.compare(train(**settings), frameworks)


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
    assert comparison.bit_for_bit
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
    monkeypatch.setattr("glassnet.training.training.engines.choose", lambda engine: WrongEngine())
    monkeypatch.setattr("glassnet.tutorial.demo_settings.DemoSettings.max_epochs", 20)
    assert command_line(["verify", "demo", "--with", "torch"]) == 1
    printed = capsys.readouterr()
    assert "torch: W2 differs by" in printed.err
    assert "in epoch 7" in printed.err
    assert "the same" not in printed.out.replace("not the same", "")


@pytest.mark.usefixtures("twin")
def test_an_engine_that_is_wrong_is_caught_when_the_folder_of_a_run_is_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    train(optimizer=gn.GradientDescent(4.0)).save(tmp_path / "right")
    monkeypatch.setattr("glassnet.training.loading.engines.choose", lambda engine: WrongEngine())
    assert command_line(["verify", str(tmp_path / "right"), "--with", "torch"]) == 1
    printed = capsys.readouterr()
    assert "torch: W2 differs by" in printed.err
    assert "in epoch 7" in printed.err
    assert "the repetition of the run: loss differs by" in printed.err
    assert "other losses than the run" in printed.out


@pytest.mark.usefixtures("twin")
def test_a_run_that_a_wrong_engine_trained_is_not_repeated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(optimizer=gn.GradientDescent(4.0), engine=WrongEngine()).save(tmp_path / "wrong")
    assert command_line(["verify", str(tmp_path / "wrong"), "--with", "torch"]) == 1
    printed = capsys.readouterr().err
    assert "the repetition of the run: loss differs by" in printed
    assert "in epoch 8" in printed  # the first loss of what epoch 7 learned
    assert "torch" not in printed


@pytest.mark.usefixtures("twin")
@pytest.mark.parametrize("validation", [None, 0.3])
def test_the_factors_of_a_plateau_are_those_the_run_had(
    validation: float | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train(
        optimizer=gn.GradientDescent(9.0),
        schedule=schedules.Plateau(2, 0.5),
        validation=validation,
        batch_size=4,
    )
    run.save(tmp_path / "run")
    loaded = gn.load(tmp_path / "run")
    assert isinstance(loaded, gn.Run)
    factors = rate_factors_of(loaded, 0, 30)
    assert factors is not None
    assert factors[0] == 1
    assert len(set(factors)) > 2
    comparison = parity.compare(loaded, ["jax"])
    assert comparison.passed()
    assert comparison.bit_for_bit
    monkeypatch.setattr(comparison_module, "rate_factors_of", lambda *asked: None)
    assert not parity.compare(loaded, ["jax"]).passed()


@pytest.mark.usefixtures("twin")
def test_a_repetition_to_rounding_is_reported_and_passes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    comparison = compare(engine="reference")
    rounded = dataclasses.replace(comparison, recorded=comparison.recorded * (1 + 1e-15))
    assert rounded.passed()
    assert not rounded.bit_for_bit
    assert "not bit for bit" in verify._repetition(rounded, None)
    shorter = dataclasses.replace(comparison, recorded=comparison.recorded[:20])
    (beyond,) = shorter.beyond()
    assert "the repetition of the run stopped 10 epochs apart" in str(beyond)


@pytest.mark.usefixtures("twin")
def test_the_first_epochs_alone_can_be_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train().save(tmp_path / "run")
    assert command_line(["verify", str(tmp_path / "run"), "--with", "jax", "--epochs", "7"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "the first 7 of 30 epochs" in printed
    assert "bit for bit" in printed


@pytest.mark.usefixtures("twin")
def test_a_framework_that_does_not_stop_where_the_run_did_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    goal = float(train().history.loss[19])
    run = train(stop_below=goal * (1 + 1e-13))
    assert run.epochs == 20
    assert parity.compare(run, ["jax"]).passed()

    class GoesOn(Twin):
        def __init__(self, framework: str, task: Task, X: Array) -> None:
            super().__init__(framework, dataclasses.replace(task, goal=-np.inf), X)

        def advance(self, course: Course) -> Done:
            done = super().advance(course)
            return done._replace(losses=done.losses + 1e-12)

    monkeypatch.setattr(comparison_module, "Peer", GoesOn)
    comparison = parity.compare(run, ["jax"])
    (beyond,) = comparison.beyond()
    assert beyond.quantity == "stopping epoch"
    assert comparison.peers[0].epochs == 21


def test_what_will_take_long_is_announced_with_a_way_out() -> None:
    assert verify._long(100, 1000, 5.0) is None
    note = verify._long(100, 10_000, 5.0)
    assert note is not None
    assert "about 8 more minutes" in note
    assert "--epochs 600" in note


@pytest.mark.usefixtures("twin")
def test_a_long_comparison_is_announced_once_and_to_stderr(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(verify, "ENOUGH", 0)
    monkeypatch.setattr(verify, "LONG", 0)
    train(max_epochs=500).save(tmp_path / "run")
    assert command_line(["verify", str(tmp_path / "run"), "--with", "jax"]) == 0
    printed = capsys.readouterr()
    assert printed.err.count("more minutes; --epochs 10 compares the first epochs only") == 1
    assert "more minutes" not in printed.out
    assert command_line(["verify", str(tmp_path / "run"), "--with", "jax", "--quiet"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("twin")
@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_report_of_a_deep_network_fits_its_terminal(
    columns: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    network = gn.Network((2, *[3] * 15, 1))
    gn.train(network, POINTS.X, POINTS.y, max_epochs=5, seed=0).save(tmp_path / "run")
    assert command_line(["verify", str(tmp_path / "run")]) == 0
    printed = capsys.readouterr().out
    lines = printed.splitlines()
    assert max(map(len, lines)) <= columns
    assert sum(line.startswith("W") for line in lines) == 12
    assert "4 more layers differ less" in printed
    assert " ".join(printed.split()).count("tensorflow, torch, jax: It is a twin.") == 1
    assert "…" not in printed


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
    assert result["repetition"] == {"bit_for_bit": True, "largest_difference": 0}
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


def test_a_missing_framework_is_reported_with_how_to_install_it(
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
def test_a_framework_that_fails_is_reported_and_disturbs_no_other(
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
    comparing = parity.Comparing(train(), ["jax"])
    (track,) = comparing._tracks
    assert track._peer is not None
    process = track._peer._process
    assert process.poll() is None
    with pytest.raises(KeyboardInterrupt), comparing:
        raise KeyboardInterrupt
    assert process.poll() is not None


@cache
def everything() -> gn.Run:
    """A run with all that the command train may set."""
    points = gn.datasets.blobs(60, seed=1)
    network = gn.Network((2, 8, 5, 3), ("relu", "tanh"))
    return gn.train(
        network, points.X, points.y, optimizer=gn.Adam(0.02), seed=1, max_epochs=200,
        schedule=schedules.Cosine(200), batch_size=7, validation=0.2, patience=15, dropout=0.2,
        clip_norm=0.5, class_weight={0: 2.0}, l1=1e-4, l2=1e-3,
    )  # fmt: skip


@pytest.mark.frameworks
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_framework_in_a_process_of_its_own_repeats_the_folder_of_a_run(
    framework: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if importlib.util.find_spec(FRAMEWORKS[framework].module) is None:
        pytest.skip(f"{framework} is not installed")
    run = everything()
    assert run.stop_reason == "no improvement"
    run.save(tmp_path / "run")
    assert command_line(["verify", str(tmp_path / "run"), "--with", framework, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)["comparison"]
    (peer,) = result["frameworks"]
    assert peer["status"] == COMPARED
    assert peer["epochs"] == result["glassnet"]["epochs"] == run.epochs
    assert max(q["difference"] for q in peer["largest_differences"].values()) < 1e-10
    assert result["repetition"]["bit_for_bit"] is True
    assert "masks" in " ".join(peer["conventions"])
    assert peer["version"]
    assert peer["seconds"] > 0


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
    with pytest.raises(gn.InputError, match="L-BFGS cannot be compared"):
        compare(optimizer=gn.LBFGS())
    with pytest.raises(gn.InputError, match="epochs must be"):
        parity.compare(train(), epochs=0)
    with pytest.raises(gn.InputError, match="not saved with it"):
        parity.compare(dataclasses.replace(train(), samples=None))
    line = gn.Network((2, 1), (), "mean_squared_error")
    diverged = gn.train(line, [[1e200, 1e200]], [0.0], seed=0)
    with pytest.raises(gn.InputError, match="no epochs to compare"):
        parity.compare(diverged)
    for arguments, words in (
        (["demo", "--with", "theano"], "Unknown framework"),
        (["nowhere"], "nowhere"),
        (["demo", "--tolerance", "-1"], "--tolerance"),
        (["demo", "--out", "x.txt"], ".png"),
        (["demo", "--out", "/nowhere/x.png"], "no folder"),
        (["demo", "--gradients", "--out", "x.png"], "--with"),
        (["demo", "--epochs", "0"], "--epochs"),
        (["demo", "--gradients", "--tolerance", "1"], "--tolerance is for the differences from"),
        (["pyproject.toml"], "give the folder of a run"),
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


def test_gradients_of_a_run_are_checked_at_its_start_and_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    everything().save(tmp_path / "run")
    assert command_line(["verify", str(tmp_path / "run"), "--gradients", "--json"]) == 0
    gradients = json.loads(capsys.readouterr().out)["gradients"]
    assert gradients["end"]["parameters"] == everything().network.n_parameters
    assert gradients["end"]["complex_steps"]["largest_relative_error"] < 1e-12


@pytest.mark.parametrize("damage", ["cut", "no samples", "no state"])
def test_a_folder_that_is_not_whole_is_refused_in_a_sentence(
    damage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    train().save(folder)
    if damage == "cut":
        whole = (folder / "state.safetensors").read_bytes()
        (folder / "state.safetensors").write_bytes(whole[: len(whole) // 2])
    else:
        name = "data" if damage == "no samples" else "state"
        (folder / f"{name}.safetensors").unlink()
    assert command_line(["verify", str(folder), "--with", "torch"]) == 2
    printed = capsys.readouterr().err
    words = {"cut": "not a whole", "no samples": "64 MiB", "no state": "not that of a run"}
    assert words[damage] in printed
    assert printed.count("\n") == 1


def test_a_wrong_gradient_fails_the_gradient_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from glassnet.core import activations

    right = activations.HIDDEN["sigmoid"]
    wrong = right._replace(derivative=lambda z, a: right.derivative(z, a) * (1 + 1e-8))
    monkeypatch.setitem(activations.HIDDEN, "sigmoid", wrong)
    report = gn.gradient_report(TUTORIAL, START, POINTS.X, POINTS.y)
    assert not report.passed()
    assert report.complex_steps.where[:2] in ("W1", "b1", "W2", "b2")
    assert command_line(["verify", "demo", "--gradients"]) == 1
    assert "complex steps" in capsys.readouterr().out


@pytest.mark.pairwise
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_complex_steps_agree_for_every_activation_and_loss(activation: str, loss: str) -> None:
    generator = np.random.default_rng(5)
    n_out = 1 if loss == "binary_cross_entropy" else 3
    network = gn.Network((2, 4, 3, n_out), activation, loss)
    parameters = gn.Parameters(network, generator.normal(size=network.n_parameters))
    y = random_targets(loss, generator, 8, n_out)
    spread = 0.3 if loss == "poisson" else 30  # of an exponential that is bounded
    report = gn.gradient_report(network, parameters, spread * generator.normal(size=(8, 2)), y)
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
    monkeypatch.setattr("glassnet.tutorial.demo_settings.DemoSettings.max_epochs", 20)
    out = tmp_path / "differences.png"
    assert command_line(["verify", "demo", "--with", "torch,jax", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "the same" in printed
    assert "predictions" in printed
    assert out.stat().st_size > 10_000
    assert engines.choose("auto").name in ("compiled", "reference")


def test_a_framework_without_a_single_epoch_has_no_differences() -> None:
    from glassnet.parity.comparison import _difference

    assert _difference(np.empty((0, 4, 3)), np.empty((0, 4, 3))).shape == (0,)
